/** What a person lets through, and when: bound to what was seen, to the upstream at that moment, and to a day. */
import { HoldStore } from "../../../src/mirror/hold-store";
import { crowd, JOB, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
let holds: HoldStore;
beforeEach(async () => {
  world = await startSyncedWorld({}, (one) => {
    one.users = crowd(40);
  });
  holds = new HoldStore(world.database.knex);
});
afterEach(() => world.close());

const states = async () => (await holds.list({ source: null, all: true })).map(({ run, state }) => [run, state]);
const night = { kind: "schedule", by: "schedule" } as const;
const live = async () =>
  Number(
    (await world.sql<{ count: number }>("select count(*) from mirror.users where tombstoned_at is null"))[0]?.count,
  );

/** Twelve of forty have left. */
async function holdTwelve(): Promise<number> {
  world.users = crowd(40).slice(12);
  const { run, hold } = await world.sync();
  expect(hold).toMatchObject({ run, count: 12 });
  return run;
}

describe("a release asks the upstream again", () => {
  test("who answers alone, though the list leaves them out, goes as little as the others; the release stays for its day", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    world.upstream.on("/users/{id}", ({ params }) => {
      const found = crowd(40).find(({ id }) => id === params.id);
      return found === undefined || params.id === "u1" ? { status: 404 } : { body: found };
    });
    const report = await world.sync({ release: held });
    expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
    expect(recordsOf(report, "users")).toMatchObject({
      gone: 0,
      incompleteBecause: expect.stringMatching(/left out 11 users that still answer/),
    });
    expect(await states()).toEqual([[held, "released"]]);
    expect(await live()).toBe(40);
  });

  test("each of them is asked for, and somebody who is known to be there before and after", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    const before = world.upstream.requests.length;
    expect(await world.sync({ release: held })).toMatchObject({ outcome: "ok" });
    const alone = world.upstream.requests.slice(before).filter(({ path }) => /^\/users\/u\d+$/.test(path));
    expect(alone).toHaveLength(14);
    expect(alone[0]?.path).toBe(alone.at(-1)?.path);
    expect(await live()).toBe(28);
  });

  test("by night it is as good as by day, and the audit names who let it", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops@desk", "site closed");
    world.users[0]!.name = "Renamed";
    const report = await world.sync(night);
    expect(recordsOf(report, "users")).toMatchObject({ gone: 12, changed: 1 });
    expect(
      await world.sql("select distinct kind, actor, reason from audit.entries where run = $1 order by kind", [
        report.run,
      ]),
    ).toEqual([
      { kind: "revoke", actor: "schedule", reason: null },
      { kind: "tombstone", actor: "ops@desk", reason: "site closed" },
      { kind: "update", actor: "schedule", reason: null },
    ]);
    expect(await world.sql("select sum(count) from sync.removals")).toEqual([{ sum: null }]);
  });

  test("what goes beside it counts for the week", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    // No removal of a person, but one of a role: it is judged by itself.
    world.users[0]!.roles = [];
    expect(await world.sync({ release: held })).toMatchObject({ outcome: "ok" });
    expect(await world.sql("select entity, count from sync.removals")).toEqual([{ entity: "user_roles", count: 1 }]);
  });

  test("after a day it is none, and the same set is held anew", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    await world.sql("update sync.holds set expires_at = now() - interval '1 second'");
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { run: report.run, count: 12, state: "open" } });
    expect(await states()).toEqual([
      [report.run, "open"],
      [held, "expired"],
    ]);
  });
});

describe("a release that lets nothing through is told", () => {
  test.each<readonly [string, number, string, string]>([
    ["when everybody is back", 0, "ok", "of its 12 changes 0 are held again"],
    ["when some are back", 10, "held", "of its 12 changes 10 are held again"],
    ["when more have left", 14, "held", "of its 12 changes 12 are held again, with 2 others"],
  ])("%s", async (_, gone, outcome, told) => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    world.users = crowd(40).slice(gone);
    const report = await world.sync({ release: held });
    expect(report).toMatchObject({ outcome });
    expect(report.notes).toContain(`the release of run ${held} let nothing through: ${told}`);
    expect((await states()).at(-1)).toEqual([held, "replaced"]);
  });

  test("also by a run that read too little to end it", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    world.upstream.on("/users", () => ({ body: "<html>" }));
    const report = await world.sync({ release: held });
    expect(report).toMatchObject({ outcome: "incomplete" });
    expect(report.notes).toContain(
      `the release of run ${held} let nothing through: of its 12 changes 0 are held again; it stands until it expires`,
    );
    expect(await states()).toEqual([[held, "released"]]);
  });

  test("but by no run that was not to read everything", async () => {
    const held = await holdTwelve();
    await holds.release(held, 12, "ops", null);
    for (const options of [{ user: "u40" }, { only: ["orgs" as const] }]) {
      const { notes } = await world.sync(options);
      expect(notes.join("\n")).not.toContain("let nothing through");
    }
    expect(recordsOf(await world.sync({ release: held }), "users")).toMatchObject({ gone: 12 });
  });
});

describe("who conflicts with others", () => {
  test("does not come back under a hold that a release cannot empty", async () => {
    // Many lose their roles, and two of them want the name of a third: they are rejected, and keep what they have.
    for (const user of world.users.slice(0, 14)) user.roles = [];
    Object.assign(world.users[0]!, { login: "user30" });
    Object.assign(world.users[1]!, { login: "user30" });
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { count: 12 } });
    await holds.release(report.run, 12, "ops", null);
    expect(await world.sync({ release: report.run })).toMatchObject({ outcome: "rejects", hold: null });
    const quiet = await world.sync();
    expect(quiet).toMatchObject({ outcome: "rejects", hold: null, plan: (await world.plan()).plan });
    expect(
      await world.sql("select user_key from mirror.user_roles where user_key in ('u1', 'u2', 'u3') order by 1"),
    ).toEqual([{ user_key: "u1" }, { user_key: "u2" }]);
  });

  test("with somebody who is held is rejected, and comes with the run after the release", async () => {
    world.users = [...crowd(40).slice(12), { id: "u99", login: "user1", state: "on" }];
    const report = await world.sync();
    expect(report).toMatchObject({ hold: { count: 12 }, rejects: [{ key: "u99", code: "MAP031" }] });
    await holds.release(report.run, 12, "ops", null);
    expect(recordsOf(await world.sync({ release: report.run }), "users")).toMatchObject({
      gone: 12,
      new: 0,
      rejected: 1,
    });
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ new: 1, rejected: 0 });
  });
});

describe("an edit that nobody has looked at", () => {
  const FILTERED = JOB.replace("get: /users\n", "get: /staff\n");
  const filter = (name = "/staff") => {
    world.upstream.serveList(name, () => world.users.slice(1), { paging: "offset", pageSize: 10, total: "body" });
    world.upstream.on("/users/{id}", ({ params }) => {
      const found = world.users.slice(1).find(({ id }) => id === params.id);
      return found === undefined ? { status: 404 } : { body: found };
    });
  };

  test("removes nobody by night, however few; by day, after its plan, it does", async () => {
    filter();
    await world.write("jobs/acme.yaml", FILTERED);
    const report = await world.sync(night);
    expect(report).toMatchObject({
      outcome: "held",
      hold: { count: 1, evidence: [{ rule: "edited", count: 1, of: 40 }] },
    });
    expect(await world.sync(night)).toMatchObject({ outcome: "held", hold: { run: report.run } });
    // Nobody watches that one either.
    const afterAnOutage = { kind: "logins", by: "logins" } as const;
    expect(await world.sync(afterAnOutage)).toMatchObject({ outcome: "held", hold: { run: report.run } });
    const planned = await world.plan();
    expect(planned).toMatchObject({ outcome: "ok" });
    expect(recordsOf(planned, "users")).toMatchObject({ gone: 1 });
    expect(recordsOf(await world.sync(night), "users")).toMatchObject({ gone: 1, held: 0 });
  });

  test("a plan of a part, or of a source that could not be read, is no look at it", async () => {
    filter();
    await world.write("jobs/acme.yaml", FILTERED);
    await world.plan({ only: ["users"] });
    world.rolesList.fault(1, "truncated");
    await world.plan();
    world.rolesList.heal();
    expect(await world.sync(night)).toMatchObject({ outcome: "held" });
  });

  test("its removals go when a person runs it, or releases just them", async () => {
    filter();
    await world.write("jobs/acme.yaml", FILTERED);
    const { run } = await world.sync(night);
    await holds.release(run, 1, "ops", null);
    // It is not the same set any more, so it is held although a person asked for the run.
    world.users = world.users.filter(({ id }) => id !== "u2");
    const moved = await world.sync({ release: run });
    expect(moved).toMatchObject({ outcome: "held", hold: { run: moved.run, count: 2 } });
    await holds.release(moved.run, 2, "ops", null);
    expect(recordsOf(await world.sync({ release: moved.run }), "users")).toMatchObject({ gone: 2 });
    // From now on the files are known.
    world.users.pop();
    expect(recordsOf(await world.sync(night), "users")).toMatchObject({ gone: 1, held: 0 });
  });

  test("holds nothing else, and is no question any more once it removed nobody", async () => {
    await world.write("mappings/acme/users.yaml", USERS.replace("display_name: name", "display_name: [name, login]"));
    world.users[0]!.name = "Renamed";
    world.users.push({ id: "u50", login: "new", state: "on" });
    expect(await world.sync(night)).toMatchObject({ outcome: "ok" });
    world.users.pop();
    expect(recordsOf(await world.sync(night), "users")).toMatchObject({ gone: 1, held: 0 });
  });

  test("schedule, rate, host and safeguards are no edit", async () => {
    const edited = JOB.replace("concurrency: 4", "concurrency: 2, rate: 500/s").replace(
      "entities:",
      'safeguard: { removals: 7% }\nschedule: { cron: "0 3 * * *" }\nentities:',
    );
    await world.write("jobs/acme.yaml", edited);
    world.users.pop();
    expect(recordsOf(await world.sync(night), "users")).toMatchObject({ gone: 1 });
  });
});

describe("two witnesses, by what the upstream hides", () => {
  /** The list shows `listed`, a single read finds `found`. */
  const hide = (listed: (id: string) => boolean, found: (id: string) => boolean): void => {
    const all = crowd(40);
    world.users = all.filter(({ id }) => listed(String(id)));
    world.upstream.on("/users/{id}", ({ params: { id = "" } }) => {
      const one = all.find((user) => user.id === id);
      return one !== undefined && found(id) ? { body: one } : { status: 404 };
    });
  };
  const isFirst = (id: string) => id === "u1";
  const everybody = () => true;
  const nobody = () => false;

  test("people from the list alone: the list is disproved", async () => {
    hide((id) => !isFirst(id), everybody);
    expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
    expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
    expect(await live()).toBe(40);
  });

  test("people from the single read alone: nobody is missing, so nobody is asked for", async () => {
    hide(everybody, nobody);
    const before = world.upstream.requests.length;
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(world.upstream.requests.slice(before).filter(({ path }) => path.startsWith("/users/"))).toEqual([]);
    expect(await live()).toBe(40);
  });

  test("one from the list, and everybody from the single read: lost rights, which are no witness", async () => {
    hide((id) => !isFirst(id), nobody);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
    expect(await live()).toBe(40);
    // The second complete list is one.
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1 });
  });

  test("many from both, as if they were gone: more than a few wait for a person", async () => {
    hide(
      (id) => Number(id.slice(1)) > 12,
      (id) => Number(id.slice(1)) > 12,
    );
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 12 } });
    expect(await live()).toBe(40);
  });

  test("everybody from both: an empty answer, and nobody is there to be known", async () => {
    hide(nobody, nobody);
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { count: 40, evidence: [{ rule: "empty" }] } });
    await holds.release(report.run, 40, "ops", null);
    // Released by mistake: it is the second complete list that misses them, and a person said so.
    expect(recordsOf(await world.sync({ release: report.run }), "users")).toMatchObject({ gone: 40 });
    hide(everybody, everybody);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 40, new: 0 });
  });

  test("one from both is gone, which is what it looks like; back again with the same id and history", async () => {
    const [before] = await world.sql("select id, created_at from mirror.users where key = 'u1'");
    hide(
      (id) => !isFirst(id),
      (id) => !isFirst(id),
    );
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1 });
    hide(everybody, everybody);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1 });
    expect(await world.sql("select id, created_at from mirror.users where key = 'u1'")).toEqual([before]);
  });
});
