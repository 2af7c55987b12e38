import type { Stream } from "../domain/job";
import type { PageMemory, PageRecords, Position } from "../domain/page-records";
import type { Answer } from "./http-client";
import { openScope } from "./interruption";
import type { Limits } from "./limits";
import { firstQuery, nextAfter } from "./paging";
import { positionBefore, readPosition } from "./positions";
import { createProgressProof, MARK } from "./progress-proof";
import { type Page, readPage } from "./read-page";
import { linkedTarget, type Target, withoutQuery, withQuery } from "./request-url";

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
  stream,
  start,
  from,
  memory,
  credentials,
  ask,
  limits,
  signal,
}: {
  readonly stream: Stream;
  /** The enumeration's address, without what paging adds. */
  readonly start: Target;
  /** Where to go on, as a page told that came before; null for the beginning. */
  readonly from: Position | null;
  readonly memory: PageMemory | null;
  /** Query parameters that carry credentials; addresses in answers may repeat them. */
  readonly credentials: readonly string[];
  /** Asks until there is an answer with status 2xx. */
  readonly ask: (target: Target, signal: AbortSignal) => Promise<Answer>;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}): AsyncGenerator<UpstreamPage, void, undefined> {
  const { page: paging } = stream;
  const first = withQuery(start, firstQuery(paging));
  const resumed = from === null ? null : readPosition(from, paging, first);
  const scope = openScope(signal);
  const proof = createProgressProof(start.shown, limits, resumed?.given);
  const pageShown = (number: number): string => (number === 1 ? start.shown : `${start.shown} (page ${number})`);

  const load = async (target: Target, number: number): Promise<Page> => {
    proof.admitRequest(target, number);
    const shown = pageShown(number);
    const answer = await ask({ ...target, shown }, scope.signal);
    return readPage(answer, { stream, first: number === 1, shown, limits, memory });
  };

  /** Rejects, rather than throws, where a good page points to a bad one: that is told after the good one. */
  const loadAfter = (page: Page, number: number, target: Target): Coming | null => {
    try {
      const { received, declared } = proof;
      const next = nextAfter(paging, { page, number, received, declared }, pageShown(number));
      if (next === null) return null;
      const following =
        "href" in next ? withoutQuery(linkedTarget(target, next.href), credentials) : withQuery(first, next.query);
      const position = positionBefore(next, following, paging, proof);
      return { target: following, position, page: load(following, number + 1) };
    } catch (trouble) {
      return { target, position: null, page: Promise.reject(trouble) };
    }
  };

  const begin = 1 + (resumed === null ? 0 : resumed.given.seen.length / MARK);
  const target = resumed?.target ?? first;
  let coming: Coming | null = { target, position: null, page: load(target, begin) };
  try {
    for (let number = begin; coming !== null; number += 1) {
      const page: Page = await coming.page;
      if (paging.kind !== "none") proof.admitPage(page, number);
      coming = loadAfter(page, number, coming.target);
      coming?.page.catch(() => {});
      yield { number, records: page.records, total: page.total, after: coming?.position ?? null };
    }
  } finally {
    scope.abort();
    await coming?.page.catch(() => {});
    scope.release();
  }
}

/** The next page, under way. */
interface Coming {
  readonly target: Target;
  /** Before it. */
  readonly position: Position | null;
  readonly page: Promise<Page>;
}
