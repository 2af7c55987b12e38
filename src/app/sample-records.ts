import type { Job, Stream } from "../domain/job";
import { isJsonObject } from "../domain/json";
import type { Log } from "../domain/log";
import { createUpstream } from "../upstream/create-upstream";

/** How many records of a stream are looked at; they are those of its first page. */
const MAX_RECORDS = 100;

/** Stands for the number of a run, which sampling is not. */
const NO_RUN = 0;

/** Records of some streams as the customer's system sends them, by stream name. @throws Failure when it cannot be read */
export type SampleRecords = (
  job: Job,
  streams: readonly Stream[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, readonly unknown[]>>;

/** Asks for one page a stream, and for one page of its parent where there is one. */
export const createSampler =
  (log: Log): SampleRecords =>
  async (job, streams, signal) => {
    const upstream = createUpstream({ job, log });
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
          records = page.records.slice(0, MAX_RECORDS);
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
  };
