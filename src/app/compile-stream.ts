import type { Job, Stream } from "../domain/job";
import type { Json } from "../domain/json";
import type { Expression, FieldRule, MappingSpec } from "../domain/mapping";
import type { KeyVersion } from "../domain/mapping-version";
import { markedBy } from "../domain/personal-data";
import { type CompiledMapping, compileMapping, type MappingOptions } from "../mapping/compile-mapping";
import { passwordPlaces } from "../mapping/trace/hide-passwords";
import { createTraceMask, type TraceMask } from "../mapping/trace/mask-trace";
import type { TraceOptions } from "../mapping/trace/trace-parts";
import type { Mapper } from "../sync/ports";
import { rejectOverlong } from "../sync/read/reject-overlong";

/** A stream's mapping with what the job says is gone, as every run works it. */
export const compileStream = (stream: Stream): CompiledMapping =>
  compileMapping(stream.mapping, traceOptionsOf(stream));

/**
 * For a look without a run: also rejects what a run rejects only when it stages, namely values that the mirror cannot
 * index.
 */
export async function compileAsRun(spec: MappingSpec, options: MappingOptions): Promise<Mapper> {
  const compiled = await compileMapping(spec, options);
  return {
    async mapPage(records, parent) {
      const mapped = await compiled.mapPage(records, parent);
      return mapped.map((result) => rejectOverlong(spec.into, result));
    },
    close: compiled.close,
  };
}

export const compileWithLimits = (stream: Stream): Promise<Mapper> =>
  compileAsRun(stream.mapping, traceOptionsOf(stream));

export const traceOptionsOf = ({ deletes, increments }: Stream): TraceOptions => ({
  deletes: deletes.expression?.text ?? null,
  deletesAt: deletes.expression?.at ?? null,
  ...(increments?.kind === "delta" ? { removed: increments.removed, removedAt: increments.removedAt } : {}),
});

/** The job, with password hashes left out of the raw records that are kept. */
export function withoutPasswords(job: Job): Job {
  const paths = job.streams
    .flatMap(({ mapping }) => passwordPlaces(mapping))
    .flatMap(({ root, names }) => (root === "record" ? [names] : []));
  if (job.keepRaw === null || paths.length === 0) return job;
  return { ...job, keepRaw: { ...job.keepRaw, redact: [...job.keepRaw.redact, ...paths] } };
}

/** How records of a stream are shown to people, as `mapping try --live` does; made when the first one is. */
export function maskOf({ streams }: Pick<Job, "streams">, stream: Stream): (record: Json) => Json {
  let mask: TraceMask | null = null;
  return (record) => {
    mask ??= createTraceMask(stream.mapping, traceOptionsOf(stream), markedBy(streams.map(({ mapping }) => mapping)));
    return mask.record(record);
  };
}

/**
 * Reads nothing but the key, by an expression that may no longer stand in any file: every record is skipped, but its
 * key is known by then. What else it would become does not matter, so it is mapped into the entity with the fewest
 * fields.
 */
export function compileKey({ mapping }: Stream, { text, let: lets, keepNulls }: KeyVersion): CompiledMapping {
  const at = mapping.key?.at ?? { file: mapping.file, line: 1, column: 1 };
  const written = (expression: string): Expression => ({ text: expression, at });
  const name: FieldRule = {
    name: "name",
    at,
    from: [],
    type: "text",
    required: true,
    map: null,
    default: "",
    pii: false,
    invalid: "reject",
    compare: true,
  };
  const spec: MappingSpec = {
    file: mapping.file,
    into: "permissions",
    fields: [name],
    attributes: [],
    tests: [],
    key: written(text),
    skip: written("true"),
    keepNulls,
    let: lets.map((one) => ({ name: one.name, at, expression: written(one.text) })),
  };
  return compileMapping(spec, { deletes: null });
}
