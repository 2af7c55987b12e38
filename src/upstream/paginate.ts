import type { Stream } from "../domain/job";
import type { PageRecords, Position } from "../domain/page-records";
import type { Answer } from "./http-client";
import { openScope } from "./interruption";
import type { Limits } from "./limits";
import { firstQuery, nextAfter } from "./paging";
import { parsedRecords } from "./parsed-records";
import { createProgressProof } from "./progress-proof";
import { type Page, readPage } from "./read-page";
import { linkedTarget, type Target, withQuery } from "./request-url";

export interface UpstreamPage {
  /** From 1. */
  readonly number: number;
  readonly records: PageRecords;
  /** As declared on this page, where the job says where. */
  readonly total: number | null;
  /** Where the enumeration goes on; null at its end, and where its paging cannot be resumed. */
  readonly after: Position | null;
}

/**
 * One enumeration, page by page, to the end that its paging describes. The next page is asked for as soon as this one is
 * read, and no further ahead. Trouble is thrown after the pages before it were yielded. Stopping early ends the request
 * under way.
 */
export async function* paginate({
  stream: { page: paging, records },
  start,
  ask,
  limits,
  signal,
}: {
  readonly stream: Stream;
  /** The enumeration's address, without what paging adds. */
  readonly start: Target;
  /** Asks until there is an answer with status 2xx. */
  readonly ask: (target: Target, signal: AbortSignal) => Promise<Answer>;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}): AsyncGenerator<UpstreamPage, void, undefined> {
  const scope = openScope(signal);
  const proof = createProgressProof(start.shown, limits);
  const pageShown = (number: number): string => (number === 1 ? start.shown : `${start.shown} (page ${number})`);

  const load = async (target: Target, number: number): Promise<Page> => {
    proof.admitRequest(target, number);
    const shown = pageShown(number);
    const answer = await ask({ ...target, shown }, scope.signal);
    return readPage(answer, { records, total: paging.total, first: number === 1, shown, limits });
  };

  /** Rejects, rather than throws, where a good page points to a bad one: that is told after the good one. */
  const loadAfter = (page: Page, number: number, target: Target): { target: Target; page: Promise<Page> } | null => {
    try {
      const { received, declared } = proof;
      const next = nextAfter(paging, { page, number, received, declared }, pageShown(number));
      if (next === null) return null;
      const following = "href" in next ? linkedTarget(target, next.href) : withQuery(first, next.query);
      return { target: following, page: load(following, number + 1) };
    } catch (trouble) {
      return { target, page: Promise.reject(trouble) };
    }
  };

  const first = withQuery(start, firstQuery(paging));
  let coming: ReturnType<typeof loadAfter> = { target: first, page: load(first, 1) };
  try {
    for (let number = 1; coming !== null; number += 1) {
      const page: Page = await coming.page;
      if (paging.kind !== "none") proof.admitPage(page, number);
      coming = loadAfter(page, number, coming.target);
      coming?.page.catch(() => {});
      yield { number, records: parsedRecords(page.records), total: page.total, after: null };
    }
  } finally {
    scope.abort();
    await coming?.page.catch(() => {});
    scope.release();
  }
}
