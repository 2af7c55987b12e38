/**
 * A list of twelve pages, served in one way of paging, and everything that can go wrong with one of them: what each fault is,
 * and whether a reader can tell it from an honest list.
 */
import type { List, ListFault, ListOptions } from "./upstream-list";

export const PAGES = 12;
const PAGE_SIZE = 4;

export interface Way {
  readonly paging: NonNullable<ListOptions["paging"]>;
  readonly total: "body" | "header" | null;
}

/** Of `page:` in a job file. */
const YAML: Readonly<Record<Way["paging"], string>> = {
  none: "",
  link: "link: next",
  "next-url": "next-url: next",
  cursor: "cursor: next, as: after",
  "cursor in header": "cursor: 'header:x-next-cursor', as: after",
  offset: "offset: offset",
  number: "number: page",
  keyset: "keyset: id, as: after",
};

/** One page alone declares nothing: a job file has no words for it. */
export const WAYS: readonly Way[] = (Object.keys(YAML) as Way["paging"][]).flatMap((paging): readonly Way[] => [
  { paging, total: null },
  ...(paging === "none" ? [] : [{ paging, total: paging.length % 2 === 0 ? ("body" as const) : ("header" as const) }]),
]);

/** `page:` of a job file. */
export const pageOf = ({ paging, total }: Way, size = PAGE_SIZE): string => {
  const words = [
    YAML[paging],
    paging === "none" ? "" : `size: limit=${size}`,
    total === null ? "" : `total: ${total === "body" ? "total" : "'header:x-total-count'"}`,
  ].filter((word) => word !== "");
  return paging === "none" ? "none" : `{ ${words.join(", ")} }`;
};

/** What comes of a fault: told by the run, held, not to be told, or nothing to speak of. */
type Visibility = "told" | "empty" | "unseen" | "harmless";

/** How a list falls into pages. */
export interface Extent {
  readonly last: number;
  /** A reader who asks for a size takes a page that is not full for the last. */
  readonly isLastFull: boolean;
  /** With one record less the last page would be one before, and full. */
  readonly isOneOver: boolean;
}

export const extentOf = ({ paging }: Way, records: number, pageSize: number): Extent => ({
  last: paging === "none" ? 1 : Math.max(1, Math.ceil(records / pageSize)),
  isLastFull: records > 0 && records % pageSize === 0,
  isOneOver: records > 1 && (records - 1) % pageSize === 0,
});

export interface PageFault {
  readonly fault: ListFault;
  /** What a run says of it. */
  readonly says: RegExp;
  /** On every page from the one struck, as what shifts under a reader who counts. */
  readonly lasts?: (way: Way) => boolean;
  /** Null where it does not apply. */
  readonly seen: (way: Way, page: number, extent: Extent) => Visibility | null;
}

/** The server says where the next page is. */
const points = ({ paging }: Way): boolean => ["link", "next-url", "cursor", "cursor in header"].includes(paging);
const counts = ({ paging }: Way): boolean => paging === "offset" || paging === "number";
const always: PageFault["seen"] = () => "told";
const byTotal: PageFault["seen"] = ({ total }) => (total === null ? "unseen" : "told");
/** No list at all: on the first page an empty answer, whose worth the safeguard weighs. */
const noList: PageFault["seen"] = (_, page) => (page === 1 ? "empty" : "told");

/** What is told, or not, however long the list is. */
const WHATEVER: Extent = { last: 1, isLastFull: true, isOneOver: false };

const AT = /\(page \d+\)|users( |$)/;
const LISTED = /declares \d+ users, but listed \d+/;

export const PAGE_FAULTS: Readonly<Record<string, PageFault>> = {
  ...Object.fromEntries(
    (
      ["400", "401", "403", "404", "410", "500", "503", "redirect", "html", "html as json", "invalid utf-8"] as const
    ).map((fault) => [fault, { fault, says: AT, seen: always }]),
  ),
  ...Object.fromEntries(
    (["deep", "error object", "reset", "not http", "cut", "truncated", "object", "no bytes"] as const).map((fault) => [
      fault,
      { fault, says: AT, seen: always },
    ]),
  ),
  ...Object.fromEntries(
    (["204", "null", "{}", "[]", "no body"] as const).map((fault) => [fault, { fault, says: AT, seen: noList }]),
  ),
  // With nothing beside it, a page without its list is `{}`; not so one that a header says is followed by others.
  missing: {
    fault: "missing",
    says: AT,
    seen: (way, page, { last }) =>
      page > 1 ||
      way.total === "body" ||
      way.paging === "cursor" ||
      way.paging === "next-url" ||
      (points(way) && last > 1)
        ? "told"
        : "empty",
  },
  "a slow body": { fault: "slow", says: AT, seen: () => "harmless" },
  empty: {
    fault: "empty",
    says: LISTED,
    seen: (way, page) => (page === 1 && way.total === null ? "empty" : byTotal(way, page, WHATEVER)),
  },
  "empty with a cursor": {
    fault: "hollow",
    says: LISTED,
    seen: (way, page) => (points(way) ? byTotal(way, page, WHATEVER) : null),
  },
  "the first page again": {
    fault: "repeat",
    says: /\(page \d+\) is the same as page 1/,
    seen: (_, page) => (page === 1 ? null : "told"),
  },
  "the same cursor again": {
    fault: "loop",
    says: /\(page \d+\) (points back|is the same)/,
    seen: (way) => (points(way) ? "told" : null),
  },
  "another origin": {
    fault: "elsewhere",
    says: AT,
    seen: ({ paging }, page, { last }) =>
      paging !== "link" && paging !== "next-url" ? null : page === last ? "harmless" : "told",
  },
  "a page skipped": { fault: "gap", lasts: counts, says: LISTED, seen: byTotal },
  "a record lost over the edge": { fault: "edge", lasts: counts, says: LISTED, seen: byTotal },
  "a record on two pages": {
    fault: "back",
    lasts: counts,
    says: /page \d+.* page \d+/,
    seen: (way, page) => (page === 1 || way.paging === "keyset" ? null : "told"),
  },
  // The next offset is where the short page ended, so that its rest comes again.
  "a short page": { fault: "short", says: new RegExp(`${LISTED.source}|more than one page`), seen: byTotal },
  "no next page": {
    fault: "last",
    says: LISTED,
    seen: (way, page, extent) => (!points(way) ? null : page === extent.last ? "harmless" : byTotal(way, page, extent)),
  },
  "a record without its key": { fault: "keyless", says: /key.*page \d+, record 2/, seen: always },
  "two with one key": { fault: "twins", says: LISTED, seen: byTotal },
  strangers: {
    fault: "strangers",
    says: /same as page 1/,
    seen: ({ paging, total }, page, { last, isLastFull }) =>
      paging === "keyset" && (page < last || (total === null && isLastFull)) ? "told" : "unseen",
  },
  "a smaller total from here": {
    fault: "fewer",
    lasts: () => true,
    says: /declare/,
    // Whoever has as many as were declared from the first page on asks for no more.
    seen: (way, page, { isOneOver }) =>
      way.total === null ? null : page === 1 && isOneOver && !points(way) ? "unseen" : "told",
  },
  "a larger total here": { fault: "more", says: /declare/, seen: ({ total }) => (total ? "told" : null) },
  "no total": {
    fault: "uncounted",
    says: /declares no number/,
    seen: ({ total }, page) => (total === null ? null : page === 1 ? "told" : "harmless"),
  },
  "no end": {
    fault: "endless",
    lasts: () => true,
    says: /1,?000 pages in a row|points back/,
    seen: (way, page, { last }) => (points(way) && page === last ? "told" : null),
  },
  "the last page for ever": {
    fault: "clamped",
    lasts: () => true,
    says: /is the same as page \d+/,
    seen: (way, page, { last, isLastFull }) =>
      !counts(way) || page !== last ? null : way.total === null && (last > 1 || isLastFull) ? "told" : "harmless",
  },
};

export interface Strike {
  readonly name: string;
  readonly page: number;
  readonly visibility: Visibility;
}

/** @param pages a number of full ones, or how the list falls into them */
export const strikesOn = (way: Way, pages: number | Extent): readonly Strike[] => {
  const extent = typeof pages === "number" ? { ...WHATEVER, last: pages } : pages;
  return Object.entries(PAGE_FAULTS).flatMap(([name, { seen }]) =>
    Array.from({ length: extent.last }, (_, index) => index + 1).flatMap((page) => {
      const visibility = seen(way, page, extent);
      return visibility === null ? [] : [{ name, page, visibility }];
    }),
  );
};

export function strike(list: List, way: Way, { name, page }: Strike, pages: number): void {
  const known = PAGE_FAULTS[name];
  if (known === undefined) throw new Error(`no fault ${name}`);
  // What shifts goes on from where it led, or it would strike for ever.
  const once = !counts(way) && ["gap", "edge", "back"].includes(String(known.fault));
  const last = known.lasts?.(way) === true ? pages + 1_100 : page;
  for (let at = page; at <= last; at += 1) list.fault(at, known.fault, once ? { times: 1 } : {});
}
