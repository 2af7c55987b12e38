import type { Job, Stream } from "../domain/job";
import { isJsonObject } from "../domain/json";
import type { Log } from "../domain/log";
import type { ExpressionFinding } from "../domain/mapping";
import { parseAll } from "../domain/page-records";
import { NO_RUN } from "../domain/runs";
import { checkBySample, shapeOfRecords } from "../mapping/check-paths/sampled";
import { openUpstream } from "./open/open-upstream";

/** How many records of a stream are looked at; they are those of its first page. */
const MAX_RECORDS = 100;

export interface SampledStream {
  readonly source: string;
  readonly entity: string;
  readonly records: number;
  readonly findings: readonly ExpressionFinding[];
}

/**
 * What the first records of a job's streams show about their mappings, for the streams that no document describes.
 *
 * @throws Failure when the customer's system cannot be read
 */
export async function checkBySamples(job: Job, log: Log, signal: AbortSignal): Promise<readonly SampledStream[]> {
  const undocumented = job.streams.filter(({ shape }) => shape === null);
  if (undocumented.length === 0) return [];
  const read = await readFirstPages(job, undocumented, log, signal);
  const recordsOf = (name: string): readonly unknown[] => read.get(name) ?? [];
  return undocumented.map(({ name, each, mapping, deletes, shape, parentShape }) => {
    const shown = {
      record: shapeOfRecords(recordsOf(name)),
      parent: parentShape ?? (each === null ? null : shapeOfRecords(recordsOf(each))),
    };
    const count = recordsOf(name).length;
    const documented = { record: shape, parent: parentShape };
    const findings = count === 0 ? [] : checkBySample(mapping, deletes.expression, documented, shown, count);
    return { source: job.source, entity: name, records: count, findings };
  });
}

/** One page a stream, and one page of its parent where there is one; by the name of the stream. */
async function readFirstPages(
  job: Job,
  streams: readonly Stream[],
  log: Log,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const upstream = openUpstream(job, log);
  const read = new Map<string, readonly unknown[]>();
  const recordsOf = async (stream: Stream): Promise<readonly unknown[]> => {
    const known = read.get(stream.name);
    if (known !== undefined) return known;
    const above = job.streams.find(({ name }) => name === stream.each);
    const parent = above === undefined ? null : ((await recordsOf(above)).find(isJsonObject) ?? null);
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
  try {
    for (const stream of streams) await recordsOf(stream);
    return read;
  } finally {
    await upstream.close();
  }
}
