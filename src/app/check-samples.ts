import type { SampleFailure } from "../domain/answers";
import type { Failure } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import { isJsonObject } from "../domain/json";
import type { ExpressionFinding } from "../domain/mapping";
import { parseAll } from "../domain/page-records";
import { NO_RUN } from "../domain/runs";
import { checkBySample, shapeOfRecords } from "../mapping/check-paths/sampled";
import { asUpstreamFailure, isHopeless } from "../sync/read/stream-read";
import type { Adapters } from "./open/adapters";

/** How many records of a stream are looked at; they are those of its first page. */
const MAX_RECORDS = 100;

export interface SampledStream {
  readonly source: string;
  readonly entity: string;
  readonly records: number;
  readonly findings: readonly ExpressionFinding[];
}

export interface Samples {
  readonly sampled: readonly SampledStream[];
  readonly failures: readonly SampleFailure[];
}

/**
 * What the first records of a job's streams show about their mappings, for the streams that no document describes. One that cannot
 * be read is told beside what the others show.
 */
export async function checkBySamples(
  job: Job,
  openUpstream: Adapters["openUpstream"],
  signal: AbortSignal,
): Promise<Samples> {
  const undocumented = job.streams.filter(({ shape }) => shape === null);
  if (undocumented.length === 0) return { sampled: [], failures: [] };
  const { read, failed } = await readFirstPages(job, undocumented, openUpstream, signal);
  const recordsOf = (name: string): readonly unknown[] => read.get(name) ?? [];
  const { source } = job;
  const sampled = undocumented
    .filter(({ name }) => !failed.has(name))
    .map(({ name, each, mapping, deletes, shape, parentShape }) => {
      const shown = {
        record: shapeOfRecords(recordsOf(name)),
        parent: parentShape ?? (each === null ? null : shapeOfRecords(recordsOf(each))),
      };
      const count = recordsOf(name).length;
      const documented = { record: shape, parent: parentShape };
      const findings = count === 0 ? [] : checkBySample(mapping, deletes.expression, documented, shown, count);
      return { source, entity: name, records: count, findings };
    });
  const failures = undocumented.flatMap(({ name }) => {
    const failure = failed.get(name);
    return failure === undefined ? [] : [{ source, entity: name, ...told(failure) }];
  });
  return { sampled, failures };
}

const told = ({ code, message, fix }: Failure) => ({ code, message, fix });

/** What was read of a job, and why not of the others; by the name of the stream. */
interface FirstPages {
  readonly read: ReadonlyMap<string, readonly unknown[]>;
  readonly failed: ReadonlyMap<string, Failure>;
}

/** One page a stream, and one page of its parent where there is one. */
async function readFirstPages(
  job: Job,
  streams: readonly Stream[],
  openUpstream: Adapters["openUpstream"],
  signal: AbortSignal,
): Promise<FirstPages> {
  const upstream = openUpstream(job);
  const read = new Map<string, readonly unknown[]>();
  const failed = new Map<string, Failure>();
  const recordsOf = async (stream: Stream): Promise<readonly unknown[]> => {
    const known = read.get(stream.name);
    if (known !== undefined) return known;
    const former = failed.get(stream.name) ?? [...failed.values()].find(isHopeless);
    if (former !== undefined) throw former;
    const above = job.streams.find(({ name }) => name === stream.each);
    const parent = above === undefined ? null : ((await attempt(above)).find(isJsonObject) ?? null);
    let records: readonly unknown[] = [];
    // Without any parent there is nothing to ask for.
    if (above === undefined || parent !== null) {
      for await (const page of upstream.pages({ stream, parent, run: NO_RUN, signal })) {
        records = parseAll(page.records).slice(0, MAX_RECORDS);
        break;
      }
    }
    read.set(stream.name, records);
    return records;
  };
  /** What cannot be read is asked for once, for itself or for what is below it. */
  const attempt = async (stream: Stream): Promise<readonly unknown[]> => {
    try {
      return await recordsOf(stream);
    } catch (error) {
      signal.throwIfAborted();
      failed.set(stream.name, asUpstreamFailure(error));
      throw error;
    }
  };
  try {
    for (const stream of streams) {
      try {
        await attempt(stream);
      } catch (error) {
        if (!failed.has(stream.name)) throw error;
      }
    }
    return { read, failed };
  } finally {
    await upstream.close();
  }
}
