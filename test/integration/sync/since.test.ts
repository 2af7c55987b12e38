/** Asking only for what changed since the last run: nothing is lost, and nothing is taken for gone. */

import { Failure } from "../../../src/domain/errors";
import type { RunReport } from "../../../src/domain/runs";
import { SINCE_JOB } from "../../support/changing-upstream";
import { eventually } from "../../support/eventually";
import { counts, person, putAll, startToldChanges, type ToldChanges } from "../../support/told-changes";
import { USERS } from "../../support/world";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let { world, users, names, upstreamNames, mark, close } = {} as ToldChanges;
beforeEach(async () => {
  ({ world, users, names, upstreamNames, mark, close } = await startToldChanges(SINCE_JOB, (changing) =>
    putAll(changing, HOUR),
  ));
});
afterEach(() => close());

/** The next run is the first of a new week. */
const aWeekPasses = () => world.sql("update sync.watermarks set full_at = full_at - interval '8 days'");

test("the first run reads everything, the next ones what changed, the day of the full pass everything again", async () => {
  const first = await world.sync();
  expect(first).toMatchObject({ outcome: "ok" });
  expect(counts(first)).toMatchObject({ fetched: 12, new: 12, complete: true });
  expect(counts(first)).not.toHaveProperty("incremental");
  expect(first.notes).toContain(
    "`users` was read in full: no run has told yet from where on changes are to be asked for",
  );

  users.clock += HOUR;
  users.put(person(3, { name: "Changed" }));
  users.put(person(13));
  users.remove("u7");
  const [before] = await world.sql<{ at: Date }>("select last_complete_at as at from sync.sources");
  const second = await world.sync();
  expect(second).toMatchObject({ outcome: "ok", exitCode: 0, error: null });
  expect(counts(second)).toMatchObject({ fetched: 3, new: 1, changed: 1, gone: 0, absent: 0, before: 12, after: 13 });
  expect(counts(second)).toMatchObject({ complete: false, incremental: true, incompleteBecause: null });
  expect(second.notes).toContain("of `users` only what changed since 2026-11-20 10:50:00 UTC was asked for");
  expect(users.asked).toEqual([null, "2026-11-20T10:50:00.000Z"]);
  const [after] = await world.sql<{ at: Date }>("select last_complete_at as at from sync.sources");
  expect(new Date(after!.at).getTime()).toBeGreaterThan(new Date(before!.at).getTime());

  users.clock += HOUR;
  const third = await world.sync();
  expect(counts(third)).toMatchObject({ incremental: true, gone: 0, after: 13 });
  expect(users.asked.at(-1)).toMatch(/^2026-11-20T12:(50:00|49:5)/);

  await aWeekPasses();
  const fourth = await world.sync();
  expect(fourth.notes).toContain("`users` was read in full: a full pass was due");
  expect(counts(fourth)).toMatchObject({ complete: true, gone: 1, after: 12 });
  expect(await names()).toEqual(upstreamNames());
  // Who is known is not parsed in a full pass, be it met before in an incremental one.
  expect(counts(fourth)).toMatchObject({ fetched: 12, same: 12, unparsed: 12 });
});

test("`--full` reads everything, and the next run goes on from there", async () => {
  await world.sync();
  users.remove("u7");
  const full = await world.sync({ full: true });
  expect(counts(full)).toMatchObject({ gone: 1, complete: true });
  expect(counts(await world.sync())).toMatchObject({ incremental: true });
});

test("who changes on a page that was read already is met by the next run", async () => {
  for (const offset of [1, 2, 3]) {
    users.beforePage = (page) => {
      if (page === offset) {
        users.clock += 20 * MINUTE;
        users.put({ ...world.users[0]!, name: `Changed before page ${page}` });
        users.clock += 20 * MINUTE;
      }
      return null;
    };
    await world.sync({ full: true });
    users.beforePage = () => null;
    users.clock += HOUR;
    await world.sync();
    expect(await names()).toEqual(upstreamNames());
  }
});

test.each([
  ["behind the one that stamps answers", -3 * HOUR],
  ["ahead of it", 3 * HOUR],
])("nothing is lost when the clock that stamps records is %s", async (_, ahead) => {
  users.stampsAhead = ahead;
  for (let number = 1; number <= 12; number += 1) users.put(person(number));
  await world.sync();
  for (let round = 0; round < 4; round += 1) {
    users.clock += MINUTE;
    users.put(person(2 + round, { name: `Round ${round}` }));
    users.beforePage = () => {
      users.beforePage = () => null;
      users.clock += MINUTE;
      users.put(person(9, { name: `While reading ${round}` }));
      return null;
    };
    await world.sync();
    await world.sync();
    expect(await names()).toEqual(upstreamNames());
  }
  expect(users.asked.slice(1)).not.toContain(null);
});

test("a clock that was put back leads to a full pass, not to silence", async () => {
  users.put(person(1));
  await world.sync();
  users.clock -= 30 * DAY;
  users.put(person(4, { name: "Before time" }));
  const report = await world.sync();
  expect(report.notes.join()).toContain("the clock of the customer's system was put back");
  await world.sync();
  expect(await names()).toEqual(upstreamNames());
});

test("a run that did not read everything that changed leaves the mark where it was", async () => {
  await world.sync();
  const before = await mark();
  users.clock += HOUR;
  for (let number = 1; number <= 12; number += 1) users.put(person(number, { name: `Again ${number}` }));
  users.beforePage = (page) => (page === 2 ? { status: 500 } : null);
  const broken = await world.sync();
  expect(broken.outcome).toBe("upstream");
  expect(await mark()).toBe(before);
  users.beforePage = () => null;
  expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 12 });
  expect(await names()).toEqual(upstreamNames());
  expect(await mark()).not.toBe(before);
});

test("a full pass that proves nothing leaves no mark", async () => {
  users.beforePage = (page) => (page === 3 ? { body: { total: 12, items: [person(1)] } } : null);
  expect((await world.sync()).outcome).toBe("incomplete");
  expect(await mark()).toBeUndefined();
  users.beforePage = () => null;
  expect(counts(await world.sync())).toMatchObject({ complete: true });
});

test("an edited mapping or job leads to a full pass", async () => {
  await world.sync();
  await world.write("mappings/acme/users.yaml", USERS.replace("display_name: name", "display_name: login"));
  const edited = await world.sync();
  expect(counts(edited)).toMatchObject({ complete: true, changed: 12 });
  expect(edited.notes).toContain("`users` was read in full: its job or its mapping was edited since it was read last");
  await world.write(
    "jobs/acme.yaml",
    SINCE_JOB.replace("get: /users\n", 'get: /users\n    query: { active: "yes" }\n'),
  );
  expect(counts(await world.sync())).toMatchObject({ complete: true });
  await world.write("jobs/acme.yaml", SINCE_JOB.replace("overlap: 10m", "overlap: 1h"));
  expect(counts(await world.sync())).toMatchObject({ complete: true });
  await world.write("jobs/acme.yaml", SINCE_JOB.replace("overlap: 10m", "overlap: 2h"));
  expect(counts(await world.sync())).toMatchObject({ incremental: true });
});

test("who was rejected is read again by itself, and heals without a change upstream", async () => {
  await world.sync();
  users.clock += HOUR;
  users.put(person(14, { login: "user5" }));
  const rejected = await world.sync();
  expect(rejected).toMatchObject({ outcome: "rejects" });
  users.clock += HOUR;
  expect(await world.sync()).toMatchObject({ outcome: "rejects" });
  users.put(person(5, { login: "renamed" }));
  const healed = await world.sync();
  expect(healed).toMatchObject({ outcome: "ok" });
  expect(counts(healed)).toMatchObject({ incremental: true, new: 1, changed: 1 });
  expect(await names()).toEqual(upstreamNames());
  expect(await world.sql("select from sync.rejects where healed_at is null")).toEqual([]);
});

test("without `one` only a full pass reads who was rejected again", async () => {
  await world.write("jobs/acme.yaml", SINCE_JOB.replace("    one: /users/{key}\n", ""));
  await world.sync();
  users.put(person(14, { login: "user5" }));
  await world.sync();
  const report = await world.sync();
  expect(counts(report)).toMatchObject({ complete: true });
  expect(report.notes.join()).toContain("1 of its records are rejected, and without `one`");
});

test("a plan reads as a run would, and moves nothing", async () => {
  await world.sync();
  users.clock += HOUR;
  users.put(person(3, { name: "Changed" }));
  const before = await mark();
  const planned = await world.plan();
  expect(counts(planned)).toMatchObject({ incremental: true, changed: 1 });
  expect(await mark()).toBe(before);
  const applied = await world.sync({ planId: planned.plan });
  expect(applied).toMatchObject({ outcome: "ok", plan: planned.plan });
  expect(await mark()).toBe(before);
  expect(counts(await world.sync())).toMatchObject({ incremental: true, changed: 0 });
  expect(await names()).toEqual(upstreamNames());
  expect(await world.sync({ user: "u3" })).toMatchObject({ outcome: "ok" });
  expect(counts(await world.sync({ only: ["users"] }))).toMatchObject({ incremental: true });
});

test("an interrupted run goes on asking for the same", async () => {
  const slow = { batches: { rows: 1, checkpointEvery: 0 } };
  await world.write(
    "jobs/acme.yaml",
    SINCE_JOB.replace("{ offset: offset, size: limit=5, total: total }", "{ keyset: id, as: after, size: limit=5 }"),
  );
  const list = world.upstream.serveList(
    "/users",
    ({ query }) => {
      const since = query.get("updated_since");
      return world.users.filter(({ updatedAt }) => since === null || String(updatedAt) >= since);
    },
    { paging: "keyset", pageSize: 5 },
  );
  await world.sync(slow);
  users.clock += HOUR;
  for (let number = 1; number <= 12; number += 1) users.put(person(number, { name: `Again ${number}` }));
  const ending = new AbortController();
  list.fault(2, async () => {
    const kept = "select from sync.checkpoints, json_array_elements(streams) s where s ->> 'stream' = 'users'";
    await eventually(
      () => world.sql(kept),
      (rows) => rows.length > 0,
    );
    ending.abort(new Failure("RUN004", "told to end"));
    return { status: 500 };
  });
  expect(await world.sync({ ...slow, signal: ending.signal })).toMatchObject({ outcome: "interrupted" });
  list.heal();
  const start = world.upstream.requests.length;
  const report = await world.sync(slow);
  expect(report.notes.join()).toContain("goes on from run");
  const asked = world.upstream.requests.slice(start).filter(({ path }) => path === "/users");
  expect(asked.map(({ query }) => [query.get("updated_since"), query.get("after")])).toEqual([
    ["2026-11-20T10:50:00.000Z", expect.stringMatching(/^u/)],
    ["2026-11-20T10:50:00.000Z", expect.stringMatching(/^u/)],
  ]);
  expect(counts(report)).toMatchObject({ incremental: true, fetched: 12, changed: 12 });
  expect(await names()).toEqual(upstreamNames());
});

test("a misspelt field is told, and everything is read", async () => {
  await world.write("jobs/acme.yaml", SINCE_JOB.replace("field: updatedAt", "field: changedAt"));
  const report = await world.sync();
  expect(report.notes).toContain(
    "`users` is read in full by the next run too: none of its records has a time that can be read at `changedAt`",
  );
  expect(counts(await world.sync())).toMatchObject({ complete: true });
});

test("times that can be read no more are told, and the next run asks from the same time again", async () => {
  const told = (report: RunReport): readonly string[] =>
    report.notes.filter((note) => note.includes("from the same time again"));
  expect(told(await world.sync())).toEqual([]);
  const before = await mark();
  users.clock += HOUR;
  users.put(person(4, { name: "Changed" }));
  world.users = world.users.map((one) => ({ ...one, updatedAt: `about ${String(one.updatedAt)}` }));
  for (const changed of [1, 0]) {
    const report = await world.sync();
    expect(counts(report)).toMatchObject({ incremental: true, changed });
    expect(told(report)).toEqual([
      "`users` is asked for changes from the same time again: none of its records that came has a time that can be read at `updatedAt`",
    ]);
    expect(await mark()).toBe(before);
  }
});

test("children are read of the parents that changed, and of no others", async () => {
  await world.write(
    "jobs/acme.yaml",
    SINCE_JOB.replace("    full: Sun\n", "    full: Sun\n") +
      "  user_roles: { each: users, get: '/users/{parent.id}/roles', records: items, deletes: sweep-within-parent }\n",
  );
  await world.write("mappings/acme/users.yaml", USERS.replace("  roles: { from: roles, type: list }\n", ""));
  await world.write("mappings/acme/user_roles.yaml", "into: user_roles\nfields:\n  user: $parent.id\n  role: id\n");
  world.upstream.on("/users/{id}/roles", ({ params }) => ({
    body: { items: (world.users.find(({ id }) => id === params.id)?.roles ?? []).map((id) => ({ id })) },
  }));
  await world.sync();
  const held = "select count(*)::integer as held from mirror.user_roles";
  expect(await world.sql(held)).toEqual([{ held: 12 }]);
  users.clock += HOUR;
  users.put(person(3, { roles: ["r1"] }));
  const start = world.upstream.requests.length;
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", entities: { user_roles: { granted: 1, revoked: 1, after: 12 } } });
  const asked = world.upstream.requests.slice(start).filter(({ path }) => path.endsWith("/roles") && path !== "/roles");
  // Who is within the overlap is met again.
  expect(asked.map(({ path }) => path).sort()).toEqual(["/users/u12/roles", "/users/u3/roles"]);
});
