import type { PersonAnswer } from "../../domain/answers";
import { FIELDS } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { attributeLabel } from "../../domain/field-label";
import type { Job, Stream } from "../../domain/job";
import { isJsonList, type Json, type JsonObject } from "../../domain/json";
import type { Position } from "../../domain/mapping";
import { markedBy, maskValue, personalBy } from "../../domain/personal-data";
import { suggestion } from "../../domain/suggest";
import type { FieldTrace, RecordTrace } from "../../domain/trace";
import type { WhyAnswer, WhyRequest } from "../../domain/why";
import { versionOf } from "../../mapping/mapping-version";
import { createTraceMask } from "../../mapping/trace/mask-trace";
import { type Part, partsOf } from "../../mapping/trace/trace-parts";
import { traceRecord } from "../../mapping/trace/trace-record";
import { isEdited, knownFor } from "../../sync/state/known-mappings";
import { traceOptionsOf } from "../compile-stream";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import { otherThan } from "./compare-values";
import { howToKeep } from "./how-to-keep";
import { type Lacking, lackingParts } from "./kept-without";
import { recordOf } from "./live-records";
import { mirroredValue } from "./mirrored-value";

/** A raw record to look at. */
interface Found {
  readonly record: Json;
  readonly parent: JsonObject | null;
  readonly told: NonNullable<WhyAnswer["record"]>;
  /** Parts of the mapping that read what was left out of it. */
  readonly lacking: readonly Lacking[];
}

/** Why people have the values they have. */
export function createWhy({ stores, openUpstream }: Adapters, jobs: Jobs) {
  async function findRecord(job: Job, stream: Stream, { key, live, signal }: WhyRequest): Promise<Found | null> {
    if (live) {
      const { record, parent } = await recordOf(key, stream, { job, openUpstream, signal });
      return { record, parent, lacking: [], told: { from: "live", run: null, at: new Date().toISOString() } };
    }
    const { kept } = await stores();
    const found = await kept.read(job.source, stream.name, key);
    if (found === null) return null;
    const lacking = await lackingParts(kept, job.source, stream);
    const { record, parent, run, at } = found;
    return { record, parent, lacking, told: { from: "kept", run, at } };
  }

  /** Why the record gives another value than the mirror holds. */
  async function whyOtherwise(job: Job, stream: Stream, found: Found, part: Part, key: string): Promise<string> {
    const { mappings, history } = await stores();
    const version = versionOf(job, stream);
    const known = knownFor(await mappings.known(job.source), version);
    const held = await history.heldBy(job.source, key, part.label);
    if (held !== null) return `a change of it is held by run ${held}: understudy hold list ${job.source}`;
    if (known !== null && isEdited(known, version))
      return `the job or the mapping was edited since run ${known.lastRun}; the next run takes it over`;
    if (found.told.from === "live") return "the customer's system says so now; the next run takes it over";
    if (part.rule?.compare === false)
      return "the field says `compare: false`, so it is only written with other changes";
    return "the next run that reads the record writes it, unless it is rejected or held";
  }

  return {
    /** @throws Failure USE003 for a person or a field nobody knows; what reading the record throws */
    async why(request: WhyRequest): Promise<WhyAnswer> {
      const { source, key, live } = request;
      await jobs.refuseUnknown(source);
      const person = await (await stores()).identities.person(source, key);
      const job = live ? await jobs.load(source) : await jobs.find(source);
      const stream = job?.streams.find(({ into }) => into === "users") ?? null;
      const label = labelOf(request.field, person, stream);
      const mappings = job?.streams.map(({ mapping }) => mapping) ?? null;
      const masked = mappings === null || personalBy(mappings)(label);
      const mask = (value: Json): Json => (masked ? maskAll(value) : value);
      const { own, ...held } = await mirroredValue({ stores }, person, label, stream);
      const shown = {
        source,
        key,
        field: label,
        masked,
        value: mask(held.value),
        origins: held.origins.map(({ origin, items }) => ({ origin, items: items.map(mask) })),
        change: held.change === null ? null : { ...held.change, before: mask(held.change.before) },
      };
      const withoutRecord = (note: string, at: Position | null = null): WhyAnswer => ({
        ...shown,
        at,
        record: null,
        trace: null,
        otherwise: null,
        notes: [note],
      });
      if (job === null || stream === null || mappings === null)
        return withoutRecord(`no valid file describes the users of \`${source}\`: understudy check`);
      const options = traceOptionsOf(stream);
      const part = partsOf(stream.mapping, options).find((one) => one.label === label);
      if (part === undefined)
        return withoutRecord(`${stream.mapping.file} does not describe \`${label}\`, so no run changes it`);
      const found = await findRecord(job, stream, request);
      if (found === null) return withoutRecord(notKept(job, key), part.at);

      const trace = await traceRecord(stream.mapping, options, found.record, found.parent);
      const unknown = found.lacking.filter((one) => one.label === label || one.decides);
      const other = unknown.length > 0 ? null : otherThan(own, label, trace);
      return {
        ...shown,
        at: part.at,
        record: found.told,
        trace: fieldOf(createTraceMask(stream.mapping, options, markedBy(mappings)).trace(trace), label),
        otherwise: other && {
          value: mask(other.value),
          because: other.because ?? (await whyOtherwise(job, stream, found, part, key)),
        },
        notes: unknown.flatMap(({ paths, ...by }) => paths.map((path) => leftOut(path, by.label, label))),
      };
    },
  };
}

/** @param label of the part that reads it; without it nobody can say what becomes of the field asked for */
const leftOut = (path: string, label: string, asked: string): string =>
  `\`${path}\`${label === asked ? "" : `, which \`${label}\` reads,`} was left out of the record that is kept; see it with --live`;

const fieldOf = ({ decisions, fields }: RecordTrace, label: string): FieldTrace | null =>
  [...decisions, ...fields].find(({ field }) => field === label) ?? null;

/** A name as people write it. @throws Failure USE003 */
function labelOf(written: string, { attributes }: PersonAnswer, stream: Stream | null): string {
  const described = stream?.mapping.attributes.map(({ name }) => name) ?? [];
  const own = [...new Set([...described, ...Object.keys(attributes)])];
  const labels = ["key", ...FIELDS.users.map(({ name }) => name), ...own.map(attributeLabel)];
  if (labels.includes(written)) return written;
  if (own.includes(written)) return attributeLabel(written);
  throw new Failure("USE003", `a user has no field \`${written}\``, {
    fix: suggestion(written, [...labels, ...own], null) ?? `known: ${labels.join(", ")}`,
  });
}

const maskAll = (value: Json): Json => (isJsonList(value) ? value.map(maskAll) : maskValue(value));

function notKept(job: Job, key: string): string {
  const { source, keepRaw } = job;
  const what =
    keepRaw === null ? `no raw records of \`${source}\` are kept` : `no raw record of ${source}/${key} is kept yet`;
  return `${what}: ${howToKeep(job)}, or look now with --live`;
}
