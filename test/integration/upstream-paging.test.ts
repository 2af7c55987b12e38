import type { Paging } from "../../src/domain/job";
import { parseAll } from "../../src/domain/page-records";
import { streamOf } from "../support/upstream-job";
import type { List, ListOptions, Reply } from "../support/upstream-server";
import { pagesOf, people, readPages, withUpstream } from "../support/with-upstream";

const given = withUpstream();

const KINDS: readonly ListOptions[] = [
  { paging: "link" },
  { paging: "next-url" },
  { paging: "cursor" },
  { paging: "cursor in header" },
  { paging: "offset" },
  { paging: "offset", from: 1 },
  { paging: "number" },
  { paging: "number", from: 0 },
  { paging: "keyset" },
];

describe("an only page without anything that leads on", () => {
  const doubtOf = async (count: number, body: object, page: Partial<Paging> = {}) => {
    const list = given.server.serveList("/users", () => people(count), { paging: "cursor" });
    given.server.on("/users", () => ({ body: { items: people(count), ...body } }));
    const doubts: (string | null)[] = [];
    for await (const { doubt } of pagesOf(
      given,
      streamOf(list, "/users", { page: { ...list.paging, ...page } as Paging }),
    ))
      doubts.push(doubt);
    return doubts;
  };

  test("is doubted when it holds as many records as systems give at once", async () => {
    expect(await doubtOf(100, {})).toEqual([
      "came on one page of 100, with nothing at `next` to lead on: if there are more, check `page`",
    ]);
    expect(await doubtOf(50, { links: {} }, { kind: "next-url", at: ["links", "nxt"] })).toEqual([
      "came on one page of 50, with nothing at `links.nxt` to lead on: if there are more, check `page`",
    ]);
  });

  test("is not when it says that nothing follows, or holds a number of records like any other", async () => {
    expect(await doubtOf(100, { next: null })).toEqual([null]);
    expect(await doubtOf(100, { next: "" })).toEqual([null]);
    expect(await doubtOf(37, {})).toEqual([null]);
    expect(await doubtOf(0, {})).toEqual([null]);
  });
});

describe.each(KINDS)("%j", (options) => {
  const serve = (count: number, more: ListOptions = {}): List =>
    given.server.serveList("/users", () => people(count), { pageSize: 10, ...options, ...more });

  test("reads every record once, in order, to the end", async () => {
    const { records, pages, failure } = await readPages(given, streamOf(serve(35)));
    expect({ pages, failure }).toEqual({ pages: [10, 10, 10, 5], failure: null });
    expect(records).toEqual(people(35));
    expect(given.server.requests).toHaveLength(4);
    expect(given.server.requests[0]?.query.get("limit")).toBe("10");
  });

  test("a system that gives fewer at once than asked for is read to its end", async () => {
    const list = serve(35);
    const asksMore = { page: { ...list.paging, size: { name: "limit", count: 500 } } };
    const { records, pages, failure } = await readPages(given, streamOf(list, "/users", asksMore));
    expect({ pages, failure }).toEqual({ pages: [10, 10, 10, 5], failure: null });
    expect(records).toEqual(people(35));
  });

  test("a declared total ends it without one more request", async () => {
    const { pages, totals } = await readPages(given, streamOf(serve(30, { total: "body" })));
    expect({ pages, totals }).toEqual({ pages: [10, 10, 10], totals: [30, 30, 30] });
    expect(given.server.requests).toHaveLength(3);
  });

  test("an empty list is one empty page", async () => {
    expect(await readPages(given, streamOf(serve(0, { total: "header" })))).toMatchObject({
      pages: [0],
      totals: [0],
      failure: null,
    });
  });

  test("a page that comes twice is no progress", async () => {
    const list = serve(50, { asksSize: true });
    list.fault(3, "repeat");
    expect(await readPages(given, streamOf(list))).toMatchObject({
      pages: [10, 10],
      failure: { code: "UPS014", message: expect.stringContaining("(page 3) is the same as page 1") },
    });
  });

  test("trouble with a page is told after the pages before it", async () => {
    const list = serve(50);
    list.fault(3, "html");
    expect(await readPages(given, streamOf(list))).toMatchObject({
      pages: [10, 10],
      failure: { code: "UPS011", message: expect.stringContaining("/users (page 3) answered with a web page") },
    });
  });

  test.each(["204", "null", "{}", "missing", "object", "error object"] as const)(
    "a later page that is %s is no end",
    async (fault) => {
      const list = serve(50, { records: ["data", "users"] });
      list.fault(2, fault);
      const { pages, failure } = await readPages(given, streamOf(list));
      expect({ pages, failure }).toMatchObject({ pages: [10], failure: { code: "UPS013" } });
    },
  );

  test("stopping early leaves nothing under way", async () => {
    const list = serve(50);
    list.fault(2, "hang");
    for await (const page of pagesOf(given, streamOf(list))) {
      expect(page.number).toBe(1);
      await given.server.requested("/users", 2);
      break;
    }
    expect(given.server.requests).toHaveLength(2);
  });
});

describe.each(["link", "next-url", "cursor", "cursor in header"] as const)("%s", (paging) => {
  test("pointing to itself is told after the page that does", async () => {
    const list = given.server.serveList("/users", () => people(50), { pageSize: 10, paging });
    list.fault(2, "loop");
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [10, 10], failure: { code: "UPS014" } });
  });

  test("an empty page in the middle ends nothing", async () => {
    const list = given.server.serveList("/users", () => people(50), { pageSize: 10, paging });
    list.fault(2, () => {
      const next = `${given.server.url}/users?limit=10&after=c-20`;
      return {
        headers: { link: `<${next}>; rel="next"`, "x-next-cursor": "c-20" },
        body: { items: [], next: paging === "cursor" ? "c-20" : next },
      };
    });
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [10, 0, 10, 10, 10], failure: null });
  });
});

test.each(["link", "next-url"] as const)("%s to another origin is not followed", async (paging) => {
  const list = given.server.serveList("/users", () => people(50), { pageSize: 10, paging });
  list.fault(1, "elsewhere");
  expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [10], failure: { code: "UPS015" } });
});

describe("the end of counted pages", () => {
  test("without a size, only an empty page is the end", async () => {
    const list = given.server.serveList("/users", () => people(20), {
      pageSize: 10,
      paging: "offset",
      asksSize: false,
    });
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [10, 10, 0], failure: null });
  });

  test("a server that gives fewer than asked is read on while its total is not reached", async () => {
    const list = given.server.serveList("/users", () => people(25), { pageSize: 10, paging: "offset", total: "body" });
    const stream = streamOf(list, "/users", { page: { ...list.paging, size: { name: "limit", count: 500 } } });
    expect(await readPages(given, stream)).toMatchObject({ pages: [10, 10, 5], failure: null });
  });

  describe("a first page that is full, and the total", () => {
    const scim = (all: readonly unknown[], own: boolean, beyond: () => Reply | null = () => null) => {
      given.server.on("/Users", ({ query }) => {
        const from = Number(query.get("startIndex")) - 1;
        const page = all.slice(from, from + 10);
        if (page.length === 0) return beyond() ?? { body: { total: all.length, items: [] } };
        return { body: { total: own ? page.length : all.length, items: page } };
      });
      const list = given.server.serveList("/unused", () => [], { paging: "offset", pageSize: 10, total: "body" });
      const page = { ...list.paging, kind: "offset", as: "startIndex", from: 1 } as const;
      return readPages(given, streamOf(list, "/Users", { page }));
    };

    test.each([
      [15, [10, 5], [10, 5]],
      [35, [10, 10, 10, 5], [10, 10, 10, 5]],
    ])("that is but its own count: all %i are read", async (count, pages, totals) => {
      expect(await scim(people(count), true)).toMatchObject({ pages, totals, failure: null });
    });

    test.each<[string, () => Reply | null]>([
      ["an empty page", () => null],
      ["one without its list", () => ({ body: { total: 10 } })],
      ["nothing", () => ({ status: 204 })],
      ["that there is no such page", () => ({ status: 404, body: { detail: "Invalid page." } })],
      ["an empty page that counts itself", () => ({ body: { total: 0, items: [] } })],
      ["the last page again", () => ({ body: { total: 10, items: people(10) } })],
      ["that this cannot be processed", () => ({ status: 422 })],
      ["that it may not be read", () => ({ status: 403 })],
      ["that it failed", () => ({ status: 500 })],
      ["that this is no range", () => ({ status: 416, headers: { "content-range": "items */10" } })],
    ])("that is true: one more is asked for, and the answer %s ends the list", async (_what, beyond) => {
      expect(await scim(people(10), false, beyond)).toMatchObject({
        pages: [10, 0],
        totals: [10, null],
        failure: null,
      });
      expect(given.server.requests).toHaveLength(2);
    });

    test("that is true, after more pages than one: none is asked for behind the last", async () => {
      expect(await scim(people(20), false)).toMatchObject({ pages: [10, 10], failure: null });
    });

    test("that is true: an answer that it is too busy is no end", async () => {
      expect(await scim(people(10), false, () => ({ status: 503 }))).toMatchObject({
        pages: [10],
        failure: { code: "UPS003" },
      });
    });
  });

  test("an empty page is an end that the total contradicts, for the caller to see", async () => {
    const list = given.server.serveList("/users", () => people(50), { pageSize: 10, paging: "offset", total: "body" });
    list.fault(3, "empty");
    expect(await readPages(given, streamOf(list))).toMatchObject({
      pages: [10, 10, 0],
      totals: [50, 50, 50],
      failure: null,
    });
  });

  test("records that never end are stopped", async () => {
    let n = 0;
    given.server.on("/users", () => ({
      body: { items: Array.from({ length: 500 }, () => ({ id: n++ })), next: `c${n}`, total: 10 },
    }));
    const list = given.server.serveList("/unused", () => [], { paging: "cursor", total: "body" });
    const { failure } = await readPages(given, streamOf(list));
    expect(failure).toMatchObject({
      code: "UPS014",
      message: expect.stringContaining("10 records were declared and 1500 have come"),
    });
  });

  test.each([["-1"], [1.5], ["many"], [null], [{}]])("a total of %j is none", async (declares) => {
    const list = given.server.serveList("/users", () => people(5), {
      paging: "offset",
      total: "body",
      declares,
    });
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [], failure: { code: "UPS013" } });
  });

  test("a keyset needs its field in the last record", async () => {
    const list = given.server.serveList("/users", () => people(20), { paging: "keyset", pageSize: 10 });
    const stream = streamOf(list, "/users", {
      page: { ...list.paging, kind: "keyset", isUnique: false, as: "after", field: ["uid"] },
    });
    expect(await readPages(given, stream)).toMatchObject({
      pages: [10],
      failure: { code: "UPS013", message: expect.stringContaining("`uid`") },
    });
  });
});

test("a keyset by which two cannot be told apart leads past others who share it", async () => {
  const ranked = people(20).map((person) => ({ ...person, rank: Math.floor(person.n / 3) }));
  const list = given.server.serveList("/users", () => ranked, { paging: "keyset", pageSize: 5 });
  const stream = streamOf(list, "/users", {
    page: { ...list.paging, kind: "keyset", isUnique: false, as: "after", field: ["rank"] },
  });
  expect(await readPages(given, stream)).toMatchObject({
    pages: [5],
    failure: { code: "UPS013", message: expect.stringContaining("two records of one `rank`") },
  });
});

test("a cursor of half a character is not asked for as an empty one", async () => {
  given.server.on("/users", ({ query }) =>
    query.get("cursor") === "" ? { body: { items: [] } } : { body: { items: people(10), next: "\ud83d" } },
  );
  const list = given.server.serveList("/unused", () => [], { paging: "cursor" });
  const asked = given.server.requests.length;
  expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({ pages: [10], failure: { code: "UPS013" } });
  expect(given.server.requests.length).toBe(asked + 1);
});

test("a next page that is no web page is none", async () => {
  given.server.on("/users", () => ({
    body: { items: people(10) },
    headers: { link: '<javascript:alert(1)>; rel="next"' },
  }));
  const list = given.server.serveList("/unused", () => [], { paging: "link" });
  expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({
    pages: [10],
    failure: { code: "UPS015", message: expect.stringContaining("not http") },
  });
});

test("children are read with their parent's values", async () => {
  given.server.serveList("/roles/{id}/members", ({ params }) => [{ user: "u1", role: params.id }]);
  const stream = streamOf(null, "/roles/{parent.id}/members");
  const pages: unknown[] = [];
  for await (const { records, ...page } of given.upstream.pages({
    stream,
    parent: { id: "r/1" },
    run: 7,
    signal: new AbortController().signal,
  }))
    pages.push({ ...page, records: parseAll(records) });
  expect(pages).toEqual([
    {
      number: 1,
      records: [{ user: "u1", role: "r/1" }],
      total: null,
      next: null,
      askedAt: expect.any(Number),
      doubt: null,
      deltaLink: null,
    },
  ]);
});
