/** A run that was interrupted, and the next one, which goes on from where it was (G13). */

import { Failure } from "../../../src/domain/errors";
import type { RunReport } from "../../../src/domain/runs";
import { HoldStore } from "../../../src/mirror/hold-store";
import type { RunChoices } from "../../support/create-runner";
import { eventually } from "../../support/eventually";
import { startSyncProcess } from "../../support/sync-process";
import type { List } from "../../support/upstream-list";
import { crowd, JOB, recordsOf, startWorld, USERS, type World } from "../../support/world";

/** A checkpoint with every page. */
const EVERY_PAGE = { rows: 1, checkpointEvery: 0 };

const CURSOR_JOB = JOB.replace(
  "page: { offset: offset, size: limit=10, total: total }",
  "page: { cursor: next, as: after, size: limit=10, total: total }",
);

let world: World;
let list: List;
beforeEach(async () => {
  world = await startWorld({ "jobs/acme.yaml": CURSOR_JOB });
  list = world.upstream.serveList("/users", () => world.users, { paging: "cursor", pageSize: 10, total: "body" });
  world.users = crowd(75);
});
afterEach(() => world.close());

const sync = (choices: RunChoices = {}): Promise<RunReport> => world.sync({ batches: EVERY_PAGE, ...choices });

/** The numbers of the users' pages that were asked for since then. */
function pagesSince(start: number): readonly number[] {
  const asked = world.upstream.requests.slice(start).filter(({ path }) => path === "/users");
  return asked.map(({ query }) => Number((query.get("after") ?? "c-0").replace("c-", "")) / 10 + 1);
}

const pathsSince = (start: number): readonly string[] => [
  ...new Set(world.upstream.requests.slice(start).map(({ path }) => path)),
];

/** Resolves when so many pages of the users are in a checkpoint. */
async function areKept(pages: number): Promise<void> {
  const kept = `select from sync.checkpoints, json_array_elements(streams) as state
    where state ->> 'stream' = 'users' and (state #>> '{counted,pages}')::integer >= $1`;
  await eventually(
    () => world.sql(kept, [pages]),
    (rows) => rows.length > 0,
  );
}

/** Holds back that page of the users until all before it are kept, and then does something else with it. */
const strike = (page: number, then: () => { status?: number; body?: unknown }): void =>
  list.fault(page, async () => {
    await areKept(page - 1);
    return then();
  });

/** A run that is told to end while it waits for that page of the users. */
async function interruptAt(page: number, choices: RunChoices = {}): Promise<RunReport> {
  const ending = new AbortController();
  strike(page, () => {
    ending.abort(new Failure("RUN004", "the worker was told to end"));
    return { status: 500 };
  });
  const report = await sync({ signal: ending.signal, ...choices });
  list.heal();
  expect(report).toMatchObject({ outcome: "interrupted", error: { code: "RUN004" } });
  return report;
}

async function nothingIsLeftToDo(): Promise<void> {
  const planned = await world.plan();
  expect(planned.outcome).toBe("ok");
  for (const counts of Object.values(planned.entities))
    expect(counts).toMatchObject("fetched" in counts ? { new: 0, changed: 0, gone: 0 } : { granted: 0, revoked: 0 });
  const twice = "select from audit.entries group by entity, key, related, scope, origin, kind having count(*) > 1";
  expect(await world.sql(twice)).toEqual([]);
  expect(await world.sql("select from sync.checkpoints")).toEqual([]);
}

test.each([2, 5, 8])("a first run interrupted at page %i of 8 goes on there, counted as one", async (page) => {
  const start = world.upstream.requests.length;
  const first = await interruptAt(page);
  expect(pagesSince(start)).toEqual(Array.from({ length: page }, (_, index) => index + 1));
  expect(await world.sql("select from mirror.users")).toEqual([]);

  const resumed = world.upstream.requests.length;
  const report = await sync();
  expect(pagesSince(resumed)).toEqual(Array.from({ length: 9 - page }, (_, index) => index + page));
  expect(pathsSince(resumed)).toEqual(["/users"]);
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true, after: 75 });
  expect(recordsOf(report, "roles")).toMatchObject({ fetched: 2, new: 2, complete: true });
  const read = `2 orgs, 2 permissions, 2 roles and ${(page - 1) * 10} users`;
  expect(report.notes).toEqual([`goes on from run ${first.run}, which was interrupted after ${read}`]);
  expect(report.requests).toBe(world.upstream.requests.length - start);
  await nothingIsLeftToDo();
});

test("records that were met as the mirror has them stay met", async () => {
  await sync();
  world.users[33]!.name = "Changed";
  await interruptAt(6);
  const report = await sync();
  expect(report.outcome).toBe("ok");
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, changed: 1, unparsed: 74, same: 74, gone: 0 });
  await nothingIsLeftToDo();
});

test("whoever is gone is found as in one run, and who comes on two pages of two runs is no proof", async () => {
  await sync();
  world.users.splice(10, 1);
  await interruptAt(4);
  expect(recordsOf(await sync(), "users")).toMatchObject({ fetched: 74, gone: 1, complete: true });

  world.users.splice(10, 1);
  await interruptAt(4);
  world.users[60] = { ...world.users[3]! };
  const report = await sync();
  expect(report).toMatchObject({ outcome: "incomplete" });
  expect(recordsOf(report, "users")).toMatchObject({ duplicates: 1, gone: 0 });
});

test("a run that goes on may be interrupted as well", async () => {
  const start = world.upstream.requests.length;
  await interruptAt(3);
  const second = await interruptAt(6);
  const resumed = world.upstream.requests.length;
  const report = await sync();
  expect(pagesSince(resumed)).toEqual([6, 7, 8]);
  expect(report.notes).toEqual([
    expect.stringContaining(`goes on from run ${second.run}, which was interrupted after`),
  ]);
  expect(report.requests).toBe(world.upstream.requests.length - start);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75 });
  await nothingIsLeftToDo();
});

test("what is read when an upstream goes out of reach is applied, and the next run goes on from there", async () => {
  strike(5, () => ({ status: 503 }));
  const first = await sync();
  list.heal();
  expect(first).toMatchObject({ outcome: "upstream" });
  expect(recordsOf(first, "users")).toMatchObject({ new: 40, complete: false, after: 40 });

  const resumed = world.upstream.requests.length;
  const report = await sync();
  expect(pagesSince(resumed)).toEqual([5, 6, 7, 8]);
  expect(report).toMatchObject({ outcome: "ok" });
  expect(report.notes[0]).toMatch(/^goes on from run \d+, which was interrupted after .* and 40 users$/);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, same: 40, complete: true, before: 40 });
  await nothingIsLeftToDo();
});

test("a list that was read before the upstream went out of reach is one witness, whichever runs rest on it", async () => {
  await world.write("jobs/acme.yaml", CURSOR_JOB.replace(/(roles: .*)sweep-now/, "$1sweep"));
  world.roles.push({ id: "r3", name: "Guest" });
  await sync();
  world.roles.pop();
  strike(5, () => ({ status: 503 }));
  expect(await sync()).toMatchObject({ outcome: "upstream" });
  list.heal();
  const before = world.upstream.requests.length;
  expect(recordsOf(await sync(), "roles")).toMatchObject({ fetched: 2, gone: 0, absent: 1, complete: true });
  expect(pathsSince(before)).toEqual(["/users"]);
  expect(recordsOf(await sync(), "roles")).toMatchObject({ gone: 1, absent: 0 });
});

test("what a person lets through is read again, also where the run that held it was interrupted", async () => {
  await world.write("jobs/acme.yaml", CURSOR_JOB.replace(/(roles: .*)sweep-now/, "$1sweep"));
  const all = world.roles;
  world.roles = [...all, ...Array.from({ length: 12 }, (_, n) => ({ id: `x${n}`, name: `Extra ${n}` }))];
  await sync();
  world.roles = all;
  strike(5, () => ({ status: 503 }));
  const { run, hold } = await sync();
  list.heal();
  expect(hold).toMatchObject({ run, count: 12 });
  await new HoldStore(world.database.knex).release(run, 12, "ops@desk", null);
  const before = world.upstream.requests.length;
  const report = await sync({ release: run });
  expect(pathsSince(before)).toContain("/roles");
  expect(report.notes).toContainEqual(
    `run ${run} was interrupted, but a release waits, for which everything is read again: starts anew`,
  );
  expect(recordsOf(report, "roles")).toMatchObject({ gone: 12 });
});

test("of a release whose own run was interrupted nothing is said to have been released since", async () => {
  await sync();
  world.users = world.users.slice(30);
  const { hold } = await sync();
  const held = hold?.run ?? 0;
  await new HoldStore(world.database.knex).release(held, 30, "ops@desk", null);
  const { run } = await interruptAt(3, { release: held });
  const report = await sync();
  expect(report.notes).toContain(
    `run ${run} was interrupted, but a release waits, for which everything is read again: starts anew`,
  );
  expect(recordsOf(report, "users")).toMatchObject({ gone: 30 });
});

test("an upstream may go out of reach again and again", async () => {
  for (const page of [3, 5, 8]) {
    strike(page, () => ({ status: 503 }));
    expect(await sync()).toMatchObject({ outcome: "upstream", entities: { users: { fetched: (page - 1) * 10 } } });
    list.heal();
  }
  const resumed = world.upstream.requests.length;
  expect(recordsOf(await sync(), "users")).toMatchObject({ fetched: 75, new: 5, same: 70, complete: true });
  expect(pagesSince(resumed)).toEqual([8]);
  await nothingIsLeftToDo();
});

test("a conflict that a later page solves is solved over the interruption", async () => {
  await sync();
  // The newcomer on the first page takes the name that somebody on the last one gives up.
  world.users.unshift({ id: "u0", login: "user75", state: "on" });
  world.users.at(-1)!.login = "renamed";
  strike(5, () => ({ status: 503 }));
  const first = await sync();
  list.heal();
  expect(first).toMatchObject({
    outcome: "upstream",
    rejects: [expect.objectContaining({ key: "u0", code: "MAP031" })],
  });
  const report = await sync();
  expect(report).toMatchObject({ outcome: "ok", rejects: [] });
  expect(recordsOf(report, "users")).toMatchObject({ new: 1, changed: 1, rejected: 0 });
  await nothingIsLeftToDo();
});

test.each(["compare", "confirm", "apply"] as const)(
  "a run interrupted in its phase %s reads nothing again",
  async (phase) => {
    const ending = new AbortController();
    const tell: RunChoices["tell"] = (event) => {
      if (event.type === "phase" && event.phase === phase) ending.abort(new Failure("RUN004", "told to end"));
    };
    expect(await sync({ signal: ending.signal, tell })).toMatchObject({ outcome: "interrupted" });
    const resumed = world.upstream.requests.length;
    const report = await sync();
    expect(pathsSince(resumed)).toEqual([]);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true });
    await nothingIsLeftToDo();
  },
);

test("paging that cannot be gone on with begins anew, and only that stream", async () => {
  await world.write("jobs/acme.yaml", JOB);
  list = world.upstream.serveList("/users", () => world.users, { paging: "offset", pageSize: 10, total: "body" });
  const ending = new AbortController();
  list.fault(5, () => {
    ending.abort(new Failure("RUN004", "told to end"));
    return { status: 500 };
  });
  await sync({ signal: ending.signal });
  list.heal();
  const resumed = world.upstream.requests.length;
  const report = await sync();
  expect(pathsSince(resumed)).toEqual(["/users"]);
  expect(world.upstream.requests.slice(resumed)).toHaveLength(8);
  expect(report.notes).toEqual([expect.stringMatching(/after 2 orgs, 2 permissions and 2 roles$/)]);
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true });
  await nothingIsLeftToDo();
});

describe("starts anew, and says why", () => {
  const startsAnew = async (because: string, choices: RunChoices = {}): Promise<void> => {
    const interrupted = await interruptAt(4);
    return expectAnew(interrupted, because, choices);
  };
  const expectAnew = async (interrupted: RunReport, because: string, choices: RunChoices = {}): Promise<void> => {
    const resumed = world.upstream.requests.length;
    const report = await sync(choices);
    expect(pagesSince(resumed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report.notes[0]).toBe(`run ${interrupted.run} was interrupted${because}: starts anew`);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, complete: true });
    if (Object.keys(choices).length === 0) await nothingIsLeftToDo();
  };

  test("when it is asked for something else", async () => {
    await startsAnew(", but was asked for something else", { only: ["users"] });
  });

  test("when it was to apply and now only plans", () =>
    startsAnew(", but was asked for something else", { mode: "plan" }));

  test("when a mapping was edited since", async () => {
    const interrupted = await interruptAt(4);
    await world.write("mappings/acme/users.yaml", USERS.replace("display_name: name", "display_name: login"));
    await expectAnew(interrupted, ", but its job or mappings were edited since");
    expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([
      { display_name: "user1" },
    ]);
  });

  test("when the paging was edited since", async () => {
    const interrupted = await interruptAt(4);
    await world.write(
      "jobs/acme.yaml",
      CURSOR_JOB.replace("size: limit=10, total: total }\n    deletes", "size: limit=20, total: total }\n    deletes"),
    );
    await expectAnew(interrupted, ", but its job or mappings were edited since");
  });

  test("after an hour", async () => {
    const interrupted = await interruptAt(4);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    await expectAnew(interrupted, " more than an hour ago");
  });

  test("when another run wrote to the mirror in between", async () => {
    await sync();
    const interrupted = await interruptAt(4);
    world.users[0]!.name = "Ann";
    await world.sync({ user: "u1" });
    await expectAnew(interrupted, ", but another run has written to the mirror since");
  });

  test("when the stage was made by another version", async () => {
    const interrupted = await interruptAt(4);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`comment on schema ${stage?.name} is 'older'; drop table ${stage?.name}.stage_skips`);
    await expectAnew(interrupted, ", but what it had read is gone from the database");
  });

  test("when the stage is not what it was, as after a crash of the database", async () => {
    const interrupted = await interruptAt(4);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`truncate ${stage?.name}.stage_users`);
    await expectAnew(interrupted, ", but what it had read is gone from the database");
  });
});

test("a run that only looks at one person leaves what is to be gone on from", async () => {
  await sync();
  await interruptAt(4);
  await world.plan({ user: "u1" });
  const resumed = world.upstream.requests.length;
  await sync();
  expect(pagesSince(resumed)).toEqual([4, 5, 6, 7, 8]);
});

test("after a run that failed, and after an incomplete one, nobody goes on", async () => {
  await interruptAt(4);
  await world.sql("update sync.runs set outcome = 'failed' where outcome = 'interrupted'");
  let start = world.upstream.requests.length;
  list.fault(6, "missing");
  expect(await sync()).toMatchObject({ outcome: "incomplete", notes: [] });
  expect(pagesSince(start)[0]).toBe(1);
  list.heal();
  start = world.upstream.requests.length;
  expect(await sync()).toMatchObject({ outcome: "ok", notes: [] });
  expect(pagesSince(start)[0]).toBe(1);
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
  await interruptAt(4);
  const before = new Set(asked.splice(0));
  const report = await sync();
  expect(asked.filter((id) => before.has(id))).toEqual([]);
  expect(before.size + asked.length).toBe(75);
  expect(report.outcome).toBe("ok");
  expect(report.entities).toMatchObject({ user_roles: { granted: 150 } });
  await nothingIsLeftToDo();
});

test("a paused run that was taken for dead is ended by whoever works on its stage next, and writes nothing", async () => {
  // It never gets this page.
  list.fault(4, "hang");
  const paused = startSyncProcess(world, { options: { batches: EVERY_PAGE } });
  await areKept(3);
  paused.signal("SIGSTOP");
  await world.sql("update sync.sources set lease_until = now() - interval '1 s'");
  // As a scheduler does, which leaves no trace of the session.
  expect(await world.sql("select sync.end_dead_run(id, state) as ended from sync.runs")).toEqual([{ ended: true }]);
  list.heal();
  const report = await sync();
  expect(report.notes).toEqual([expect.stringContaining("goes on from run")]);
  const before = await world.dump();
  paused.signal("SIGCONT");
  expect(await paused.ended).toMatchObject({ outcome: "busy", error: { code: "RUN003" } });
  expect(await world.dump()).toEqual(before);
  await nothingIsLeftToDo();
});

test("a run leaves nothing behind of what it read", async () => {
  await sync();
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

describe("a first load that lands", () => {
  const LANDING = { batches: { ...EVERY_PAGE, landsFrom: 1 } };
  const heldRoles = () =>
    world.sql<{ user_key: string; effective: boolean }>("select user_key, effective from mirror.user_roles order by 1");

  test.each([2, 5, 8])("and is interrupted at page %i of 8 goes on landing there, counted as one", async (page) => {
    const first = await interruptAt(page, LANDING);
    expect(await world.sql("select from mirror.users")).toHaveLength((page - 1) * 10);

    const resumed = world.upstream.requests.length;
    const report = await sync(LANDING);
    expect(pagesSince(resumed)).toEqual(Array.from({ length: 9 - page }, (_, index) => index + page));
    expect(pathsSince(resumed)).toEqual(["/users"]);
    expect(report).toMatchObject({ outcome: "ok", error: null, plan: null });
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 75,
      new: 75,
      same: 0,
      unparsed: 0,
      before: 0,
      after: 75,
      complete: true,
    });
    expect(report.entities.user_roles).toMatchObject({ granted: 75, before: 0, after: 75 });
    expect(report.notes).toEqual([
      expect.stringContaining(`goes on from run ${first.run}`),
      expect.stringMatching(/^2 orgs, 2 permissions, 2 roles, 75 users written as they were read/),
    ]);
    expect(recordsOf(await sync(LANDING), "users")).toMatchObject({ unparsed: 75, same: 75 });
    await nothingIsLeftToDo();
  });

  test("and is not gone on with has the passwords of those who landed all the same", async () => {
    const users = USERS.replace("attributes:", "password: { from: proof, format: bcrypt }\nattributes:");
    await world.write("mappings/acme/users.yaml", users);
    for (const person of world.users) person.proof = `$2b$05$${"a".repeat(53)}`;
    await interruptAt(5, LANDING);
    expect(await world.sql("select from mirror.users")).toHaveLength(40);
    await world.sql("update sync.checkpoints set at = at - interval '2 hours'");
    expect(await sync(LANDING)).toMatchObject({ outcome: "ok", passwords: { usable: 75 } });
    expect(await world.sql("select from login.verifiers where imported is not null")).toHaveLength(75);
    await nothingIsLeftToDo();
  });

  test("twice interrupted, and once by its upstream", async () => {
    await interruptAt(3, LANDING);
    strike(5, () => ({ status: 503 }));
    expect(await sync(LANDING)).toMatchObject({ outcome: "upstream" });
    list.heal();
    await interruptAt(7, LANDING);
    const report = await sync(LANDING);
    expect(report.outcome).toBe("ok");
    // What the run told of that lost its upstream is not new any more.
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, same: 40, before: 40, after: 75 });
    await nothingIsLeftToDo();
  });

  test("and is interrupted takes back, when it goes on, who comes on a later page as a reject", async () => {
    world.users[12] = { id: "again", login: "first", state: "on", roles: ["r1"] };
    world.users[60] = { id: "again", login: null, state: "on" };
    await interruptAt(5, LANDING);
    const report = await sync(LANDING);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 74,
      new: 73,
      same: 0,
      rejected: 1,
      gone: 0,
      before: 0,
      after: 73,
      complete: false,
    });
    expect(await world.sql("select from mirror.users where tombstoned_at is null and key = 'again'")).toEqual([]);
  });

  test("and was met by a run that lost its upstream is read again where somebody had to leave for another's name", async () => {
    await interruptAt(4, LANDING);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    const { id, login } = world.users[4]!;
    const other = world.users[40]!;
    const own = other.login;
    other.login = login;
    strike(7, () => ({ status: 503 }));
    const both = [id, other.id].sort().map((key) => ({ key }));
    expect(await sync(LANDING)).toMatchObject({ outcome: "upstream", rejects: both });
    list.heal();

    const resumed = world.upstream.requests.length;
    const report = await sync(LANDING);
    expect(pagesSince(resumed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report).toMatchObject({ outcome: "rejects", error: null, rejects: both });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, rejected: 2, after: 73 });
    other.login = own;
    expect(recordsOf(await sync(LANDING), "users")).toMatchObject({ fetched: 75, rejected: 0, healed: 2, after: 75 });
    expect(recordsOf(await sync(LANDING), "users")).toMatchObject({ unparsed: 75, same: 75 });
  });

  test("by paging that cannot be gone on with: what landed is known", async () => {
    await world.write("jobs/acme.yaml", JOB);
    list = world.upstream.serveList("/users", () => world.users, { paging: "offset", pageSize: 10, total: "body" });
    const ending = new AbortController();
    list.fault(5, () => {
      ending.abort(new Failure("RUN004", "told to end"));
      return { status: 500 };
    });
    await sync({ ...LANDING, signal: ending.signal });
    list.heal();
    const report = await sync(LANDING);
    const landed = recordsOf(report, "users").before;
    expect(landed).toBeGreaterThan(0);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 75,
      new: 75 - landed,
      unparsed: landed,
      complete: true,
    });
    await nothingIsLeftToDo();
  });

  test("whose mapping is edited then: everything changes, and nobody has to release it", async () => {
    await interruptAt(5, LANDING);
    await world.write(
      "mappings/acme/users.yaml",
      USERS.replace("display_name: name", "display_name: login").replace('skip: state = "staged"', 'skip: id = "u3"'),
    );
    const report = await sync(LANDING);
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, changed: 39, gone: 1, after: 74 });
    await nothingIsLeftToDo();
  });

  test("whose key is edited then: those it had are gone at once", async () => {
    await interruptAt(5, LANDING);
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: login"));
    const report = await sync(LANDING);
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, gone: 40, after: 75 });
    await nothingIsLeftToDo();
  });

  test("and of which all is gone from the stage is known all the same", async () => {
    await interruptAt(5, LANDING);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`truncate ${stage?.name}.stage_landed`);
    const report = await sync(LANDING);
    expect(report.notes[0]).toContain("is gone from the database: starts anew");
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, unparsed: 40, after: 75 });
    await nothingIsLeftToDo();
  });

  test("a role that was read, and is gone before it got into the mirror, gives nobody anything", async () => {
    // The roles are too few to land.
    const few = { batches: { ...EVERY_PAGE, landsFrom: 5 } };
    await interruptAt(5, few);
    expect((await heldRoles()).every(({ effective }) => effective)).toBe(true);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    world.roles = world.roles.filter(({ id }) => id !== "r2");
    await sync(few);
    const held = await heldRoles();
    expect(held).toHaveLength(75);
    expect(held.some(({ effective }) => effective)).toBe(false);
    expect(
      await world.sql(
        "select cause, count(*)::integer from audit.entries where entity = 'user_roles' and kind = 'revoke' group by 1",
      ),
    ).toEqual([{ cause: "end-gone", count: 40 }]);
  });
});

test("what a run writes is told as of the moment at which it writes, however long the second witness took", async () => {
  await sync();
  world.users.splice(0, 1);
  let asked: unknown = null;
  world.upstream.on("/users/{id}", async ({ params }) => {
    [asked] = await world.sql("select clock_timestamp()::text as at");
    const found = world.users.find((person) => person.id === params.id);
    return found === undefined ? { status: 404 } : { body: found };
  });
  expect(recordsOf(await sync(), "users")).toMatchObject({ gone: 1 });
  const { at } = asked as { at: string };
  const earlier = `select from audit.entries e where e.run = (select max(run) from audit.entries) and e.at <= $1::timestamptz
    union all select from mirror.users where tombstoned_at <= $1::timestamptz`;
  expect(await world.sql(earlier, [at])).toEqual([]);
});
