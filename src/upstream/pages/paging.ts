/** What each kind of paging asks for first, and how it goes on from a page; null is the end. */
import { Failure } from "../../domain/errors";
import type { Paging, Place } from "../../domain/job";
import { placeName, readHeader, readPath, readPlace } from "../http/places";
import { partToldBy } from "./content-range";
import { readLink } from "./link-header";
import type { Page } from "./read-page";

type Query = Readonly<Record<string, string>>;

export type Next = { readonly query: Query } | { readonly href: string } | null;

/** Where an enumeration stands after a page. */
export interface Progress {
  readonly page: Page;
  /** From 1. */
  readonly number: number;
  /** Records so far, this page's included. */
  readonly received: number;
  /** The highest number declared so far: a total that shrinks under way must not end the enumeration early. */
  readonly declared: number | null;
  /** Records of the longest page so far. */
  readonly longest: number;
}

export const firstQuery = (paging: Paging): Query => ({
  ...(paging.size === null ? {} : { [paging.size.name]: String(paging.size.count) }),
  ...(paging.kind === "offset" || paging.kind === "number" ? { [paging.as]: String(paging.from) } : {}),
});

/** Throws UPS013 where the page does not say what the job expects it to, or says at the end that it is none. */
export const nextAfter = (paging: Paging, progress: Progress, shown: string): Next => {
  const next = nextBy(paging, progress, shown);
  const { page, received } = progress;
  const { length } = page.records;
  const part = next === null ? partToldBy(page, Math.max(0, received - length), length) : null;
  if (part !== null) throw unreadable(shown, part);
  return next;
};

const nextBy = (paging: Paging, progress: Progress, shown: string): Next => {
  const { page, number, received } = progress;
  switch (paging.kind) {
    case "none": {
      const header = readHeader(page.headers, "link") ?? "";
      const href = readLink(header, "next");
      if (href) throw unreadable(shown, "a `Link` to a next page, which the job does not ask for");
      if (href === undefined && /\bnext\b/i.test(header)) throw unreadable(shown, UNREADABLE_LINK);
      return null;
    }
    case "link": {
      const href = readLink(readHeader(page.headers, "link") ?? "", paging.rel);
      if (href === undefined) throw unreadable(shown, UNREADABLE_LINK);
      return href === null ? null : { href };
    }
    case "next-url": {
      const href = pointer({ in: "body", path: paging.at }, page, shown);
      return href === null ? null : { href };
    }
    case "cursor": {
      const cursor = pointer(paging.at, page, shown);
      return cursor === null ? null : { query: { [paging.as]: cursor } };
    }
    case "offset":
      return isLast(paging, progress) ? null : { query: { [paging.as]: String(paging.from + received) } };
    case "number":
      return isLast(paging, progress) ? null : { query: { [paging.as]: String(paging.from + number) } };
    case "keyset": {
      if (isLast(paging, progress)) return null;
      const { length } = page.records;
      const last = page.records.parse(Math.max(0, length - 2), length).map((record) => readPath(record, paging.field));
      const [value, name] = [last.at(-1), `\`${paging.field.join(".")}\``];
      if ((typeof value !== "string" || value === "") && typeof value !== "number")
        throw unreadable(shown, `a last record without ${name}, by which the next page is asked for`);
      // A record that shares it with the last one of a page is on no page.
      if (last.length > 1 && last[0] === value)
        throw unreadable(shown, `two records of one ${name}, by which the next page is asked for`);
      return { query: { [paging.as]: String(value) } };
    }
  }
};

/**
 * What the pages after the next are asked for by, where that is known before any of them comes: they are counted, and
 * the total says that there are so many, if none is longer than those before.
 *
 * The last is not among them. Pages under way together may be answered in any order, and a record that comes in between
 * may move somebody from the page that is answered late past the next one, which came already. A last page that is
 * asked for when all others have come shows that: it repeats somebody, or there are more than declared.
 *
 * @param most how many of them at most
 */
export const foresee = (
  paging: Paging,
  { page, number, received, declared, longest }: Progress,
  most: number,
): readonly Query[] => {
  const { length } = page.records;
  if (declared === null || length === 0 || (paging.kind !== "offset" && paging.kind !== "number")) return [];
  const pagesLeft = Math.ceil((declared - received) / longest);
  return Array.from({ length: Math.max(0, Math.min(most, pagesLeft - 2)) }, (_, index) => {
    const ahead = index + 1;
    const place = paging.kind === "offset" ? received + ahead * length : number + ahead;
    return { [paging.as]: String(paging.from + place) };
  });
};

/**
 * A declared total decides where there is one: then a page shorter than asked for need not be the last. A total that only earlier
 * pages declared knows nothing of who came since, so a full page that reaches it need not be the last either; nor need a full first
 * page with as many, for some systems declare what is on the page. Without a total, a page shorter than asked for is the last, unless the server always gives so few; without a size, only an empty page is.
 */
const isLast = ({ size }: Paging, { page, number, received, declared, longest }: Progress): boolean => {
  const { length } = page.records;
  if (length === 0) return true;
  const isFull = size !== null && length === size.count;
  if (isFull && declared !== null && (received > declared || (number === 1 && page.total === length))) return false;
  if (declared !== null) return received >= declared && (page.total !== null || length < longest);
  if (size === null || length >= size.count) return false;
  return number === 1 ? !mayBeMost(length) : length * (number - 1) < received - length;
};

/**
 * Whether a page is asked for although as many have come as were declared, on a single page: of what is answered only records that are
 * new count, all else says that there is none.
 *
 * @param number of the page that is asked for, from 1
 */
export const isBehindTotal = (
  { kind }: Paging,
  number: number,
  { received, declared }: Pick<Progress, "received" | "declared">,
): boolean => number === 2 && declared === received && (kind === "offset" || kind === "number" || kind === "keyset");

/**
 * Why a first page that seems to be the last may not be: it holds as many records as a server may give at once, and nothing stands
 * where the job expects what leads on, not even a null. Null where nothing speaks against it.
 */
export const doubtOfOnly = (paging: Paging, { records, body, headers }: Page): string | null => {
  if (paging.kind !== "cursor" && paging.kind !== "next-url") return null;
  const place: Place = paging.kind === "cursor" ? paging.at : { in: "body", path: paging.at };
  if (records.length === 0 || !mayBeMost(records.length) || readPlace(place, body, headers) !== undefined) return null;
  return `came on one page of ${records.length}, with nothing at ${placeName(place)} to lead on: if there are more, check \`page\``;
};

/** Whether a server may give no more than so many at once, whatever is asked for: they choose round numbers. */
const mayBeMost = (length: number): boolean =>
  length % 10 === 0 || length % 25 === 0 || (length >= 16 && (length & (length - 1)) === 0);

/** A cursor or address; absent, null, empty, false and 0 are how systems say that there is none. */
const pointer = (place: Place, { body, headers }: Page, shown: string): string | null => {
  const value = readPlace(place, body, headers);
  if (value === undefined || value === null || value === "" || value === false || value === 0) return null;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw unreadable(shown, `something at ${placeName(place)} that is neither text nor a number`);
};

const UNREADABLE_LINK = "a `Link` header that cannot be read";

const unreadable = (shown: string, what: string): Failure =>
  new Failure("UPS013", `${shown} answered with ${what}, so what follows is out of reach`, { fix: "check `page`" });
