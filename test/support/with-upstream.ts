import type { Stream } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import { parseAll } from "../../src/domain/page-records";
import type { Upstream, UpstreamPage } from "../../src/domain/upstream";
import { createUpstream } from "../../src/upstream/create-upstream";
import { jobAt } from "./upstream-job";
import { startUpstreamServer, type UpstreamServer } from "./upstream-server";

export interface GivenUpstream {
  readonly server: UpstreamServer;
  /** Of a job that asks `server`; a test may put another one in its place. */
  upstream: Upstream;
}

/** For each test of a file a customer's system, and what asks it. */
export function withUpstream(): GivenUpstream {
  const given = {} as { -readonly [name in keyof GivenUpstream]: GivenUpstream[name] };
  beforeEach(async () => {
    given.server = await startUpstreamServer();
    given.upstream = createUpstream({ job: jobAt(given.server.url), log: silentLog });
  });
  afterEach(async () => {
    await given.upstream.close();
    await given.server.close();
  });
  return given;
}

export const people = (count: number): { id: string; n: number }[] =>
  Array.from({ length: count }, (_, n) => ({ id: `u${n}`, n }));

export const pagesOf = (
  { upstream }: GivenUpstream,
  stream: Stream,
  signal = new AbortController().signal,
): AsyncIterable<UpstreamPage> => upstream.pages({ stream, parent: null, run: 7, signal });

/** Sizes of the pages that came, and how it ended. */
export async function readPages(
  given: GivenUpstream,
  stream: Stream,
): Promise<{ pages: number[]; records: unknown[]; failure: unknown; totals: unknown[] }> {
  const pages: number[] = [];
  const totals: unknown[] = [];
  const records: unknown[] = [];
  try {
    for await (const page of pagesOf(given, stream)) {
      expect(page.number).toBe(pages.push(page.records.length));
      totals.push(page.total);
      records.push(...parseAll(page.records));
    }
  } catch (failure) {
    return { pages, totals, records, failure };
  }
  return { pages, totals, records, failure: null };
}
