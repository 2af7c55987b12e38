import type { Sureness } from "../../domain/init";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json";
import { ANYTHING, canBe, type RecordShape } from "../../domain/record-shape";
import type { ApiDocument } from "../openapi/api-document";
import { shapeOf } from "../openapi/record-shape";
import type { ListOperation } from "./drafted";
import { plainName } from "./words";

/** How a list is paged: the value of `page`, and `query` where the page size can only be said there. */
export interface GuessedPaging {
  readonly page: Json;
  readonly query: Readonly<Record<string, string>>;
  readonly sureness: Sureness;
  /** Why, in words that can stand beside it. */
  readonly because: string;
}

interface Parameter {
  readonly name: string;
  readonly schema: JsonObject;
}

/** Somewhere in an answer. */
interface Spot {
  readonly path: readonly string[];
  readonly shape: RecordShape;
}

const SIZE = [
  ...["limit", "pagesize", "perpage", "size", "pagelimit", "maxresults", "top", "count", "max", "take", "rows"],
  ...["resultsperpage", "itemsperpage", "itemcount"],
];
const NUMBER = ["page", "pagenumber", "pageno", "pageindex", "pagenum", "currentpage", "p"];
const OFFSET = ["offset", "skip", "startindex", "start", "startat", "pageoffset", "firstresult"];
const CURSOR = [
  ...["cursor", "after", "pagetoken", "nexttoken", "nextpagetoken", "continuationtoken", "continuation", "pageafter"],
  ...["startingafter", "marker", "nextcursor", "pagecursor", "scrollid", "bookmark", "next"],
];
const TOTAL = ["total", "totalcount", "totalresults", "totalitems", "totalelements", "totalrecords", "totalhits"];
const NEXT_URL = ["nextlink", "odatanextlink", "nexturl", "nextpageurl", "nexthref", "nexturi", "nextpagelink"];
const NEXT_CURSOR = [
  ...["nextcursor", "nextpagetoken", "nexttoken", "endcursor", "continuationtoken", "continuation", "cursor", "after"],
  ...["nextmarker", "marker", "scrollid", "bookmark", "pagetoken", "nextpage"],
];

/** A page that asks for more is slow to answer and heavy to hold. */
const LARGEST = 1_000;

/** How a list is paged, from its parameters, its headers and what its answer holds beside the records. */
export function guessPaging(document: ApiDocument, { operation, place }: ListOperation): GuessedPaging {
  const parameters = parametersOf(operation.details);
  const find = (names: readonly string[]) => firstNamed(parameters, ({ name }) => name, names);
  const spots = spotsIn(operation.answer === null ? ANYTHING : shapeOf(document, operation.answer), place);
  const headers = Object.keys(document.object(document.goodAnswer(operation.details).headers));

  const [cursor, offset, number] = [cursorOf(find(CURSOR)), offsetOf(parameters, find), find(NUMBER)];
  // GraphQL's `first` is how many; without a cursor it may as well be the number of the first one.
  const size = sizeOf(find(SIZE) ?? (cursor === null || offset !== null ? null : find(["first"])));
  const sized = size === null ? {} : { size: `${size.name}=${size.count}` };
  const total = totalIn(spots, headers);
  const link = headers.find((header) => header.toLowerCase() === "link");
  const guessed = (page: Json, sureness: Sureness, because: string): GuessedPaging => ({
    page,
    query: {},
    sureness,
    because: size?.note === undefined ? because : `${because}; ${size.note}`,
  });

  if (link !== undefined) {
    const page = size === null ? "link-header" : { link: "next", ...sized };
    return guessed(page, "sure", "the document shows a `Link` header");
  }
  const nextUrl = nextUrlIn(spots, cursor === null, cursor === null && offset === null && number === null);
  const nextCursor = cursor === null ? null : nextCursorIn(spots, headers);
  if (cursor !== null && nextCursor !== null) {
    return guessed(
      { cursor: nextCursor, as: cursor.name, ...sized, ...total },
      "sure",
      `\`${cursor.name}\` takes the cursor`,
    );
  }
  if (nextUrl !== null) {
    return guessed({ "next-url": nextUrl, ...sized, ...total }, "likely", "the answer holds the next page's URL");
  }
  if (offset !== null) {
    const from = firstOf(offset, /startindex/i.test(offset.name) ? 1 : 0);
    const page = { offset: offset.name, ...(from === 0 ? {} : { from }), ...sized, ...total };
    return guessed(page, "likely", `\`${offset.name}\` counts records`);
  }
  if (number !== null) {
    const from = firstOf(number, 1);
    const page = { number: number.name, ...(from === 1 ? {} : { from }), ...sized, ...total };
    return guessed(page, "likely", `\`${number.name}\` counts pages`);
  }
  if (cursor !== null) {
    const page = size === null ? "link-header" : { link: "next", ...sized };
    const because = `a guess: the answer has nothing for \`${cursor.name}\`, so a \`Link\` header must lead on`;
    return guessed(page, "guess", because);
  }
  if (size !== null) {
    const because = `there is \`${size.name}\`, but no way to the next page: more than ${size.count} records need another`;
    return { page: "none", query: { [size.name]: String(size.count) }, sureness: "guess", because };
  }
  return guessed("none", "guess", "the document shows no paging: is one answer all there is?");
}

function parametersOf(details: JsonObject): readonly Parameter[] {
  const all = Array.isArray(details.parameters) ? details.parameters.filter(isJsonObject) : [];
  return all
    .filter(({ in: place, name }) => place === "query" && typeof name === "string" && !/\p{Cc}/u.test(name))
    .map(({ name, schema }) => ({ name: String(name), schema: isJsonObject(schema) ? schema : {} }));
}

function firstNamed<T>(all: readonly T[], nameOf: (one: T) => string, names: readonly string[]): T | null {
  for (const name of names) {
    const found = all.find((one) => plainName(nameOf(one)) === name);
    if (found !== undefined) return found;
  }
  return null;
}

/** `after` may also be a date; a cursor is a text of no format, or a number. */
const cursorOf = (parameter: Parameter | null): Parameter | null =>
  parameter?.schema.format === "date-time" || parameter?.schema.format === "date" ? null : parameter;

/** Keycloak's `first` is an offset where the size is called `max`. */
function offsetOf(parameters: readonly Parameter[], find: (names: readonly string[]) => Parameter | null) {
  return find(OFFSET) ?? (parameters.some(({ name }) => name === "max") ? find(["first"]) : null);
}

function sizeOf(parameter: Parameter | null): { name: string; count: number; note?: string } | null {
  if (parameter === null || /[=\s]/.test(parameter.name)) return null;
  const { maximum, default: usual } = parameter.schema;
  const { name } = parameter;
  const whole = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;
  if (whole(maximum)) return { name, count: Math.min(maximum, LARGEST) };
  if (whole(usual)) return { name, count: Math.min(Math.max(usual, 1), LARGEST), note: `${usual} is the default` };
  return { name, count: 100, note: `the document tells no maximum for \`${name}\`` };
}

/** What counting begins with: 0 or 1. */
function firstOf({ schema }: Parameter, otherwise: 0 | 1): 0 | 1 {
  const said = [schema.default, schema.minimum].find((value) => value === 0 || value === 1);
  return said === 0 || said === 1 ? said : otherwise;
}

/** Every value beside the records, up to three names deep, or as far in as what a record holds. */
function spotsIn(answer: RecordShape, records: readonly string[]): readonly Spot[] {
  const spots: Spot[] = [];
  const deepest = Math.max(3, records.length + 1);
  const visit = (shape: RecordShape, path: readonly string[]): void => {
    for (const name of shape.names) {
      const at = [...path, name];
      const inner = shape.property(name);
      if (inner === null || /[`\n]/.test(name) || at.join("\n") === records.join("\n")) continue;
      if (inner.names.size > 0 && at.length < deepest) visit(inner, at);
      else if (!inner.kinds?.has("array")) spots.push({ path: at, shape: inner });
    }
  };
  if (records.length > 0) visit(answer, []);
  return spots;
}

function totalIn(spots: readonly Spot[], headers: readonly string[]): { readonly total?: string } {
  const numbers = spots.filter(({ shape }) => canBe(shape, "number"));
  const spot = firstNamed(numbers, ({ path }) => path.at(-1) ?? "", TOTAL);
  if (spot !== null) return { total: placeText(spot.path) };
  const header = headers.find((name) => /^(?:x-)?total(?:-count)?$/i.test(name));
  return header === undefined ? {} : { total: `header:${header}` };
}

/** `next` alone is a cursor where a parameter takes one, else a URL; `next_page` may be a page's number as well. */
function nextUrlIn(spots: readonly Spot[], bareNextIsUrl: boolean, nextPageIsUrl: boolean): string | null {
  const texts = spots.filter(({ shape }) => canBe(shape, "string"));
  const named = firstNamed(texts, ({ path }) => path.at(-1) ?? "", NEXT_URL);
  const isNext = (path: readonly string[], name = "next") => plainName(path.at(-1) ?? "") === name;
  const spot =
    named ??
    texts.find(({ path }) => path.at(-1) === "href" && isNext(path.slice(0, -1))) ??
    texts.find(({ path, shape }) => isNext(path) && (/^ur[il]/.test(shape.format ?? "") || bareNextIsUrl)) ??
    texts.find(
      ({ path, shape }) => isNext(path, "nextpage") && (/^ur[il]/.test(shape.format ?? "") || nextPageIsUrl),
    ) ??
    texts.find(({ path }) => isNext(path) && /^_?links$/.test(path.at(-2) ?? ""));
  return spot === undefined ? null : placeText(spot.path);
}

function nextCursorIn(spots: readonly Spot[], headers: readonly string[]): string | null {
  const bare = spots.filter(
    ({ shape, path }) => !/^ur[il]/.test(shape.format ?? "") && !/^_?links$/.test(path.at(-2) ?? ""),
  );
  const spot = firstNamed(bare, ({ path }) => path.at(-1) ?? "", [...NEXT_CURSOR, "next"]);
  if (spot !== null) return placeText(spot.path);
  const header = headers.find((name) => /^x-.*(?:next|cursor|continuation)/i.test(name));
  return header === undefined ? null : `header:${header}`;
}

/** A place as job files write it. */
export const placeText = (path: readonly string[]): string =>
  path.map((name) => (/[.\s]/.test(name) ? `\`${name}\`` : name)).join(".");
