import { streamOf } from "../support/upstream-job";
import type { Reply } from "../support/upstream-server";
import { withUpstream } from "../support/with-upstream";

const given = withUpstream();

const ask = (records: readonly string[] = []) =>
  given.upstream.one({
    stream: streamOf(null, "/users", { one: { path: "/users/{key}", query: { view: "full" }, records } }),
    key: "jane@example.com",
    run: 1,
    signal: new AbortController().signal,
  });

const answers = (reply: Reply): (() => void) => given.server.on("/users/{key}", () => reply);

test.each<[string, Reply, readonly string[], unknown]>([
  ["the body itself", { body: { id: "u1" } }, [], { found: true, record: { id: "u1" } }],
  [
    "a place in it",
    { body: { data: { user: { id: "u1" } } } },
    ["data", "user"],
    { found: true, record: { id: "u1" } },
  ],
  ["a list of one", { body: { items: [{ id: "u1" }] } }, ["items"], { found: true, record: { id: "u1" } }],
  ["a value of an object", { body: { data: { 17: { id: 17 } } } }, ["data", "*"], { found: true, record: { id: 17 } }],
  ["the one value of the body", { body: { ann: { id: "u1" } } }, ["*"], { found: true, record: { id: "u1" } }],
  // PHP writes an object whose keys count from 0 so.
  ["a list where values are taken", { body: { data: [{ id: 0 }] } }, ["data", "*"], { found: true, record: { id: 0 } }],
  ["404", { status: 404, body: "gone" }, [], { found: false, status: 404 }],
  ["410", { status: 410 }, [], { found: false, status: 410 }],
])("%s", async (_name, reply, records, result) => {
  answers(reply);
  await expect(ask(records)).resolves.toEqual(result);
  expect(given.server.requests[0]?.target).toBe("/users/jane%40example.com?view=full");
});

test.each<[string, Reply, readonly string[], string]>([
  ["an empty list", { body: { items: [] } }, ["items"], "UPS016"],
  ["null", { body: "null" }, [], "UPS016"],
  ["nothing", { status: 204 }, [], "UPS016"],
  ["another object", { body: { error: "no such user" } }, ["data"], "UPS016"],
  ["two records", { body: { items: [{ id: 1 }, { id: 2 }] } }, ["items"], "UPS013"],
  ["an object without values", { body: { data: {} } }, ["data", "*"], "UPS016"],
  ["an empty list where values are taken", { body: { data: [] } }, ["data", "*"], "UPS016"],
  ["no object where values are taken", { body: { error: "no such user" } }, ["data", "*"], "UPS016"],
  ["an object of two", { body: { data: { 17: { id: 17 }, 18: { id: 18 } } } }, ["data", "*"], "UPS013"],
  ["a value that is no record", { body: { data: { error: "no such user" } } }, ["data", "*"], "UPS013"],
  ["a text", { body: '"u1"' }, [], "UPS013"],
  ["a web page", { body: "<html>" }, [], "UPS011"],
  ["a status that proves nothing", { status: 400 }, [], "UPS009"],
  ["refused credentials", { status: 403 }, [], "UPS005"],
  ["a failing system", { status: 503 }, [], "UPS003"],
])("%s proves nothing", async (_name, reply, records, code) => {
  answers(reply);
  const failure = await ask(records).catch((error) => error);
  expect(failure).toMatchObject({ code, message: expect.stringContaining("/users/{key}") });
  expect(String(failure)).not.toContain("jane");
});

test.each<[string, Reply]>([
  ["a web page", { body: "<html>" }],
  ["a text that is no JSON", { body: "hello" }],
  ["a status that proves nothing", { status: 400 }],
  ["a redirect", { status: 302, headers: { location: "/elsewhere" } }],
])("what to do about %s is told of `one`", async (_name, reply) => {
  answers(reply);
  const { fix } = await ask().catch((error) => error);
  expect(fix).toContain("`one`");
  expect(fix).not.toMatch(/`(get|page|query)`/);
});

test("a record itself, whose values are no records, is not counted as several", async () => {
  answers({ body: { data: { id: 17, name: "Ann" } } });
  expect(await ask(["data", "*"]).catch((error) => error)).toMatchObject({
    message: expect.stringContaining("something that is no record"),
    fix: expect.stringContaining("`one.records` takes the value of an object with `*`"),
  });
});

test("a stream without `one` says so", async () => {
  const { signal } = new AbortController();
  await expect(given.upstream.one({ stream: streamOf(null), key: "u1", run: 1, signal })).rejects.toMatchObject({
    code: "UPS010",
  });
});
