import { Failure } from "../../../src/domain/errors";
import { IdentityStore } from "../../../src/mirror/identity-store";
import { RejectStore } from "../../../src/mirror/reject-store";
import type { ListFault } from "../../support/upstream-list";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld({}, (fresh) => {
    fresh.users = crowd(25);
  });
});
afterEach(() => world.close());

const live = async () =>
  Number(
    (await world.sql<{ n: number }>("select count(*)::int n from mirror.users where tombstoned_at is null"))[0]?.n,
  );

const FAULTS: readonly (readonly [ListFault, "upstream" | "incomplete", RegExp])[] = [
  ["html", "incomplete", /web page/],
  ["truncated", "incomplete", /JSON/],
  ["401", "upstream", /refused our credentials/],
  ["503", "upstream", /503/],
  ["reset", "upstream", /connection/],
  ["redirect", "incomplete", /redirect/],
  ["repeat", "incomplete", /page/],
  ["missing", "incomplete", /list of records/],
  ["empty", "incomplete", /declares 24/],
];

test.each(FAULTS)(
  "%s on a later page: exit 4, nobody removed, the pages before it applied",
  async (fault, outcome, says) => {
    world.users = [{ id: "u0", login: "first", state: "on" }, ...crowd(25).slice(0, 23)];
    world.usersList.fault(2, fault);
    const report = await world.sync();
    expect(report).toMatchObject({ outcome, exitCode: 4 });
    expect(report.error?.message).toMatch(says);
    expect(report.error?.fix).toBeTruthy();
    expect(recordsOf(report, "users")).toMatchObject({ gone: 0, complete: false, new: 1 });
    expect(await live()).toBe(26);
  },
);

test("a hanging upstream ends with the time limit", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("timeout: 5s", "timeout: 1s"));
  world.usersList.fault(1, "hang");
  expect(await world.sync()).toMatchObject({ outcome: "upstream", exitCode: 4, error: { code: "UPS002" } });
  expect(await live()).toBe(25);
});

test("an upstream that is down", async () => {
  await world.upstream.close();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "upstream", exitCode: 4, error: { code: "UPS001" } });
  expect(await live()).toBe(25);
});

test("a loopback address is refused unless the job allows it", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("allowPrivate: true, ", ""));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "upstream", exitCode: 4, error: { code: "UPS006" } });
  expect(report.error?.fix).toContain("allowPrivate: true");
});

test("a record without a key: rejected, and absence proves nothing", async () => {
  world.users = [...crowd(24), { id: null, login: "nobody", state: "on" }];
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 25, rejected: 1, same: 24, gone: 0 });
  const place = "page 3, record 5";
  expect(report.rejects).toMatchObject([{ entity: "users", key: null, place, field: "key" }]);
  const kept = { source: "acme", entity: null, key: null, all: false, limit: 10 };
  expect(await new RejectStore(world.database.knex).list(kept)).toMatchObject({ rejects: [{ key: null, place }] });
});

test("one key twice on a page: identical records are folded", async () => {
  world.users = [...crowd(25)];
  world.users.splice(1, 0, { ...world.users[0]! });
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 25, same: 25, rejected: 0 });
  // The upstream counts 26 people and lists 25: that is its word against itself.
  expect(report).toMatchObject({ outcome: "incomplete" });
});

test("one key twice on a page: different records are both rejected, the old state stays", async () => {
  world.users = crowd(25);
  world.users.splice(1, 0, { ...world.users[0]!, name: "Somebody else" });
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 26, same: 24, rejected: 2, gone: 0 });
  expect(report.rejects.map((reject) => [reject.key, reject.code])).toEqual([
    ["u1", "MAP030"],
    ["u1", "MAP030"],
  ]);
  expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([
    { display_name: "User 1" },
  ]);
});

test("one key on two pages: the latest word counts, and the enumeration is not complete", async () => {
  world.users = crowd(24);
  world.users.splice(20, 0, { ...world.users[0]!, name: "Renamed", roles: ["r1"] });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
  expect(report.error?.message).toMatch(/more than one page/);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 24, duplicates: 1, changed: 1, same: 23, gone: 0 });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 1, revoked: 1 });
});

test("NUL bytes and lone surrogates reject the record that holds them; big ids are kept exactly", async () => {
  world.users = [...crowd(25)];
  world.users[3]!.name = "a\u0000b";
  world.users[4]!.name = "\ud800";
  world.users.push({ id: "BIG", login: "big", state: "on" });
  world.upstream.on("/users", (request) => {
    const offset = Number(request.query.get("offset"));
    const body = JSON.stringify({ items: world.users.slice(offset, offset + 10), total: world.users.length });
    return { headers: { "content-type": "application/json" }, body: body.replace('"BIG"', "9007199254740993") };
  });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "rejects", exitCode: 5 });
  expect(report.rejects.map((reject) => [reject.key, reject.field])).toEqual([
    ["u4", "display_name"],
    ["u5", "display_name"],
  ]);
  expect(await world.sql("select key from mirror.users where username = 'big'")).toEqual([{ key: "9007199254740993" }]);
});

test("text with tabs, line breaks and backslashes arrives as it was", async () => {
  const name = "a\tb\\N\\.\n\r\\\\c \u2028 é 🎭";
  world.users[0]!.name = name;
  world.users[0]!.department = name;
  await world.sync();
  expect(await world.sql("select display_name, attributes from mirror.users where key = 'u1'")).toEqual([
    { display_name: name, attributes: { department: name } },
  ]);
});

test("a second run of the same source is told who holds it: exit 7", async () => {
  const paused = new Promise<void>((release) => {
    world.upstream.on("/orgs", async () => {
      await second;
      release();
      return { body: { items: world.orgs } };
    });
  });
  let done = (_: unknown): void => {};
  const second = new Promise((resolve) => {
    done = resolve;
  });
  const first = world.sync({ by: "first@desk" });
  await world.upstream.requested("/orgs", 1);
  const busy = await world.sync();
  expect(busy).toMatchObject({
    outcome: "busy",
    exitCode: 7,
    error: { code: "RUN001", fix: expect.stringContaining("understudy sync acme --wait") },
  });
  expect(busy.error?.message).toContain("first@desk");
  done(null);
  await paused;
  expect(await first).toMatchObject({ outcome: "ok" });
});

test("the database goes away whenever the run reads: exit 8, and nothing is half written", async () => {
  const before = await world.dump();
  world.users[0]!.name = "Changed";
  world.upstream.on("/users", async () => {
    await world.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    return { body: { items: world.users, total: 25 } };
  });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "store", exitCode: 8, error: { code: "DB001" } });
  expect(await world.dump()).toEqual(before);
  world.upstream.on("/users", () => ({ body: { items: world.users.slice(0, 10), total: 25 } }));
  expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
});

test("an interruption ends the run with nothing written: exit 130", async () => {
  const before = await world.dump();
  world.users[0]!.name = "Changed";
  const controller = new AbortController();
  const report = await world.sync({
    signal: controller.signal,
    tell: (event) => {
      if (event.type === "progress" && event.stream === "users")
        controller.abort(new Failure("RUN004", "interrupted by a person"));
    },
  });
  expect(report).toMatchObject({ outcome: "interrupted", exitCode: 130 });
  expect(await world.dump()).toEqual(before);
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

test("asked for somebody whose record was rejected, the answer says so", async () => {
  world.users = [...world.users, { id: "u99", login: "", state: "on" }];
  const { run } = await world.sync();
  await expect(new IdentityStore(world.database.knex).person("acme", "u99")).rejects.toMatchObject({
    code: "USE003",
    message: `the mirror of \`acme\` holds no user with the key \`u99\`: run ${run} rejected the record, \`username\` is missing`,
    fix: "see why: understudy explain MAP020; what the mapping makes of it: understudy mapping try acme/users --key u99",
  });
});
