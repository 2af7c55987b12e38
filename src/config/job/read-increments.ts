import { isEntity } from "../../domain/entities";
import { type FullCadence, type Increments, SINCE_FORMATS } from "../../domain/increments";
import type { Deletes } from "../../domain/job";
import type { MappingSpec } from "../../domain/mapping";
import type { RecordShape } from "../../domain/record-shape";
import { suggestion } from "../../domain/suggest";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { parseDuration } from "./quantities";
import { readPath } from "./read-paging";
import { checkBounds, readDuration } from "./read-policies";
import { checkRecordPath } from "./read-record-paths";
import { checkTemplates } from "./templates";

interface IncrementContext {
  readonly variables: Variables;
  /** Of the schedule; the days of `full` are those of its calendar. */
  readonly timezone: string;
  /** Of the stream's records; null when no document describes them. */
  readonly shape: RecordShape | null;
}

/** `since:` or `delta:` of an entity, with its `full:`. Null where every run reads everything. */
export function readIncrements(
  stream: Entry,
  mapping: MappingSpec | null,
  deletes: Deletes,
  { variables, timezone, shape }: IncrementContext,
): Increments | null {
  const [since, delta, fullEntry] = [stream.get("since"), stream.get("delta"), stream.get("full")];
  const full = readFull(fullEntry, timezone);
  const entry = since ?? delta;
  if (entry === null) {
    const message = "`full` means nothing here: without `since` or `delta` every run reads everything";
    fullEntry?.report({ message, hint: "remove it", atKey: true });
    return null;
  }
  if (since !== null && delta !== null) {
    const message = "`since` and `delta` are two ways of asking for what changed; there can be one";
    delta.report({ message, hint: "keep one of them", atKey: true });
  }
  const links = mapping !== null && !isEntity(mapping.into) ? mapping.into : null;
  if (stream.get("each") !== null || links !== null) {
    const what = links === null ? "entities with `each`" : `\`${links}\``;
    const message = `\`${entry.name}\` is not for ${what}: they are read with the parents that changed`;
    entry.report({ message, hint: "say it of the parents", atKey: true });
  }
  const increments = since === null ? readDelta(entry, full, shape) : readSince(since, full, { variables, shape });
  const tellsRemovals = increments.kind === "delta" && increments.removed !== null;
  // Where `deletes` is missing, that is told.
  if (tellsRemovals && deletes.absence === "never" && stream.get("deletes") !== null) {
    entry.get("removed")?.report({
      code: "CFG013",
      severity: "warning",
      message: `\`${stream.name}\` looks for nobody who is absent, so whoever is removed while the delta link expires stays for good`,
      hint: "let a full pass find them: `deletes: sweep`",
      atKey: true,
    });
  }
  if (full === null && fullEntry === null && deletes.absence !== "never" && !tellsRemovals) {
    entry.report({
      code: "CFG013",
      severity: "warning",
      message: `\`${stream.name}\` never asks for everything again, so nobody who vanishes is ever found to be gone`,
      hint: "say when: `full: Sun`",
      atKey: true,
    });
  }
  return increments;
}

/** Query parameters that a run which asks for changes adds, where they are written. */
export const sinceParameters = (stream: Entry): readonly { readonly name: string; readonly entry: Entry }[] =>
  (stream.get("since")?.get("query")?.entries() ?? []).map((entry) => ({ name: entry.name, entry }));

function readSince(
  entry: Entry,
  full: FullCadence | null,
  { variables, shape }: Omit<IncrementContext, "timezone">,
): Increments {
  const parameters = entry.get("query")?.entries() ?? [];
  const templates = parameters.flatMap((parameter) => checkTemplates(parameter, ["since", "run.id"]));
  if (entry.get("query")?.isMap === true && !templates.some((name) => name === "since" || name === "?")) {
    const message = "`query` does not say since when: `{since}` is missing";
    entry.get("query")?.report({ message, hint: 'e.g. `{ updated_since: "{since}" }`' });
  }
  const fieldEntry = entry.get("field");
  const field = fieldEntry === null ? null : readPath(fieldEntry);
  if (fieldEntry !== null && field !== null)
    checkRecordPath(fieldEntry, field, [shape], "no watermark is found, and every run reads everything");
  return {
    kind: "since",
    field,
    query: Object.fromEntries(parameters.map((parameter) => [parameter.name, variables.text(parameter)])),
    format: SINCE_FORMATS.find((format) => format === entry.get("format")?.text()) ?? "rfc3339",
    overlap: readDuration(entry.get("overlap"), "10m"),
    full,
  };
}

function readDelta(entry: Entry, full: FullCadence | null, shape: RecordShape | null): Increments {
  const as = entry.get("as")?.text() ?? "url";
  const removed = entry.get("removed");
  const written = removed?.text() ?? "";
  if (/[\s=()<>!]|\$(?!\.)/.test(written)) {
    const message = "`removed` is a path, not an expression";
    removed?.report({ message, hint: `write the expression under \`deletes\`: [sweep, '${written}']` });
  }
  const removal = removed === null ? null : readPath(removed);
  if (removed !== null && removal !== null)
    checkRecordPath(removed, removal, [shape], "nobody is ever found to be gone by it");
  const expired = entry.get("expired")?.items() ?? [];
  return {
    kind: "delta",
    link: readPath(entry.get("link")),
    as: as === "url" ? null : as,
    removed: removal,
    removedAt: removed?.position ?? null,
    expired: expired.length === 0 ? [410] : expired.flatMap((status) => status.number() ?? []),
    full,
  };
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const LONG_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

function readFull(entry: Entry | null, timezone: string): FullCadence | null {
  if (entry === null) return null;
  const written = entry.text();
  const after = written === null ? null : parseDuration(written);
  if (after !== null) {
    checkBounds(entry, after, { least: "1h" });
    return { after };
  }
  if (written?.trim().toLowerCase() === "daily") return { on: EVERY_DAY, timezone };
  const words = written === null ? entry.items().map((item) => [item, item.text() ?? ""] as const) : [];
  const all = written === null ? words : written.split(",").map((word) => [entry, word.trim()] as const);
  const on = all.flatMap(([at, word]) => {
    const day = [DAYS, LONG_DAYS].map((days) => days.findIndex((one) => one.toLowerCase() === word.toLowerCase()));
    const found = Math.max(...day);
    if (found >= 0) return [found];
    // An empty text has been told about.
    if (word !== "") {
      const message = `\`${word}\` is neither a day of the week nor a duration`;
      at.report({ message, hint: suggestion(word, DAYS, "e.g. `Sun`, `[Wed, Sun]`, `daily` or `7d`") });
    }
    return [];
  });
  return { on: [...new Set(on)], timezone };
}
