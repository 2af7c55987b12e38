import type { Stream } from "../../src/domain/job";
import type { Mapped } from "../../src/domain/mapping";
import { parseAll } from "../../src/domain/page-records";
import type { Upstream } from "../../src/domain/upstream";
import type { Mapper } from "../../src/sync/ports";
import type { Stopwatch } from "../stopwatch";

/**
 * So many pages are made ready at a time: a million mapped users at once would be gigabytes. Writing comes to rest before the next
 * are, so with few of them it is that rest which is measured.
 */
const PAGES_AHEAD = 40;

interface Prepared {
  readonly upstream: Upstream;
  readonly mapperOf: (stream: Stream) => Mapper;
}

/**
 * An upstream and mappers that cost nothing while the stopwatch runs: pages are fetched and mapped ahead while it stands still,
 * and before it does, what was added so far is written, so that nothing is for free. What is left of a run is its writing.
 *
 * @param real what fetches and maps
 * @param collectGarbage so that the run does not pay for what preparing left behind
 */
export function prepareAhead(
  real: Prepared,
  stage: { written(): Promise<void> },
  stopwatch: Stopwatch,
  collectGarbage: () => void,
): Prepared {
  /** By raw record; those of earlier pages are done with. */
  const ready = new Map<unknown, Mapped>();

  async function* pages(request: Parameters<Upstream["pages"]>[0]): ReturnType<Upstream["pages"]> & AsyncGenerator {
    const coming = real.upstream.pages(request)[Symbol.asyncIterator]();
    const mapper = real.mapperOf(request.stream);
    for (let ended = false; !ended; ) {
      await stage.written();
      stopwatch.pause();
      ready.clear();
      const ahead = [];
      while (ahead.length < PAGES_AHEAD && !ended) {
        const next = await coming.next();
        ended = next.done === true;
        if (next.done === true) continue;
        const { records } = next.value;
        const raw = parseAll(records);
        const digests = records.digests();
        const mapped = await mapper.mapPage(raw, null);
        mapped.forEach((result, index) => void ready.set(raw[index], result));
        ahead.push({
          ...next.value,
          records: {
            length: raw.length,
            digests: () => digests,
            parse: (begin: number, end: number) => raw.slice(begin, end),
          },
        });
      }
      collectGarbage();
      stopwatch.resume();
      yield* ahead;
    }
  }

  const mapper: Mapper = {
    mapPage: async (records) =>
      records.map((record) => {
        const mapped = ready.get(record);
        if (mapped === undefined) throw new Error("a record was not prepared");
        return mapped;
      }),
    close: async () => undefined,
  };
  const { upstream } = real;
  return {
    mapperOf: () => mapper,
    upstream: {
      pages,
      one: upstream.one,
      get usage() {
        return upstream.usage;
      },
      close: upstream.close,
    },
  };
}
