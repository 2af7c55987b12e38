import { Failure } from "../../domain/errors";
import { EACH_VALUE, type Stream } from "../../domain/job";
import { isJsonObject } from "../../domain/json";
import type { PageMemory, PageRecords } from "../../domain/page-records";
import type { Answer } from "../http/http-client";
import type { Limits } from "../http/limits";
import { placeName, readPlace } from "../http/places";
import { isName, keyedObjectsIn, listAt } from "./list-at";
import { openPage } from "./open-page";
import { parsedRecords } from "./parsed-records";

export interface Page {
  readonly records: PageRecords;
  /** Whether there is one, if only of nothing. */
  readonly hasList: boolean;
  /** As declared on this page. */
  readonly total: number | null;
  /** Where the records are, there may be an empty list instead. */
  readonly body: unknown;
  /** Of its body. */
  readonly bytes: number;
  readonly status: number;
  readonly headers: Answer["headers"];
}

/**
 * Reads the records out of one page. Only the first page may be empty by having no list at all: 204, no body, `null`,
 * `[]` or `{}`, whose worth the caller weighs; with a page after it that is no answer. Whatever else lacks the list is UPS013,
 * and tells which lists are there.
 */
export const readPage = (
  answer: Answer,
  {
    stream,
    first,
    mayBeNone = false,
    shown,
    limits,
    memory = null,
  }: {
    readonly stream: Pick<Stream, "records" | "page" | "ignore">;
    readonly first: boolean;
    /** Another page is looked for behind what seems to be all: it may be empty by having no list. */
    readonly mayBeNone?: boolean;
    readonly shown: string;
    readonly limits: Limits;
    readonly memory?: PageMemory | null;
  },
): Page => {
  const { status, headers } = answer;
  const bytes = answer.body.length;
  const { records: path, ignore } = stream;
  const place = stream.page.total;
  const { body, cut } = openPage(answer, stream, shown, limits, memory);
  if ((first || mayBeNone) && isNothing(body, path)) return { ...NO_PAGE, body, bytes, status, headers };

  const declared = place === null ? undefined : readPlace(place, body, headers);
  const total = wholeNumber(declared);
  const found = listAt(body, path);
  // SCIM leaves the list out when there is nothing in it (RFC 7644, 3.4.2), others write null.
  const none = mayBeNone ? found == null : found === null ? first || total === 0 : found === undefined && total === 0;
  if (!Array.isArray(found) && !none)
    throw new Failure("UPS013", `${shown} answered ${whatInstead(found, path, body)}`, {
      fix: fixFor(found, path, body),
    });
  // Some systems count on the first page alone.
  if (place !== null && total === null && (first || (declared !== undefined && declared !== null)))
    throw new Failure(
      "UPS013",
      `${shown} declares no number of records at ${placeName(place)}, where the job says it does`,
      {
        fix: "check `page.total`: a whole number, 0 or more",
      },
    );
  const records = cut ?? (Array.isArray(found) ? parsedRecords(found, ignore) : NONE);
  return { records, hasList: Array.isArray(found), total, body, bytes, status, headers };
};

/** A page without its list is not the first of several. */
export const withoutListAmongPages = (shown: string): Failure =>
  new Failure("UPS013", `${shown} answered without a list of records, and with a page after it`, {
    fix: "it may be an error told with status 200: ask the upstream's people",
  });

const NONE = parsedRecords([], []);

/** That there is no page, said in one way or another. */
export const NO_PAGE: Page = {
  records: NONE,
  hasList: false,
  total: null,
  body: null,
  bytes: 0,
  status: 204,
  headers: {},
};

const isNothing = (body: unknown, path: readonly string[]): boolean =>
  body === null ||
  (isJsonObject(body) && Object.keys(body).length === 0) ||
  (Array.isArray(body) && body.length === 0 && path.length > 0);

/** Headers, and some bodies, hold numbers as text. */
const wholeNumber = (value: unknown): number | null => {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null;
};

const whatInstead = (found: unknown, path: readonly string[], body: unknown): string => {
  if (path.length === 0) return `with ${kindOf(body)} where the page itself should be the list of records`;
  const place = `\`${path.join(".")}\``;
  return found === undefined
    ? `without a list of records at ${place}`
    : `with ${kindOf(found)} at ${place} instead of a list of records`;
};

const fixFor = (found: unknown, path: readonly string[], body: unknown): string => {
  if (Array.isArray(body)) return "the page itself is a list: leave out `records` if all pages are";
  if (keyedObjectsIn(found, path)[0] === [...path, EACH_VALUE].join("."))
    return takesValues([...path, EACH_VALUE].join("."));
  const lists = listsIn(body);
  if (lists.length > 0)
    return `the lists in it are ${lists.map((name) => `\`${name}\``).join(", ")}: check \`records\``;
  const [keyed] = keyedObjectsIn(body);
  return keyed === undefined
    ? "there is no list in it: it may be an error told with status 200, so check `get`"
    : `there is no list in it; ${takesValues(keyed)}`;
};

/** By itself YAML takes `*` for a reference. */
const takesValues = (place: string): string =>
  `\`records: ${place === EACH_VALUE ? `"${place}"` : place}\` takes the values of an object, as of one keyed by id`;

const kindOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

/** Places of lists at most three levels down. */
const listsIn = (body: unknown, path: readonly string[] = []): readonly string[] => {
  if (Array.isArray(body)) return [path.join(".")];
  if (!isJsonObject(body) || path.length === 3) return [];
  return Object.entries(body)
    .slice(0, 50)
    .filter(([name]) => isName(name))
    .flatMap(([name, value]) => listsIn(value, [...path, name]))
    .slice(0, 5);
};
