import type { Paging, Stream } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import { parseAll } from "../../src/domain/page-records";
import type { Upstream, UpstreamPage } from "../../src/domain/upstream";
import { createUpstream } from "../../src/upstream/create-upstream";
import { jobAt, quickHttp, streamOf } from "../support/upstream-job";
import { type List, type ListOptions, startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;
let upstream: Upstream;

beforeEach(async () => {
  server = await startUpstreamServer();
  upstream = createUpstream({ job: jobAt(server.url), log: silentLog });
});
afterEach(async () => {
  await upstream.close();
  await server.close();
});

const people = (count: number): { id: string; n: number }[] =>
  Array.from({ length: count }, (_, n) => ({ id: `u${n}`, n }));

const pagesOf = (stream: Stream, signal = new AbortController().signal): AsyncIterable<UpstreamPage> =>
  upstream.pages({ stream, parent: null, run: 7, signal });

/** Sizes of the pages that came, and how it ended. */
const read = async (
  stream: Stream,
): Promise<{ pages: number[]; records: unknown[]; failure: unknown; totals: unknown[] }> => {
  const pages: number[] = [];
  const totals: unknown[] = [];
  const records: unknown[] = [];
  try {
    for await (const page of pagesOf(stream)) {
      expect(page.number).toBe(pages.push(page.records.length));
      totals.push(page.total);
      records.push(...parseAll(page.records));
    }
  } catch (failure) {
    return { pages, totals, records, failure };
  }
  return { pages, totals, records, failure: null };
};

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
    const list = server.serveList("/users", () => people(count), { paging: "cursor" });
    server.on("/users", () => ({ body: { items: people(count), ...body } }));
    const doubts: (string | null)[] = [];
    for await (const { doubt } of pagesOf(streamOf(list, "/users", { page: { ...list.paging, ...page } as Paging })))
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
    server.serveList("/users", () => people(count), { pageSize: 10, ...options, ...more });

  test("reads every record once, in order, to the end", async () => {
    const { records, pages, failure } = await read(streamOf(serve(35)));
    expect({ pages, failure }).toEqual({ pages: [10, 10, 10, 5], failure: null });
    expect(records).toEqual(people(35));
    expect(server.requests).toHaveLength(4);
    expect(server.requests[0]?.query.get("limit")).toBe("10");
  });

  test("a system that gives fewer at once than asked for is read to its end", async () => {
    const list = serve(35);
    const asksMore = { page: { ...list.paging, size: { name: "limit", count: 500 } } };
    const { records, pages, failure } = await read(streamOf(list, "/users", asksMore));
    expect({ pages, failure }).toEqual({ pages: [10, 10, 10, 5], failure: null });
    expect(records).toEqual(people(35));
  });

  test("a declared total ends it without one more request", async () => {
    const { pages, totals } = await read(streamOf(serve(30, { total: "body" })));
    expect({ pages, totals }).toEqual({ pages: [10, 10, 10], totals: [30, 30, 30] });
    expect(server.requests).toHaveLength(3);
  });

  test("an empty list is one empty page", async () => {
    expect(await read(streamOf(serve(0, { total: "header" })))).toMatchObject({
      pages: [0],
      totals: [0],
      failure: null,
    });
  });

  test("a page that comes twice is no progress", async () => {
    const list = serve(50, { asksSize: true });
    list.fault(3, "repeat");
    expect(await read(streamOf(list))).toMatchObject({
      pages: [10, 10],
      failure: { code: "UPS014", message: expect.stringContaining("(page 3) is the same as page 1") },
    });
  });

  test("trouble with a page is told after the pages before it", async () => {
    const list = serve(50);
    list.fault(3, "html");
    expect(await read(streamOf(list))).toMatchObject({
      pages: [10, 10],
      failure: { code: "UPS011", message: expect.stringContaining("/users (page 3) answered with a web page") },
    });
  });

  test.each(["204", "null", "{}", "missing", "object", "error object"] as const)(
    "a later page that is %s is no end",
    async (fault) => {
      const list = serve(50, { records: ["data", "users"] });
      list.fault(2, fault);
      const { pages, failure } = await read(streamOf(list));
      expect({ pages, failure }).toMatchObject({ pages: [10], failure: { code: "UPS013" } });
    },
  );

  test("stopping early leaves nothing under way", async () => {
    const list = serve(50);
    list.fault(2, "hang");
    for await (const page of pagesOf(streamOf(list))) {
      expect(page.number).toBe(1);
      await server.requested("/users", 2);
      break;
    }
    expect(server.requests).toHaveLength(2);
  });
});

describe.each(["link", "next-url", "cursor", "cursor in header"] as const)("%s", (paging) => {
  test("pointing to itself is told after the page that does", async () => {
    const list = server.serveList("/users", () => people(50), { pageSize: 10, paging });
    list.fault(2, "loop");
    expect(await read(streamOf(list))).toMatchObject({ pages: [10, 10], failure: { code: "UPS014" } });
  });

  test("an empty page in the middle ends nothing", async () => {
    const list = server.serveList("/users", () => people(50), { pageSize: 10, paging });
    list.fault(2, () => {
      const next = `${server.url}/users?limit=10&after=c-20`;
      return {
        headers: { link: `<${next}>; rel="next"`, "x-next-cursor": "c-20" },
        body: { items: [], next: paging === "cursor" ? "c-20" : next },
      };
    });
    expect(await read(streamOf(list))).toMatchObject({ pages: [10, 0, 10, 10, 10], failure: null });
  });
});

test.each(["link", "next-url"] as const)("%s to another origin is not followed", async (paging) => {
  const list = server.serveList("/users", () => people(50), { pageSize: 10, paging });
  list.fault(1, "elsewhere");
  expect(await read(streamOf(list))).toMatchObject({ pages: [10], failure: { code: "UPS015" } });
});

describe("the end of counted pages", () => {
  test("without a size, only an empty page is the end", async () => {
    const list = server.serveList("/users", () => people(20), { pageSize: 10, paging: "offset", asksSize: false });
    expect(await read(streamOf(list))).toMatchObject({ pages: [10, 10, 0], failure: null });
  });

  test("a server that gives fewer than asked is read on while its total is not reached", async () => {
    const list = server.serveList("/users", () => people(25), { pageSize: 10, paging: "offset", total: "body" });
    const stream = streamOf(list, "/users", { page: { ...list.paging, size: { name: "limit", count: 500 } } });
    expect(await read(stream)).toMatchObject({ pages: [10, 10, 5], failure: null });
  });

  test("an empty page is an end that the total contradicts, for the caller to see", async () => {
    const list = server.serveList("/users", () => people(50), { pageSize: 10, paging: "offset", total: "body" });
    list.fault(3, "empty");
    expect(await read(streamOf(list))).toMatchObject({ pages: [10, 10, 0], totals: [50, 50, 50], failure: null });
  });

  test("records that never end are stopped", async () => {
    let n = 0;
    server.on("/users", () => ({
      body: { items: Array.from({ length: 500 }, () => ({ id: n++ })), next: `c${n}`, total: 10 },
    }));
    const list = server.serveList("/unused", () => [], { paging: "cursor", total: "body" });
    const { failure } = await read(streamOf(list));
    expect(failure).toMatchObject({
      code: "UPS014",
      message: expect.stringContaining("10 records were declared and 1500 have come"),
    });
  });

  test.each([["-1"], [1.5], ["many"], [null], [{}]])("a total of %j is none", async (declares) => {
    const list = server.serveList("/users", () => people(5), {
      paging: "offset",
      total: "body",
      declares,
    });
    expect(await read(streamOf(list))).toMatchObject({ pages: [], failure: { code: "UPS013" } });
  });

  test("a keyset needs its field in the last record", async () => {
    const list = server.serveList("/users", () => people(20), { paging: "keyset", pageSize: 10 });
    const stream = streamOf(list, "/users", { page: { ...list.paging, kind: "keyset", as: "after", field: ["uid"] } });
    expect(await read(stream)).toMatchObject({
      pages: [10],
      failure: { code: "UPS013", message: expect.stringContaining("`uid`") },
    });
  });
});

test("a keyset by which two cannot be told apart leads past others who share it", async () => {
  const ranked = people(20).map((person) => ({ ...person, rank: Math.floor(person.n / 3) }));
  const list = server.serveList("/users", () => ranked, { paging: "keyset", pageSize: 5 });
  const stream = streamOf(list, "/users", { page: { ...list.paging, kind: "keyset", as: "after", field: ["rank"] } });
  expect(await read(stream)).toMatchObject({
    pages: [5],
    failure: { code: "UPS013", message: expect.stringContaining("two records of one `rank`") },
  });
});

test("a cursor of half a character is not asked for as an empty one", async () => {
  server.on("/users", ({ query }) =>
    query.get("cursor") === "" ? { body: { items: [] } } : { body: { items: people(10), next: "\ud83d" } },
  );
  const list = server.serveList("/unused", () => [], { paging: "cursor" });
  const asked = server.requests.length;
  expect(await read(streamOf(list, "/users"))).toMatchObject({ pages: [10], failure: { code: "UPS013" } });
  expect(server.requests.length).toBe(asked + 1);
});

test("a next page that is no web page is none", async () => {
  server.on("/users", () => ({ body: { items: people(10) }, headers: { link: '<javascript:alert(1)>; rel="next"' } }));
  const list = server.serveList("/unused", () => [], { paging: "link" });
  expect(await read(streamOf(list, "/users"))).toMatchObject({
    pages: [10],
    failure: { code: "UPS015", message: expect.stringContaining("not http") },
  });
});

describe("an answer that says it is a part of the list", () => {
  const answering = (status: number, range: string | null, count = 3) =>
    server.on("/users", () => ({
      status,
      body: { items: people(count) },
      headers: range === null ? {} : { "content-range": range },
    }));

  test.each([
    [206, null],
    [206, "0-2/*"],
    [206, "0-2/5"],
    [206, "items 0-2/5"],
    [206, "what?"],
    [200, "users 0-2/5"],
    [200, "*/5"],
  ])("is no whole one: status %i, Content-Range %s", async (status, range) => {
    answering(status, range);
    const list = server.serveList("/unused", () => []);
    expect(await read(streamOf(list, "/users"))).toMatchObject({
      pages: [3],
      failure: { code: "UPS013", message: expect.stringContaining("with a part of its list") },
    });
  });

  test.each([
    [206, "0-2/3"],
    [200, "users 0-2/3"],
    [200, "0-2/*"],
    [200, "*/3"],
    [200, "something else"],
    [200, null],
  ])("may be the end all the same: status %i, Content-Range %s", async (status, range) => {
    answering(status, range);
    const list = server.serveList("/unused", () => []);
    expect(await read(streamOf(list, "/users"))).toMatchObject({ pages: [3], failure: null });
  });

  test.each([
    ["*/7", null],
    ["6-6/7", null],
    ["6-6/9", { code: "UPS013", message: expect.stringContaining("(page 3) answered with a part of its list") }],
  ])("several may be the whole together; the last one says %s", async (last, failure) => {
    const list = server.serveList("/unused", () => [], { paging: "offset", pageSize: 3 });
    server.on("/users", ({ query }) => {
      const from = Number(query.get("offset"));
      const range = from === 6 ? last : `${from}-${from + 2}/7`;
      return { status: 206, body: { items: people(7).slice(from, from + 3) }, headers: { "content-range": range } };
    });
    expect(await read(streamOf(list, "/users"))).toMatchObject({ pages: [3, 3, 1], failure });
  });
});

describe("the first page", () => {
  test("no bytes of JSON are an answer that got lost", async () => {
    const list = server.serveList("/users", () => people(5));
    list.fault(1, "no bytes");
    expect(await read(streamOf(list))).toMatchObject({ pages: [], failure: { code: "UPS011" } });
  });

  test.each(["204", "null", "{}", "[]", "no body"] as const)("%s is an empty answer", async (fault) => {
    const list = server.serveList("/users", () => people(5), { total: "header" });
    list.fault(1, fault);
    expect(await read(streamOf(list))).toMatchObject({ pages: [0], totals: [null], failure: null });
  });

  test.each([
    ["without a list", {}],
    ["whose list is null", { items: null }],
  ])("an answer %s, which says that a page comes after it, is none", async (_what, body) => {
    server.on("/users", ({ query }) =>
      query.has("page") ? { body: { items: [] } } : { body, headers: { link: '</users?page=2>; rel="next"' } },
    );
    const list = server.serveList("/unused", () => [], { paging: "link" });
    expect(await read(streamOf(list, "/users"))).toMatchObject({
      pages: [],
      failure: { code: "UPS013", message: expect.stringContaining("with a page after it") },
    });
  });

  test("a SCIM list without resources is empty when it says so", async () => {
    server.on("/users", () => ({ body: { schemas: [], totalResults: 0 } }));
    const stream = streamOf(null, "/users", {
      records: ["Resources"],
      page: { kind: "offset", as: "startIndex", from: 1, size: null, total: { in: "body", path: ["totalResults"] } },
    });
    expect(await read(stream)).toMatchObject({ pages: [0], totals: [0], failure: null });
  });

  test("any other object without the list fails and names the lists that are there", async () => {
    server.on("/users", () => ({ body: { data: { users: [] }, "jane@example.com": [], groups: [] } }));
    const { failure } = await read(streamOf(null));
    expect(failure).toMatchObject({
      code: "UPS013",
      message: expect.stringContaining("without a list of records at `items`"),
      fix: "the lists in it are `data.users`, `groups`: check `records`",
    });
  });

  test.each([
    [[], { items: [] }, "an object where the page itself should be the list"],
    [["items"], [{ id: 1 }], "without a list of records at `items`"],
    [["items"], { items: { a: 1 } }, "an object at `items` instead of a list"],
    [["items"], { error: "down" }, "without a list of records"],
  ])("records at %j of %j", async (records, body, said) => {
    server.on("/users", () => ({ body }));
    expect(await read(streamOf(null, "/users", { records }))).toMatchObject({
      failure: { code: "UPS013", message: expect.stringContaining(said) },
    });
  });

  test("a page that is the list itself", async () => {
    const list = server.serveList("/users", () => people(15), { paging: "link", pageSize: 10, records: [] });
    expect(await read(streamOf(list))).toMatchObject({ pages: [10, 5], failure: null });
  });
});

test("the next page is under way while this one is worked on, and no further", async () => {
  const list = server.serveList("/users", () => people(50), { paging: "offset", pageSize: 10 });
  for await (const { number } of pagesOf(streamOf(list))) {
    await server.requested("/users", Math.min(number + 1, 6));
    expect(server.requests.length).toBeLessThanOrEqual(number + 1);
  }
});

describe("pages that are known to follow", () => {
  const COUNTED = [
    { paging: "offset", total: "body" },
    { paging: "number", total: "header" },
  ] as const;
  const served = (count: number, options: ListOptions) =>
    server.serveList("/users", () => people(count), { pageSize: 10, ...options });

  test.each(COUNTED)(
    "are asked for ahead, but for the last, one more with each page, as many at once as the job allows: %j",
    async (options) => {
      const list = served(100, options);
      for await (const { number, records } of pagesOf(streamOf(list))) {
        expect(parseAll(records)).toEqual(people(100).slice(10 * (number - 1), 10 * number));
        const asked = number < 9 ? Math.min(number + Math.min(number, 4), 9) : 10;
        await server.requested("/users", asked);
        expect(server.requests.length).toBe(asked);
      }
    },
  );

  test("are not asked for ahead by a job that asks for one thing at a time", async () => {
    await upstream.close();
    upstream = createUpstream({ job: jobAt(server.url, { http: { ...quickHttp, concurrency: 1 } }), log: silentLog });
    const list = served(50, COUNTED[0]);
    for await (const { number } of pagesOf(streamOf(list))) {
      await server.requested("/users", Math.min(number + 1, 5));
      expect(server.requests.length).toBe(Math.min(number + 1, 5));
    }
  });

  test("are not asked for ahead where they are large", async () => {
    const padding = "x".repeat(900_000);
    const list = server.serveList("/users", () => people(60).map((person) => ({ ...person, padding })), {
      pageSize: 10,
      paging: "number",
      total: "body",
    });
    for await (const { number } of pagesOf(streamOf(list))) {
      await server.requested("/users", Math.min(number + 1, 6));
      expect(server.requests.length).toBe(Math.min(number + 1, 6));
    }
  });

  test("that turn out to be others are given up, and every record comes once", async () => {
    const all = people(100);
    // Pages of 10, but the third holds 7.
    server.on("/users", ({ query }) => {
      const from = Number(query.get("offset"));
      const length = from === 20 ? 7 : 10;
      return { body: { items: all.slice(from, from + length), total: 100 } };
    });
    const total = { in: "body", path: ["total"] } as const;
    const page = { kind: "offset", as: "offset", from: 0, size: null, total } as const;
    const { records, failure } = await read(streamOf(null, "/users", { page }));
    expect(failure).toBeNull();
    expect(records).toEqual(all);
    // Eleven pages, and what was under way when the third came.
    expect(server.requests.length).toBeLessThanOrEqual(11 + 3);
  });

  test("and fail are told of after all that come before them", async () => {
    const list = served(100, COUNTED[1]);
    list.fault(5, "404");
    await expect(read(streamOf(list))).resolves.toMatchObject({
      pages: [10, 10, 10, 10],
      failure: { code: "UPS009", message: expect.stringContaining("(page 5)") },
    });
  });

  test("are left when nobody reads on", async () => {
    const list = served(100, COUNTED[0]);
    for await (const { number } of pagesOf(streamOf(list))) if (number === 2) break;
    const asked = server.requests.length;
    await upstream.close();
    expect(server.requests.length).toBe(asked);
    expect(asked).toBeLessThanOrEqual(4);
  });
});

test("children are read with their parent's values", async () => {
  server.serveList("/roles/{id}/members", ({ params }) => [{ user: "u1", role: params.id }]);
  const stream = streamOf(null, "/roles/{parent.id}/members");
  const pages: unknown[] = [];
  for await (const { records, ...page } of upstream.pages({
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
