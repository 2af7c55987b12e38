import type { Stream } from "../../domain/job";
import type { PageMemory, Position } from "../../domain/page-records";
import type { UpstreamPage } from "../../domain/upstream";
import type { Answer } from "../http/http-client";
import { openScope } from "../http/interruption";
import type { Limits } from "../http/limits";
import { readHeader } from "../http/places";
import { linkedTarget, type Target, withoutQuery, withQuery } from "../http/request-url";
import { type Beginning, expiredLink, readDeltaLink } from "./begin-reading";
import { LookAhead } from "./look-ahead";
import { doubtOfOnly, firstQuery, foresee, isBehindTotal, nextAfter } from "./paging";
import { positionBefore, readPosition } from "./positions";
import { createProgressProof, MARK } from "./progress-proof";
import { NO_PAGE, type Page, readPage, withoutListAmongPages } from "./read-page";

/** What is enumerated, from where on, and within which limits. */
interface Enumeration {
  readonly stream: Stream;
  /** Where it begins, without what paging adds. */
  readonly start: Beginning;
  /** Where to go on, as a page told that came before; null for the beginning. */
  readonly position: Position | null;
  readonly memory: PageMemory | null;
  /** Query parameters that carry credentials; addresses in answers may repeat them. */
  readonly credentials: readonly string[];
  /** Asks until there is an answer with status 2xx. */
  readonly ask: (target: Target, signal: AbortSignal, also: readonly number[]) => Promise<Answer>;
  /** Pages under way at once at most. */
  readonly atOnce: number;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * One enumeration, page by page, to the end that its paging describes. The next page is asked for as soon as this one is
 * read; further ahead only where it is known by then that there are more, and by what they are asked for. Trouble is thrown
 * after the pages before it were yielded. Stopping early ends the requests under way.
 */
export async function* paginate({
  stream,
  start,
  position,
  memory,
  credentials,
  ask,
  atOnce,
  limits,
  now,
  signal,
}: Enumeration): AsyncGenerator<UpstreamPage, void, undefined> {
  const { page: paging } = stream;
  const { shown: startShown } = start.target;
  const first = start.isWhole ? start.target : withQuery(start.target, firstQuery(paging));
  const resumed = position === null ? null : readPosition(position, paging, first);
  const scope = openScope(signal);
  const proof = createProgressProof(startShown, limits, resumed?.given);
  const pageShown = (number: number): string => (number === 1 ? startShown : `${startShown} (page ${number})`);

  const askedAt = new Map<number, number | null>();

  const load = async (target: Target, number: number, until: AbortSignal): Promise<Page> => {
    const shown = pageShown(number);
    const asked = now();
    const mayBeNone = isBehindTotal(paging, number, proof);
    const answer = await ask({ ...target, shown }, until, [...start.expired, ...(mayBeNone ? NO_SUCH_PAGE : [])]);
    if (start.expired.includes(answer.status)) throw expiredLink(startShown, answer.status);
    askedAt.set(number, clockThen(answer, now() - asked));
    if (mayBeNone && NO_SUCH_PAGE.includes(answer.status)) return NO_PAGE;
    const page = readPage(answer, { stream, first: number === 1, mayBeNone, shown, limits, memory });
    // Some count with each page, so that there are none behind the last; others give the last page again.
    return mayBeNone && !proof.isNew(page) ? { ...page, records: NO_PAGE.records, total: null } : page;
  };

  const lookAhead = new LookAhead(load, atOnce, scope.signal);

  /** Rejects, rather than throws, where a good page points to a bad one: that is told after the good one. */
  const loadAfter = (page: Page, number: number, target: Target): Coming | null => {
    try {
      const { received, declared, longest } = proof;
      const progress = { page, number, received, declared, longest };
      const next = nextAfter(paging, progress, pageShown(number));
      if (next === null) {
        lookAhead.drop();
        return null;
      }
      const following =
        "href" in next ? withoutQuery(linkedTarget(target, next.href), credentials) : withQuery(first, next.query);
      const before = positionBefore(next, following, paging, proof);
      proof.admitRequest(following, number + 1);
      const coming = { target: following, position: before, page: lookAhead.take(following, number + 1) };
      const room = Math.min(lookAhead.room(page, number), limits.pages - number - 1);
      const further = foresee(paging, progress, room).map((query) => withQuery(first, query));
      lookAhead.ask(further, number + 2);
      return coming;
    } catch (trouble) {
      return { target, position: null, page: Promise.reject(trouble) };
    }
  };

  const begin = 1 + (resumed === null ? 0 : resumed.given.seen.length / MARK);
  const target = resumed?.target ?? first;
  let coming: Coming | null = null;
  try {
    proof.admitRequest(target, begin);
    coming = { target, position: null, page: lookAhead.take(target, begin) };
    for (let number = begin; coming !== null; number += 1) {
      const page: Page = await coming.page;
      if (paging.kind !== "none") proof.admitPage(page, number);
      coming = loadAfter(page, number, coming.target);
      coming?.page.catch(() => {});
      if (coming !== null && !page.hasList) throw withoutListAmongPages(pageShown(number));
      yield {
        number,
        records: page.records,
        total: page.total,
        next: coming?.position ?? null,
        askedAt: askedAt.get(number) ?? null,
        deltaLink: coming === null ? readDeltaLink(stream, page.body, first, credentials) : null,
        doubt: number === 1 && coming === null ? doubtOfOnly(paging, page) : null,
      };
    }
  } finally {
    scope.abort();
    await Promise.allSettled([coming?.page, lookAhead.settled()]);
    scope.release();
  }
}

/**
 * Statuses by which systems say that there is no page with such a number: all but those of a token that ran out and of a system that
 * is too busy to say.
 */
const NO_SUCH_PAGE: readonly number[] = Array.from({ length: 200 }, (_, index) => 400 + index).filter(
  (status) => ![401, 429, 503, 504].includes(status),
);

/** The next page, under way. */
interface Coming {
  readonly target: Target;
  /** Before it. */
  readonly position: Position | null;
  readonly page: Promise<Page>;
}

/**
 * The upstream's clock when it was asked, by the time at which it says that it answered. What it answered with is not older than
 * that: a `Date` behind the truth, as that of an answer out of a cache is, only makes the next run ask for more.
 *
 * @param took how long it took at most, in milliseconds
 */
const clockThen = ({ headers }: Answer, took: number): number | null => {
  const answered = Date.parse(readHeader(headers, "date") ?? "");
  return answered > EARLIEST && answered < LATEST ? Math.floor(answered - took) : null;
};

/** A clock outside these bounds is not believed. */
const [EARLIEST, LATEST] = [Date.UTC(2000, 0), Date.UTC(2100, 0)];
