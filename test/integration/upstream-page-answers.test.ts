/** What of a single answer is a page, what is an empty one, and what is none. */
import { streamOf } from "../support/upstream-job";
import { people, readPages, withUpstream } from "../support/with-upstream";

const given = withUpstream();

describe("an answer that says it is a part of the list", () => {
  const answering = (status: number, range: string | null, count = 3) =>
    given.server.on("/users", () => ({
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
    const list = given.server.serveList("/unused", () => []);
    expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({
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
    const list = given.server.serveList("/unused", () => []);
    expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({ pages: [3], failure: null });
  });

  test.each([
    ["*/7", null],
    ["6-6/7", null],
    ["6-6/9", { code: "UPS013", message: expect.stringContaining("(page 3) answered with a part of its list") }],
  ])("several may be the whole together; the last one says %s", async (last, failure) => {
    const list = given.server.serveList("/unused", () => [], { paging: "offset", pageSize: 3 });
    given.server.on("/users", ({ query }) => {
      const from = Number(query.get("offset"));
      const range = from === 6 ? last : `${from}-${from + 2}/7`;
      return { status: 206, body: { items: people(7).slice(from, from + 3) }, headers: { "content-range": range } };
    });
    expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({ pages: [3, 3, 1], failure });
  });
});

describe("the first page", () => {
  test("no bytes of JSON are an answer that got lost", async () => {
    const list = given.server.serveList("/users", () => people(5));
    list.fault(1, "no bytes");
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [], failure: { code: "UPS011" } });
  });

  test.each(["204", "null", "{}", "[]", "no body"] as const)("%s is an empty answer", async (fault) => {
    const list = given.server.serveList("/users", () => people(5), { total: "header" });
    list.fault(1, fault);
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [0], totals: [null], failure: null });
  });

  test.each([
    ["without a list", {}],
    ["whose list is null", { items: null }],
  ])("an answer %s, which says that a page comes after it, is none", async (_what, body) => {
    given.server.on("/users", ({ query }) =>
      query.has("page") ? { body: { items: [] } } : { body, headers: { link: '</users?page=2>; rel="next"' } },
    );
    const list = given.server.serveList("/unused", () => [], { paging: "link" });
    expect(await readPages(given, streamOf(list, "/users"))).toMatchObject({
      pages: [],
      failure: { code: "UPS013", message: expect.stringContaining("with a page after it") },
    });
  });

  test("a SCIM list without resources is empty when it says so", async () => {
    given.server.on("/users", () => ({ body: { schemas: [], totalResults: 0 } }));
    const stream = streamOf(null, "/users", {
      records: ["Resources"],
      page: { kind: "offset", as: "startIndex", from: 1, size: null, total: { in: "body", path: ["totalResults"] } },
    });
    expect(await readPages(given, stream)).toMatchObject({ pages: [0], totals: [0], failure: null });
  });

  test("any other object without the list fails and names the lists that are there", async () => {
    given.server.on("/users", () => ({ body: { data: { users: [] }, "jane@example.com": [], groups: [] } }));
    const { failure } = await readPages(given, streamOf(null));
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
    given.server.on("/users", () => ({ body }));
    expect(await readPages(given, streamOf(null, "/users", { records }))).toMatchObject({
      failure: { code: "UPS013", message: expect.stringContaining(said) },
    });
  });

  test.each([
    [
      ["data", "users"],
      { data: { users: { 12: { id: 12 }, 7: { id: 7 } } } },
      "`records: data.users.*` takes the values",
    ],
    [
      ["items"],
      { data: { users: { 12: { id: 12 } } } },
      "there is no list in it; `records: data.users.*` takes the values",
    ],
    [[], { ada: { id: 1 }, bob: { id: 2 } }, '`records: "*"` takes the values'],
    [["items"], { data: { users: { ada: { id: 1 } } } }, "there is no list in it: it may be an error"],
    [["items"], { users: { 12: { id: 12 } }, groups: [] }, "the lists in it are `groups`"],
  ])("an object keyed by id is told where a list is wanted: %j of %j", async (records, body, said) => {
    given.server.on("/users", () => ({ body }));
    expect(await readPages(given, streamOf(null, "/users", { records }))).toMatchObject({
      failure: { code: "UPS013", fix: expect.stringContaining(said) },
    });
  });

  test("a page that is the list itself", async () => {
    const list = given.server.serveList("/users", () => people(15), { paging: "link", pageSize: 10, records: [] });
    expect(await readPages(given, streamOf(list))).toMatchObject({ pages: [10, 5], failure: null });
  });
});

describe("records that are the values of an object", () => {
  const read = (records: readonly string[], body: unknown) => {
    given.server.on("/users", () => ({ body }));
    return readPages(given, streamOf(null, "/users", { records }));
  };

  test.each([
    [["data", "users", "*"], { data: { users: { 12: { id: 12 }, ada: { id: 0 } } } }, [{ id: 12 }, { id: 0 }]],
    [["*"], { ada: { id: 1 }, bob: { id: 2 } }, [{ id: 1 }, { id: 2 }]],
    // PHP writes one whose keys count from 0, and an empty one, so.
    [["users", "*"], { users: [{ id: 0 }, { id: 1 }] }, [{ id: 0 }, { id: 1 }]],
    [["users", "*"], { users: [] }, []],
    [["users", "*"], { users: {} }, []],
  ])("%j of %j", async (path, body, records) => {
    expect(await read(path, body)).toMatchObject({ records, failure: null });
  });

  test.each([
    [["users", "*"], { people: {} }, "without a list of records at `users.*`"],
    [["users", "*"], { users: "none" }, "with a string at `users.*` instead of a list"],
  ])("%j is nowhere in %j", async (records, body, said) => {
    expect(await read(records, body)).toMatchObject({
      failure: { code: "UPS013", message: expect.stringContaining(said) },
    });
  });

  test("a key that comes twice would hide a record", async () => {
    given.server.on("/users", () => ({ body: '{"users":{"12":{"id":12},"7":{},"\\u0031\\u0032":{"id":13}}}' }));
    expect(await readPages(given, streamOf(null, "/users", { records: ["users", "*"] }))).toMatchObject({
      failure: { code: "UPS013", message: expect.stringContaining("`users.*` twice") },
    });
  });
});
