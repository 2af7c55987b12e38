import { isEntity } from "../../domain/entities";
import type { Job, Stream } from "../../domain/job";
import type { MappingSpec } from "../../domain/mapping";
import type { RecordShape } from "../../domain/record-shape";
import { suggestion } from "../../domain/suggest";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { readDocument, readLoginJob } from "./read-login-job";
import { readNotify } from "./read-notify";
import { readKeepRaw, readSafeguard } from "./read-policies";
import { checkParentPaths } from "./read-record-paths";
import { readSchedule } from "./read-schedule";
import { readStream } from "./read-stream";

/**
 * A job file, whose shape has been checked, with its mappings. Mistakes are reported where they stand; the job is only good
 * when there were none.
 *
 * @param path absolute path of the job file
 * @param mappings by stream name; without those that cannot be read
 */
export async function readJob(
  root: Entry,
  path: string,
  mappings: ReadonlyMap<string, MappingSpec>,
  variables: Variables,
): Promise<Job> {
  const streams = root.get("entities")?.entries() ?? [];
  checkParents(streams);
  const api = await readDocument(root.get("openapi"), path);
  const login = readLoginJob(root, api, variables);
  const timezone = root.get("schedule")?.get("timezone")?.text() ?? "UTC";
  const context = { defaults: root.get("defaults"), variables, baseUrl: login.baseUrl, timezone, api, mappings };
  const read = streams.map((stream) =>
    stream.isMap ? readStream(stream, mappings.get(stream.name) ?? null, context) : null,
  );
  const good = read.filter((stream) => stream !== null);
  checkTargets(streams, good);
  const shapeOf = (name: string | null) => good.find((stream) => stream.name === name)?.shape ?? null;
  for (const stream of streams) {
    const each = stream.get("each")?.text() ?? null;
    const shape = shapeOf(each);
    if (each !== null && shape !== null) checkTemplatesOf(stream, context.defaults, each, shape);
  }
  return {
    ...login,
    schedule: readSchedule(root.get("schedule")),
    safeguard: readSafeguard(root.get("safeguard")),
    keepRaw: readKeepRaw(
      root.get("keepRaw"),
      good.map(({ shape }) => shape),
    ),
    notify: readNotify(root.get("notify"), variables),
    streams: good.map((stream) => ({ ...stream, parentShape: shapeOf(stream.each) })),
    // Last, when all that names one was read.
    secretFiles: variables.files,
  };
}

function checkTemplatesOf(stream: Entry, defaults: Entry | null, parent: string, shape: RecordShape): void {
  const queries = [defaults?.get("query"), stream.get("query")].flatMap((query) => query?.entries() ?? []);
  for (const entry of [stream.get("get"), ...queries]) if (entry !== null) checkParentPaths(entry, parent, shape);
}

/** `each` names another stream that is no child itself. */
function checkParents(streams: readonly Entry[]): void {
  const names = streams.map((stream) => stream.name);
  for (const stream of streams) {
    const each = stream.get("each");
    const parent = each?.text();
    if (each === null || parent == null) continue;
    const others = names.filter((name) => name !== stream.name);
    if (parent === stream.name) {
      each.report({ code: "CFG010", message: `\`${parent}\` cannot be its own parent` });
    } else if (!names.includes(parent)) {
      each.report({
        code: "CFG010",
        message: `\`${parent}\` is not an entity of this job`,
        hint: suggestion(parent, others),
      });
    } else if (streams.some((other) => other.name === parent && other.get("each") !== null)) {
      const message = `\`${parent}\` is a child itself; the parent of \`${stream.name}\` must be read on its own`;
      each.report({ code: "CFG010", message });
    }
  }
}

/** Two streams into one entity would each see the other's records as gone. */
function checkTargets(entries: readonly Entry[], streams: readonly Pick<Stream, "name" | "into">[]): void {
  for (const [index, stream] of streams.entries()) {
    const earlier = streams.slice(0, index).find((other) => other.into === stream.into);
    if (earlier === undefined || !isEntity(stream.into)) continue;
    const message = `\`${stream.name}\` and \`${earlier.name}\` both become \`${stream.into}\`: each would see the other's records as gone`;
    entries.find((entry) => entry.name === stream.name)?.report({ code: "CFG010", message, atKey: true });
  }
}
