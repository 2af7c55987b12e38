/** A list served in pages, in any of the ways a job can describe, with faults on chosen pages. */
import type { ServerResponse } from "node:http";
import type { Paging, Place } from "../../src/domain/job";
import { FAULTS, type Fault } from "./upstream-faults";
import type { Handler, Reply, SeenRequest } from "./upstream-server";

export interface ListOptions {
  /** `none` unless told. */
  readonly paging?: "none" | "link" | "next-url" | "cursor" | "cursor in header" | "offset" | "number" | "keyset";
  /** Records a page, unless the request asks for fewer. 100 unless told; `none` serves all. */
  readonly pageSize?: number;
  /** Whether `paging` asks for `pageSize` (`limit=`), or leaves it to the server. True unless told. */
  readonly asksSize?: boolean;
  /** Where the records are: `["items"]` unless told; `[]` makes the page itself the list. */
  readonly records?: readonly string[];
  /** Where the number of records is declared: nowhere unless told; `total` of the body, or the header `x-total-count`. */
  readonly total?: "body" | "header" | null;
  /** What is declared there, where it is not the truth. */
  readonly declares?: unknown;
  /** First value of `offset` (0 unless told) or `number` (1 unless told). */
  readonly from?: number;
  /** Property a keyset goes by, `id` unless told; records are served in its order. */
  readonly field?: string;
  /** More properties of a page's body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/**
 * Faults of a page that serve something of the list: `truncated` cuts the JSON text in half, `repeat` serves the first
 * page's records, `loop` points to itself, `empty` has no records and ends the list, `missing` leaves the records out,
 * `object` puts an object in their place, `elsewhere` points to another origin.
 *
 * What nobody can tell from one page alone: `hollow` has no records and goes on, `gap` serves the next page instead, `edge`
 * begins one record late and `back` one early, `short` lacks a record, `last` is the end, `endless` is not, `clamped` is the
 * last page whatever is asked for, `keyless` has a record without its key, `twins` one with another's, `strangers` nobody
 * else, `fewer` and `more` declare another number, `uncounted` none. `slow` is an honest page in pieces.
 */
export type ListFault = Fault | PageFault;

type PageFault =
  | ("truncated" | "repeat" | "loop" | "empty" | "missing" | "object" | "elsewhere")
  | ("hollow" | "gap" | "edge" | "back" | "short" | "last" | "endless" | "clamped")
  | ("keyless" | "twins" | "strangers" | "fewer" | "more" | "uncounted" | "slow");

export interface List {
  /** How a job describes this list. */
  readonly paging: Paging;
  readonly records: readonly string[];
  /** Strikes page `page` (from 1), every time or the next `times` times. */
  fault(page: number, fault: ListFault | Handler, options?: { readonly times?: number }): void;
  /** No more faults. */
  heal(): void;
  readonly handler: Handler;
}

const NEXT_HEADER = "x-next-cursor";
const TOTAL_HEADER = "x-total-count";

export const createList = (
  url: string,
  recordsOf: (request: SeenRequest) => readonly unknown[],
  options: ListOptions,
): List => {
  const { paging: kind = "none", pageSize = 100, records = ["items"], total = null, field = "id" } = options;
  const from = options.from ?? (kind === "number" ? 1 : 0);
  const faults = new Map<number, { fault: ListFault | Handler; left: number }>();

  const paging = pagingOf(kind, {
    size: options.asksSize === false || kind === "none" ? null : { name: "limit", count: pageSize },
    total:
      total === null ? null : total === "body" ? { in: "body", path: ["total"] } : { in: "header", name: TOTAL_HEADER },
    from,
    field: [field],
  });

  /** Index of the first record asked for. */
  const startOf = ({ query }: SeenRequest, all: readonly unknown[], size: number): number => {
    if (kind === "offset") return Number(query.get("offset") ?? from) - from;
    if (kind === "number") return (Number(query.get("page") ?? from) - from) * size;
    const after = query.get("after");
    if (after === null) return 0;
    if (kind === "keyset") return all.findIndex((record) => String(property(record, field)) === after) + 1;
    return Number(after.replace("c-", ""));
  };

  const reply = (request: SeenRequest, fault: ListFault | null): Reply => {
    const all = recordsOf(request);
    const size = kind === "none" ? all.length : Math.min(Number(request.query.get("limit") ?? pageSize), pageSize);
    const start =
      fault === "clamped" ? Math.max(0, all.length - size) : startOf(request, all, size) + shiftOf(fault, size);
    const shown = shownBy(fault, all.slice(start, start + size), all.slice(0, size), field);
    const ends = fault === "empty" || fault === "last" || (start + size >= all.length && fault !== "endless");
    const next = fault === "loop" ? `c-${start}` : ends ? null : `c-${start + size}`;

    const query = new URLSearchParams(request.query);
    query.set("after", next ?? "");
    const origin = fault === "elsewhere" ? "http://elsewhere.example" : url;
    const nextUrl = next === null ? null : `${origin}${request.path}?${query}`;
    const headers: Record<string, string> = {};
    if (kind === "link" && nextUrl !== null) headers.link = `<${nextUrl}>; rel="next"`;
    if (kind === "cursor in header" && next !== null) headers[NEXT_HEADER] = next;
    const declared =
      "declares" in options ? options.declares : all.length + (fault === "fewer" ? -1 : fault === "more" ? 1 : 0);
    const counts = fault === "uncounted" ? null : total;
    if (counts === "header") headers[TOTAL_HEADER] = String(declared);

    const rest = {
      ...options.extra,
      ...(counts === "body" ? { total: declared } : {}),
      ...(kind === "cursor" ? { next } : kind === "next-url" ? { next: nextUrl } : {}),
    };
    const list = fault === "object" ? { "0": shown[0] } : shown;
    const body = JSON.stringify(
      records.length === 0 ? list : fault === "missing" ? rest : { ...rest, ...nested(records, list) },
    );
    return { headers, body: fault === "truncated" ? body.slice(0, body.length / 2) : body };
  };

  const handler: Handler = (request, response) => {
    const all = recordsOf(request);
    const size = Math.min(Number(request.query.get("limit") ?? pageSize), pageSize);
    const page = kind === "none" ? 1 : Math.floor(startOf(request, all, size) / size) + 1;
    const struck = faults.get(page);
    if (struck === undefined) return reply(request, null);
    struck.left -= 1;
    if (struck.left <= 0) faults.delete(page);
    const { fault } = struck;
    if (typeof fault === "function") return fault(request, response);
    if (fault in FAULTS) return FAULTS[fault as Fault](request, response);
    const answer = reply(request, fault as PageFault);
    return fault === "slow" ? inPieces(answer, response) : answer;
  };

  return {
    paging,
    records,
    handler,
    fault: (page, fault, { times = Number.POSITIVE_INFINITY } = {}) => void faults.set(page, { fault, left: times }),
    heal: () => faults.clear(),
  };
};

const inPieces = ({ headers = {}, body }: Reply, response: ServerResponse): void => {
  const text = String(body);
  const half = Math.ceil(text.length / 2);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader("content-type", "application/json");
  response.write(text.slice(0, half), () => setImmediate(() => response.end(text.slice(half))));
};

const shiftOf = (fault: ListFault | null, size: number): number =>
  fault === "gap" ? size : fault === "edge" ? 1 : fault === "back" ? -1 : 0;

/** @param first the list's first page */
const shownBy = (
  fault: ListFault | null,
  page: readonly unknown[],
  first: readonly unknown[],
  field: string,
): readonly unknown[] => {
  const keyed = (record: unknown, key: unknown): unknown => ({ ...(record as object), [field]: key });
  const [one, two, ...rest] = page;
  switch (fault) {
    case "empty":
    case "hollow":
      return [];
    case "repeat":
      return first;
    case "short":
      return [one, ...rest];
    case "keyless":
      return [one, keyed(two, null), ...rest];
    case "twins":
      return [one, keyed(two, property(one, field)), ...rest];
    case "strangers":
      return page.map((record) => keyed(record, `x${String(property(record, field))}`));
    default:
      return page;
  }
};

const pagingOf = (
  kind: NonNullable<ListOptions["paging"]>,
  {
    from,
    field,
    ...sized
  }: { size: { name: string; count: number } | null; total: Place | null; from: number; field: string[] },
): Paging => {
  switch (kind) {
    case "none":
      return { kind, ...sized };
    case "link":
      return { kind, rel: "next", ...sized };
    case "next-url":
      return { kind, at: ["next"], ...sized };
    case "cursor":
      return { kind, at: { in: "body", path: ["next"] }, as: "after", ...sized };
    case "cursor in header":
      return { kind: "cursor", at: { in: "header", name: NEXT_HEADER }, as: "after", ...sized };
    case "offset":
      return { kind, as: "offset", from, ...sized };
    case "number":
      return { kind, as: "page", from, ...sized };
    case "keyset":
      return { kind, field, as: "after", isUnique: false, ...sized };
  }
};

const property = (record: unknown, name: string): unknown => (record as Record<string, unknown> | null)?.[name];

const nested = (path: readonly string[], value: unknown): Record<string, unknown> =>
  path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;
