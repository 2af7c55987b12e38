/** A run that was interrupted, and the next one, which goes on from where it was (G13). */

import { Failure } from "../../../src/domain/errors";
import { HoldStore } from "../../../src/mirror/hold-store";
import type { RunChoices } from "../../support/create-runner";
import { CURSOR_JOB, EVERY_PAGE, InterruptibleWorld } from "../../support/interruptible-world";
import { startSyncProcess } from "../../support/sync-process";
import { JOB, recordsOf, type World } from "../../support/world";

let world: World;
let paged: InterruptibleWorld;
beforeEach(async () => {
  paged = await InterruptibleWorld.start();
  world = paged.world;
});
afterEach(() => world.close());

test.each([2, 5, 8])("a first run interrupted at page %i of 8 goes on there, counted as one", async (page) => {
  const start = world.upstream.requests.length;
  const first = await paged.interruptAt(page);
  expect(paged.pagesSince(start)).toEqual(Array.from({ length: page }, (_, index) => index + 1));
  expect(await world.sql("select from mirror.users")).toEqual([]);

  const resumed = world.upstream.requests.length;
  const report = await paged.sync();
  expect(paged.pagesSince(resumed)).toEqual(Array.from({ length: 9 - page }, (_, index) => index + page));
  expect(paged.pathsSince(resumed)).toEqual(["/users"]);
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true, after: 75 });
  expect(recordsOf(report, "roles")).toMatchObject({ fetched: 2, new: 2, complete: true });
  const read = `2 orgs, 2 permissions, 2 roles and ${(page - 1) * 10} users`;
  expect(report.notes).toEqual([`goes on from run ${first.run}, which was interrupted after ${read}`]);
  expect(report.requests).toBe(world.upstream.requests.length - start);
  await paged.nothingIsLeftToDo();
});

test("records that were met as the mirror has them stay met", async () => {
  await paged.sync();
  world.users[33]!.name = "Changed";
  await paged.interruptAt(6);
  const report = await paged.sync();
  expect(report.outcome).toBe("ok");
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, changed: 1, unparsed: 74, same: 74, gone: 0 });
  await paged.nothingIsLeftToDo();
});

test("who was read before the interruption, and is in the mirror since, is not told to have come otherwise", async () => {
  paged.list.fault(6, "503");
  const first = await paged.sync();
  expect(first).toMatchObject({ outcome: "upstream", exitCode: 4 });
  expect(recordsOf(first, "users")).toMatchObject({ new: 50, volatile: false });
  const start = world.upstream.requests.length;
  const second = await paged.sync();
  expect(paged.pagesSince(start)).toEqual([6]);
  expect(second).toMatchObject({ outcome: "upstream" });
  expect(recordsOf(second, "users")).toMatchObject({ fetched: 50, same: 50, volatile: false });
});

test("whoever is gone is found as in one run, and who comes on two pages of two runs is no proof", async () => {
  await paged.sync();
  world.users.splice(10, 1);
  await paged.interruptAt(4);
  expect(recordsOf(await paged.sync(), "users")).toMatchObject({ fetched: 74, gone: 1, complete: true });

  world.users.splice(10, 1);
  await paged.interruptAt(4);
  world.users[60] = { ...world.users[3]! };
  const report = await paged.sync();
  expect(report).toMatchObject({ outcome: "incomplete" });
  expect(recordsOf(report, "users")).toMatchObject({ duplicates: 1, gone: 0 });
});

test("a run that goes on may be interrupted as well", async () => {
  const start = world.upstream.requests.length;
  await paged.interruptAt(3);
  const second = await paged.interruptAt(6);
  const resumed = world.upstream.requests.length;
  const report = await paged.sync();
  expect(paged.pagesSince(resumed)).toEqual([6, 7, 8]);
  expect(report.notes).toEqual([
    expect.stringContaining(`goes on from run ${second.run}, which was interrupted after`),
  ]);
  expect(report.requests).toBe(world.upstream.requests.length - start);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75 });
  await paged.nothingIsLeftToDo();
});

test("what is read when an upstream goes out of reach is applied, and the next run goes on from there", async () => {
  paged.strike(5, () => ({ status: 503 }));
  const first = await paged.sync();
  paged.list.heal();
  expect(first).toMatchObject({ outcome: "upstream" });
  expect(recordsOf(first, "users")).toMatchObject({ new: 40, complete: false, after: 40 });

  const resumed = world.upstream.requests.length;
  const report = await paged.sync();
  expect(paged.pagesSince(resumed)).toEqual([5, 6, 7, 8]);
  expect(report).toMatchObject({ outcome: "ok" });
  expect(report.notes[0]).toMatch(/^goes on from run \d+, which was interrupted after .* and 40 users$/);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, same: 40, complete: true, before: 40 });
  await paged.nothingIsLeftToDo();
});

test("a list that was read before the upstream went out of reach is one witness, whichever runs rest on it", async () => {
  await world.write("jobs/acme.yaml", CURSOR_JOB.replace(/(roles: .*)sweep-now/, "$1sweep"));
  world.roles.push({ id: "r3", name: "Guest" });
  await paged.sync();
  world.roles.pop();
  paged.strike(5, () => ({ status: 503 }));
  expect(await paged.sync()).toMatchObject({ outcome: "upstream" });
  paged.list.heal();
  const before = world.upstream.requests.length;
  expect(recordsOf(await paged.sync(), "roles")).toMatchObject({ fetched: 2, gone: 0, absent: 1, complete: true });
  expect(paged.pathsSince(before)).toEqual(["/users"]);
  expect(recordsOf(await paged.sync(), "roles")).toMatchObject({ gone: 1, absent: 0 });
});

test("what a person lets through is read again, also where the run that held it was interrupted", async () => {
  await world.write("jobs/acme.yaml", CURSOR_JOB.replace(/(roles: .*)sweep-now/, "$1sweep"));
  const all = world.roles;
  world.roles = [...all, ...Array.from({ length: 12 }, (_, n) => ({ id: `x${n}`, name: `Extra ${n}` }))];
  await paged.sync();
  world.roles = all;
  paged.strike(5, () => ({ status: 503 }));
  const { run, hold } = await paged.sync();
  paged.list.heal();
  expect(hold).toMatchObject({ run, count: 12 });
  await new HoldStore(world.database.knex).release(run, 12, "ops@desk", null);
  const before = world.upstream.requests.length;
  const report = await paged.sync({ release: run });
  expect(paged.pathsSince(before)).toContain("/roles");
  expect(report.notes).toContainEqual(
    `run ${run} was interrupted, but a release waits, for which everything is read again: starts anew`,
  );
  expect(recordsOf(report, "roles")).toMatchObject({ gone: 12 });
});

test("of a release whose own run was interrupted nothing is said to have been released since", async () => {
  await paged.sync();
  world.users = world.users.slice(30);
  const { hold } = await paged.sync();
  const held = hold?.run ?? 0;
  await new HoldStore(world.database.knex).release(held, 30, "ops@desk", null);
  const { run } = await paged.interruptAt(3, { release: held });
  const report = await paged.sync();
  expect(report.notes).toContain(
    `run ${run} was interrupted, but a release waits, for which everything is read again: starts anew`,
  );
  expect(recordsOf(report, "users")).toMatchObject({ gone: 30 });
});

test("an upstream may go out of reach again and again", async () => {
  for (const page of [3, 5, 8]) {
    paged.strike(page, () => ({ status: 503 }));
    expect(await paged.sync()).toMatchObject({
      outcome: "upstream",
      entities: { users: { fetched: (page - 1) * 10 } },
    });
    paged.list.heal();
  }
  const resumed = world.upstream.requests.length;
  expect(recordsOf(await paged.sync(), "users")).toMatchObject({ fetched: 75, new: 5, same: 70, complete: true });
  expect(paged.pagesSince(resumed)).toEqual([8]);
  await paged.nothingIsLeftToDo();
});

test("a conflict that a later page solves is solved over the interruption", async () => {
  await paged.sync();
  // The newcomer on the first page takes the name that somebody on the last one gives up.
  world.users.unshift({ id: "u0", login: "user75", state: "on" });
  world.users.at(-1)!.login = "renamed";
  paged.strike(5, () => ({ status: 503 }));
  const first = await paged.sync();
  paged.list.heal();
  expect(first).toMatchObject({
    outcome: "upstream",
    rejects: [expect.objectContaining({ key: "u0", code: "MAP031" })],
  });
  const report = await paged.sync();
  expect(report).toMatchObject({ outcome: "ok", rejects: [] });
  expect(recordsOf(report, "users")).toMatchObject({ new: 1, changed: 1, rejected: 0 });
  await paged.nothingIsLeftToDo();
});

test.each(["compare", "confirm", "apply"] as const)(
  "a run interrupted in its phase %s reads nothing again",
  async (phase) => {
    const ending = new AbortController();
    const tell: RunChoices["tell"] = (event) => {
      if (event.type === "phase" && event.phase === phase) ending.abort(new Failure("RUN004", "told to end"));
    };
    expect(await paged.sync({ signal: ending.signal, tell })).toMatchObject({ outcome: "interrupted" });
    const resumed = world.upstream.requests.length;
    const report = await paged.sync();
    expect(paged.pathsSince(resumed)).toEqual([]);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true });
    await paged.nothingIsLeftToDo();
  },
);

test("paging that cannot be gone on with begins anew, and only that stream", async () => {
  await world.write("jobs/acme.yaml", JOB);
  paged.list = world.upstream.serveList("/users", () => world.users, { paging: "offset", pageSize: 10, total: "body" });
  const ending = new AbortController();
  paged.list.fault(5, () => {
    ending.abort(new Failure("RUN004", "told to end"));
    return { status: 500 };
  });
  await paged.sync({ signal: ending.signal });
  paged.list.heal();
  const resumed = world.upstream.requests.length;
  const report = await paged.sync();
  expect(paged.pathsSince(resumed)).toEqual(["/users"]);
  expect(world.upstream.requests.slice(resumed)).toHaveLength(8);
  expect(report.notes).toEqual([expect.stringMatching(/after 2 orgs, 2 permissions and 2 roles$/)]);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true });
  await paged.nothingIsLeftToDo();
});

test("a run that only looks at one person leaves what is to be gone on from", async () => {
  await paged.sync();
  await paged.interruptAt(4);
  await world.plan({ user: "u1" });
  const resumed = world.upstream.requests.length;
  await paged.sync();
  expect(paged.pagesSince(resumed)).toEqual([4, 5, 6, 7, 8]);
});

test("the children of the page under way are read again with it, those before are not", async () => {
  await world.write(
    "jobs/acme.yaml",
    CURSOR_JOB.replace("roles: [sweep", "roles: [sweep").concat(
      "  grants: { each: users, get: '/users/{parent.id}/roles', records: items, deletes: sweep-within-parent }\n",
    ),
  );
  await world.write(
    "mappings/acme/grants.yaml",
    "into: user_roles\nfields:\n  user: { from: $parent.id, required: true }\n  role: { from: id, required: true }\n",
  );
  const asked: string[] = [];
  world.upstream.on("/users/{id}/roles", ({ params }) => {
    asked.push(String(params.id));
    return { body: { items: [{ id: "r1" }] } };
  });
  await paged.interruptAt(4);
  const before = new Set(asked.splice(0));
  const report = await paged.sync();
  expect(asked.filter((id) => before.has(id))).toEqual([]);
  expect(before.size + asked.length).toBe(75);
  expect(report.outcome).toBe("ok");
  expect(report.entities).toMatchObject({ user_roles: { granted: 150 } });
  await paged.nothingIsLeftToDo();
});

test("a paused run that was taken for dead is ended by whoever works on its stage next, and writes nothing", async () => {
  // It never gets this page.
  paged.list.fault(4, "hang");
  const paused = startSyncProcess(world, { options: { batches: EVERY_PAGE } });
  await paged.areKept(3);
  paused.signal("SIGSTOP");
  await world.sql("update sync.sources set lease_until = now() - interval '1 s'");
  // As a scheduler does, which leaves no trace of the session.
  expect(await world.sql("select sync.end_dead_run(id, state) as ended from sync.runs")).toEqual([{ ended: true }]);
  paged.list.heal();
  const report = await paged.sync();
  expect(report.notes).toEqual([expect.stringContaining("goes on from run")]);
  const before = await world.dump();
  paused.signal("SIGCONT");
  expect(await paused.ended).toMatchObject({ outcome: "busy", error: { code: "RUN003" } });
  expect(await world.dump()).toEqual(before);
  await paged.nothingIsLeftToDo();
});

test("a run leaves nothing behind of what it read", async () => {
  await paged.sync();
  const [stage] = await world.sql<{ name: string }>(
    "select nspname as name from pg_namespace where nspname like 'stage%'",
  );
  const tables = await world.sql<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace = $1::regnamespace",
    [stage?.name],
  );
  expect(tables.length).toBeGreaterThan(15);
  for (const { name } of tables) expect([name, await world.sql(`select from ${name}`)]).toEqual([name, []]);
});

test("what a run writes is told as of the moment at which it writes, however long the second witness took", async () => {
  await paged.sync();
  world.users.splice(0, 1);
  let asked: unknown = null;
  world.upstream.on("/users/{id}", async ({ params }) => {
    [asked] = await world.sql("select clock_timestamp()::text as at");
    const found = world.users.find((person) => person.id === params.id);
    return found === undefined ? { status: 404 } : { body: found };
  });
  expect(recordsOf(await paged.sync(), "users")).toMatchObject({ gone: 1 });
  const { at } = asked as { at: string };
  const earlier = `select from audit.entries e where e.run = (select max(run) from audit.entries) and e.at <= $1::timestamptz
    union all select from mirror.users where tombstoned_at <= $1::timestamptz`;
  expect(await world.sql(earlier, [at])).toEqual([]);
});
