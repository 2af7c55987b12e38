import { guessPaging } from "../../../../src/config/draft/guess-paging";
import type { JsonObject } from "../../../../src/domain/json";
import { apiWith, NUMBER, onlyList, query, TEXT } from "./api";

const records = { type: "array", items: { type: "object", properties: { id: TEXT } } };
const wrapped = (beside: JsonObject): JsonObject => ({ type: "object", properties: { items: records, ...beside } });
const within = (name: string, properties: JsonObject): JsonObject => ({ [name]: { type: "object", properties } });

const guess = (answer: JsonObject, parameters: readonly JsonObject[] = [], headers: JsonObject = {}) => {
  const document = apiWith({ answer, parameters, headers });
  return guessPaging(document, onlyList(document));
};

test.each<[string, JsonObject, readonly JsonObject[], unknown]>([
  ["a cursor", wrapped({ next_cursor: TEXT }), [query("cursor")], { cursor: "next_cursor", as: "cursor" }],
  [
    "a cursor further in, with a size and a total",
    wrapped(within("meta", { nextPageToken: TEXT, total: NUMBER })),
    [query("pageToken"), query("pageSize", { ...NUMBER, maximum: 500 })],
    { cursor: "meta.nextPageToken", as: "pageToken", size: "pageSize=500", total: "meta.total" },
  ],
  ["a `next` that a parameter takes", wrapped({ next: TEXT }), [query("after")], { cursor: "next", as: "after" }],
  ["a `next` that is a URL", wrapped({ next: { ...TEXT, format: "uri" } }), [query("after")], { "next-url": "next" }],
  ["a `next` that nothing takes", wrapped({ next: TEXT }), [], { "next-url": "next" }],
  [
    "a `next_page` that nothing takes",
    wrapped({ next_page: { ...TEXT, nullable: true } }),
    [],
    { "next-url": "next_page" },
  ],
  [
    "a `next_page` that a parameter takes",
    wrapped({ nextPage: TEXT }),
    [query("cursor")],
    { cursor: "nextPage", as: "cursor" },
  ],
  [
    "a `next_page` that is a URL",
    wrapped({ next_page: { ...TEXT, format: "uri" } }),
    [query("cursor")],
    { "next-url": "next_page" },
  ],
  ["a `next_page` that is a number", wrapped({ next_page: NUMBER }), [query("page")], { number: "page" }],
  [
    "a `next_page` beside page numbers, which may be one of them",
    wrapped({ next_page: TEXT }),
    [query("page")],
    { number: "page" },
  ],
  ["links of HAL", wrapped(within("_links", within("next", { href: TEXT }))), [], { "next-url": "_links.next.href" }],
  [
    "links of JSON:API",
    wrapped(within("links", { next: TEXT })),
    [query("page[size]")],
    { "next-url": "links.next", size: "page[size]=100" },
  ],
  ["OData", wrapped({ "@odata.nextLink": TEXT }), [query("$skip", NUMBER)], { "next-url": "`@odata.nextLink`" }],
  [
    "an offset",
    wrapped({ total: NUMBER }),
    [query("offset"), query("limit", { ...NUMBER, default: 50 })],
    { offset: "offset", size: "limit=50", total: "total" },
  ],
  [
    "SCIM",
    wrapped({ totalResults: NUMBER }),
    [query("startIndex"), query("count")],
    { offset: "startIndex", from: 1, size: "count=100", total: "totalResults" },
  ],
  [
    "a connection of GraphQL",
    {
      type: "object",
      properties: within(
        "data",
        within("users", {
          totalCount: NUMBER,
          ...within("pageInfo", { hasNextPage: { type: "boolean" }, endCursor: { type: ["string", "null"] } }),
          edges: records,
        }),
      ),
    },
    [query("first", { ...NUMBER, maximum: 50 }), query("after")],
    { cursor: "data.users.pageInfo.endCursor", as: "after", size: "first=50", total: "data.users.totalCount" },
  ],
  ["`first` without a cursor", records, [query("first")], "none"],
  ["`first` beside `max`", records, [query("first"), query("max")], { offset: "first", size: "max=100" }],
  [
    "page numbers",
    records,
    [query("page"), query("per_page", { ...NUMBER, maximum: 100 })],
    { number: "page", size: "per_page=100" },
  ],
  [
    "page numbers from 0",
    records,
    [query("page", { ...NUMBER, default: 0 }), query("size")],
    { number: "page", from: 0, size: "size=100" },
  ],
  [
    "more than anybody needs",
    records,
    [query("page"), query("size", { ...NUMBER, maximum: 1_000_000 })],
    { number: "page", size: "size=1000" },
  ],
  [
    "page numbers of Spring, in an object",
    wrapped({ totalElements: NUMBER }),
    [query("pageable", { type: "object", properties: { page: { ...NUMBER, minimum: 0 }, size: NUMBER } })],
    { number: "page", from: 0, size: "size=100", total: "totalElements" },
  ],
  [
    "page numbers in an object that is written with brackets",
    records,
    [{ ...query("page", { properties: { number: NUMBER, size: { ...NUMBER, maximum: 50 } } }), style: "deepObject" }],
    { number: "page[number]", size: "page[size]=50" },
  ],
  ["nothing", records, [query("sort")], "none"],
])("%s", (_, answer, parameters, page) => {
  expect(guess(answer, parameters).page).toEqual(page);
});

test.each<[string, JsonObject, readonly JsonObject[], unknown]>([
  ["a `Link` header", { Link: {} }, [query("page")], "link-header"],
  [
    "in any case, with a size",
    { link: {} },
    [query("per_page", { ...NUMBER, maximum: 30 })],
    { link: "next", size: "per_page=30" },
  ],
  ["a cursor", { "X-Next-Cursor": {} }, [query("cursor")], { cursor: "header:X-Next-Cursor", as: "cursor" }],
  ["a total", { "X-Total-Count": {} }, [query("page")], { number: "page", total: "header:X-Total-Count" }],
])("headers: %s", (_, headers, parameters, page) => {
  expect(guess(records, parameters, headers).page).toEqual(page);
});

test("a size without a way to go on is asked for, and a person must look", () => {
  expect(guess(records, [query("limit", { ...NUMBER, maximum: 200 })])).toMatchObject({
    page: "none",
    query: { limit: "200" },
    sureness: "guess",
  });
});

test("a cursor for which the answer has nothing is a guess", () => {
  expect(guess(records, [query("after")])).toMatchObject({ page: "link-header", sureness: "guess" });
});

test("`after` that takes a date is no cursor", () => {
  expect(guess(wrapped({ next: TEXT }), [query("after", { ...TEXT, format: "date-time" })]).page).toEqual({
    "next-url": "next",
  });
});

test("what stands in the records is not the page's", () => {
  const answer = {
    type: "object",
    properties: {
      items: { type: "array", items: { type: "object", properties: { id: TEXT, next: TEXT, total: NUMBER } } },
    },
  };
  expect(guess(answer).page).toBe("none");
});
