import { inParallel } from "../../domain/in-parallel";
import type { Stream } from "../../domain/job";
import { readOne } from "./read-one";
import { asUpstreamFailure, isHopeless, type ReadContext } from "./stream-read";

/**
 * Records that earlier runs rejected and that are not among what changed since, each read by itself, so that what heals
 * without a change upstream heals here. One that cannot be read stays rejected.
 */
export async function readAgain(
  stream: Stream,
  keys: readonly string[],
  { upstream, mapperOf, job, run, signal }: ReadContext,
): Promise<readonly unknown[]> {
  const records: unknown[] = [];
  if (stream.one === null) return records;
  await inParallel(job.http.concurrency, keys, async (key) => {
    try {
      const found = await readOne(stream, key, { upstream, mapper: mapperOf(stream), run, signal });
      // Somebody else's record would be met twice.
      if (found?.key === key) records.push(found.record);
    } catch (error) {
      signal.throwIfAborted();
      if (isHopeless(asUpstreamFailure(error))) throw error;
    }
  });
  return records;
}
