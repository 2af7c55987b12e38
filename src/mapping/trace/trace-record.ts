import type { Json, JsonObject } from "../../domain/json";
import type { FieldRule, Mapped, MappingSpec, Position, Source } from "../../domain/mapping";
import { whyUnusable } from "../../domain/passwords";
import type { FieldTrace, RecordTrace, SourceTrace, TraceProblem } from "../../domain/trace";
import { isPresent } from "../coerce";
import { compileMapping } from "../compile-mapping";
import { placeName, type ReadPlace } from "../paths-read";
import { A_PASSWORD } from "../settle-password";
import { storedValue } from "../stored-value";
import { tellsRemoval } from "../tell-removed";
import { type HidePasswords, hidingPasswords } from "./hide-passwords";
import { lookUp } from "./look-up";
import { type Compile, type Probed, SourceProbe } from "./probe-sources";
import { readPlace } from "./read-place";
import { RecordSettler, type Settled } from "./settle-record";
import { shortened } from "./shorten";
import { type Part, partsOf, type TraceOptions } from "./trace-parts";

/** Explains what one mapping makes of records. */
export interface Tracer {
  /** Never rejects for what a record holds. */
  trace(record: unknown, parent: JsonObject | null): Promise<RecordTrace>;
  /** Frees what the engine holds beside memory. */
  close(): Promise<void>;
}

/** How one record becomes ours, explained. */
export async function traceRecord(
  spec: MappingSpec,
  options: TraceOptions,
  record: unknown,
  parent: JsonObject | null,
): Promise<RecordTrace> {
  const tracer = createTracer(spec, options);
  try {
    return await tracer.trace(record, parent);
  } finally {
    await tracer.close();
  }
}

/**
 * Explains what a mapping makes of records. What becomes of a record, of a field and of each source is asked of the engine that
 * `compile` gives, the one of a run; only where a source reads is found in its text.
 */
export function createTracer(spec: MappingSpec, options: TraceOptions, compile: Compile = compileMapping): Tracer {
  const parts = partsOf(spec, options);
  const hide = hidingPasswords(spec);
  const settler = new RecordSettler(spec, options, compile);
  const strict = new RecordSettler(withoutDropping(spec), options, compile);
  const { removed = null } = options;
  const isRemoved = (record: unknown): boolean => removed !== null && tellsRemoval(record, removed);
  const probe = new SourceProbe(
    spec,
    parts.flatMap(({ sources }) => sources),
    compile,
  );
  return {
    async trace(record, parent) {
      const settled = await settler.settle(record, parent);
      const { result, rest } = settled;
      // What is no record at all has no fields to speak of.
      if (result.outcome === "rejected" && result.field === null) return { result, decisions: [], fields: [] };
      const hasDropped = rest.outcome === "record" && rest.dropped.length > 0;
      const { faults: dropped } = hasDropped ? await strict.settle(record, parent) : { faults: new Map() };
      const probed = [...(await probe.ask(record, parent))];
      const decisions: FieldTrace[] = [];
      const fields: FieldTrace[] = [];
      for (const one of parts) {
        const sources = sourceTraces(one, probed.splice(0, one.sources.length), { record, parent }, hide);
        if (one.rule === null) decisions.push(decisionTrace(one, sources, settled, isRemoved(record)));
        else fields.push(fieldTrace(one, one.rule, sources, { ...settled, dropped }, spec));
      }
      return { result, decisions, fields: rest.outcome === "skipped" ? [] : fields };
    },
    async close() {
      await Promise.all([settler.close(), strict.close(), probe.close()]);
    },
  };
}

/** The mapping as it would be if nothing were dropped, which tells why something is. */
const withoutDropping = (spec: MappingSpec): MappingSpec => ({
  ...spec,
  fields: spec.fields.map((rule) => ({ ...rule, invalid: "reject" })),
  attributes: spec.attributes.map((rule) => ({ ...rule, invalid: "reject" })),
});

function sourceTraces(
  { rule, sources, places }: Part,
  probed: readonly Probed[],
  from: { readonly record: unknown; readonly parent: JsonObject | null },
  hide: HidePasswords,
): readonly SourceTrace[] {
  const isPassword = rule?.type === "password";
  // A source that is present, or fails, ends the search.
  const last = probed.findIndex(({ value, problem }) => problem !== null || isPresent(value));
  return sources.map((source, index) => {
    const { value, problem } = probed[index] ?? { value: null, problem: null };
    return {
      expression: writtenSource(source),
      at: placeOf(source),
      reached: last < 0 || index <= last,
      present: isPresent(value),
      value: isPassword && isPresent(value) ? A_PASSWORD : hide(value, NOWHERE),
      reads: (places[index] ?? []).map((place) => {
        const found = readPlace(from[place.root], place);
        const shown = hide((found ?? null) as Json, place);
        return { path: placeName(place), found: found !== undefined, value: shortened(shown) };
      }),
      problem,
    };
  });
}

/** What an expression gave stands in no place of the record. */
const NOWHERE: ReadPlace = { root: "record", names: [] };

/** As a mapping file would write it on one line. */
function writtenSource(source: Source): string {
  if (source.kind === "expression") return source.expression.text;
  const parts = source.parts.map(({ text }) => text).join(", ");
  return `{ join: [${parts}], with: ${JSON.stringify(source.with)} }`;
}

function placeOf(source: Source): Position {
  const expression = source.kind === "expression" ? source.expression : source.parts[0];
  return expression?.at ?? { file: "", line: 1, column: 1 };
}

function decisionTrace(
  { label, at }: Part,
  sources: readonly SourceTrace[],
  { rest, faults }: Settled,
  isRemoved: boolean,
): FieldTrace {
  const problem = faults.get(label) ?? null;
  const value = (): Json => {
    if (label === "removed") return isRemoved;
    return label === "key" && rest.outcome !== "link" ? rest.key : (sources[0]?.value ?? null);
  };
  const shown = problem === null ? value() : null;
  const outcome = problem !== null ? "rejected" : shown === null ? "absent" : "value";
  return { field: label, at, sources, mapped: null, outcome, value: shown, problem };
}

function fieldTrace(
  { label, at }: Part,
  rule: FieldRule,
  sources: readonly SourceTrace[],
  { rest, faults, dropped }: Settled & { readonly dropped: ReadonlyMap<string, TraceProblem> },
  spec: MappingSpec,
): FieldTrace {
  const problem = faults.get(label) ?? null;
  const found = sources.find(({ reached, present }) => reached && present);
  const mapped = found === undefined ? null : lookUp(rule, found.value);
  const value = problem === null ? storedValue(spec.into, label, rest) : null;
  const isThere = isPresent(value);
  const unusable = passwordProblem(rule, rest);
  const outcome = (): FieldTrace["outcome"] => {
    if (problem !== null) return "rejected";
    if (unusable !== null || (rest.outcome === "record" && rest.dropped.includes(label))) return "dropped";
    if (!isThere) return "absent";
    return found === undefined || (mapped !== null && !isPresent(mapped.to)) ? "default" : "value";
  };
  return {
    field: label,
    at,
    sources,
    mapped,
    outcome: outcome(),
    value,
    problem: problem ?? dropped.get(label) ?? unusable,
  };
}

/** Why there is a hash and nobody can sign in by it. */
function passwordProblem({ type, formats = [] }: FieldRule, rest: Mapped): TraceProblem | null {
  if (type !== "password" || rest.outcome !== "record" || rest.password?.found !== "unusable") return null;
  return { code: "MAP062", reason: `\`password\` ${whyUnusable(rest.password.because, formats)}` };
}
