import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { RevertRequest } from "../../../src/domain/revert";
import type { RunReport } from "../../../src/domain/runs";
import { HoldStore } from "../../../src/mirror/hold-store";
import { dumpLive } from "../../support/dump-live";
import { FILES_WITH_CHILDREN } from "../../support/random-customer";
import { rewriteAudit } from "../../support/rewrite-audit";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, startWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

type Asked = Partial<RevertRequest> & { reason?: string };

/** With the number of changes that it is told to take. */
async function revert(run: number, { reason, ...asked }: Asked = {}, at = world): Promise<RunReport> {
  const request = { run, user: null, field: null, keepNewer: false, ...asked };
  const choices = { mode: "revert", ...(reason === undefined ? {} : { reason }) } as const;
  const told = await at.sync({ ...choices, revert: { ...request, expect: -1 } });
  const found = /takes (\d+) changes?/.exec(told.error?.message ?? "");
  return found === null ? told : at.sync({ ...choices, revert: { ...request, expect: Number(found[1]) } });
}

test.each(["before", "after"])("organizations that everybody got by accident, undone %s the repair", async (when) => {
  world.users = crowd(100);
  await world.sync();
  const before = world.users;
  const dump = await dumpLive(world);
  world.users = before.map((user) => ({ ...user, orgs: [...(user.orgs ?? []), "o1"] }));
  const { run } = await world.sync();
  if (when === "after") {
    world.users = before;
    expect(await world.sync()).toMatchObject({ outcome: "held", exitCode: 6 });
  }
  expect(await revert(run)).toMatchObject({ outcome: "ok" });
  expect(await dumpLive(world)).toEqual(dump);
  if (when === "before") expect(await world.sync()).toMatchObject({ outcome: "held", exitCode: 6 });
  world.users = before;
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await dumpLive(world)).toEqual(dump);
});

const pins = () =>
  world.sql(
    "select entity, key, related, kind, field, value from sync.pins order by entity, kind, key, related, field",
  );
const audit = (run: number) =>
  world.sql(
    `select entity, key, nullif(related, '') as related, kind, old, new, cause, actor, reason from audit.entries
     where run = $1 order by entity, key, related, kind`,
    [run],
  );

/** A night with every kind of change. */
function muchHappens(): void {
  const [ann, bob] = world.users;
  Object.assign(ann!, {
    name: "Ann B",
    email: "ann@example.com",
    department: "sales",
    roles: ["r1"],
    orgs: ["o1", "o2"],
  });
  Object.assign(bob!, { state: "off", department: "ops" });
  world.users.push({ id: "u4", login: "dora", state: "on", roles: ["r1", "r3"], orgs: ["o2"] });
  world.roles.push({ id: "r3", name: "Auditor", permissions: ["p2"] });
  world.roles[1]!.permissions = ["p2"];
  world.permissions[0]!.name = "read all";
  world.orgs = world.orgs.filter(({ id }) => id !== "o2");
  world.orgs[0]!.parent = null;
}

/** `u3` is gone for the second time, and was seen to be. */
async function leave(): Promise<void> {
  world.users = world.users.filter(({ id }) => id !== "u3");
}

describe("the mirror is as before", () => {
  test("a night with every kind of change, and the undoing of its undoing", async () => {
    const before = await dumpLive(world);
    muchHappens();
    await leave();
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "ok" });
    const after = await dumpLive(world);
    expect(after).not.toEqual(before);

    const undone = await revert(night.run, { reason: "wrong export" });
    expect(undone).toMatchObject({
      outcome: "ok",
      exitCode: 0,
      requests: 0,
      entities: {},
      hold: null,
      revert: { run: night.run, applied: true, newerTotal: 0, counts: { users: { restored: 1, gone: 1, changed: 2 } } },
    });
    expect(await dumpLive(world)).toEqual(before);
    expect(
      (await audit(undone.run)).every(({ reason, actor }) => reason === "wrong export" && actor === "test@here"),
    ).toBe(true);
    expect(await audit(undone.run)).toContainEqual({
      entity: "users",
      key: "u2",
      related: null,
      kind: "update",
      cause: "reverted",
      actor: "test@here",
      reason: "wrong export",
      old: { status: "disabled", attributes: { department: "ops" } },
      new: { status: "active", attributes: { department: null } },
    });

    const redone = await revert(undone.run);
    expect(redone.outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(after);
    // What was pinned is let happen, and nothing is left to do.
    expect(await pins()).toEqual([]);
    const quiet = await world.sync();
    expect([quiet.outcome, quiet.hold]).toEqual(["ok", null]);
    expect(await dumpLive(world)).toEqual(after);

    const again = await revert(redone.run);
    expect(again.outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(before);
  });

  test("a night that is undone already: nothing is left to undo, of newcomers and their links either", async () => {
    muchHappens();
    const night = await world.sync();
    await revert(night.run);
    const before = await dumpLive(world);
    expect(await revert(night.run)).toMatchObject({ outcome: "ok", error: null, revert: { changes: 0, counts: {} } });
    expect(await dumpLive(world)).toEqual(before);
  });

  test("a first load, whichever way it came", async () => {
    const [{ run }] = (await world.sql<{ run: number }>("select max(id)::int as run from sync.runs")) as [
      { run: number },
    ];
    const loaded = await dumpLive(world);
    const undone = await revert(run);
    expect(undone.revert).toMatchObject({ counts: { users: { gone: 3 }, orgs: { gone: 2 } } });
    const empty = (await dumpLive(world)) as Record<string, unknown[]>;
    expect(Object.values(empty).flat()).toEqual([]);
    // Everybody comes again, and waits.
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "held", hold: { count: 9, evidence: [{ rule: "reverted" }, {}, {}, {}] } });
    expect(await dumpLive(world)).toEqual(empty);
    await new HoldStore(world.database.knex).release(night.run, 9, "ops@desk", null);
    expect((await world.sync()).outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(loaded);
    expect(await pins()).toEqual([]);

    const other = await startWorld();
    other.users = crowd(50);
    const landed = await other.sync({ batches: { landsFrom: 1 } });
    expect(landed.notes[0]).toContain("written as they were read");
    const back = await revert(landed.run, {}, other);
    expect(back).toMatchObject({ outcome: "ok", revert: { counts: { users: { gone: 50 } } } });
    expect(Object.values((await dumpLive(other)) as Record<string, unknown[]>).flat()).toEqual([]);
    await other.close();
  });

  test("a hold that was released", async () => {
    world.users = crowd(40);
    await world.sync();
    await world.sync();
    const before = await dumpLive(world);
    for (const person of world.users.slice(0, 20)) person.state = "off";
    const held = await world.sync();
    expect(held).toMatchObject({ outcome: "held", hold: { count: 20 } });
    await new HoldStore(world.database.knex).release(held.run, 20, "ops@desk", null);
    const released = await world.sync();
    expect(recordsOf(released, "users").changed).toBe(20);
    const counted = () => world.sql("select coalesce(sum(count), 0)::int as count from sync.removals");
    const removals = await counted();
    const undone = await revert(released.run);
    expect(undone.revert?.changes).toBe(20);
    expect(await dumpLive(world)).toEqual(before);
    expect(await counted()).toEqual(removals);
  });

  test("one person read alone, and a plan that was applied", async () => {
    const before = await dumpLive(world);
    Object.assign(world.users[0]!, { name: "Other", roles: [] });
    const one = await world.sync({ user: "u1" });
    await revert(one.run);
    expect(await dumpLive(world)).toEqual(before);
    // Not what is pinned: that waits.
    world.users[1]!.name = "Robert";
    const planned = await world.plan();
    const applied = await world.sync({ planId: planned.plan });
    expect(recordsOf(applied, "users").changed).toBe(1);
    await revert(applied.run);
    expect(await dumpLive(world)).toEqual(before);
  });

  test("two people who swapped their names swap them back", async () => {
    const before = await dumpLive(world);
    const [ann, bob] = world.users;
    [ann!.login, bob!.login] = [bob!.login, ann!.login];
    const { run } = await world.sync();
    await revert(run);
    expect(await dumpLive(world)).toEqual(before);
  });
});

test("links of a child stream are put back with who stated them, and held by that", async () => {
  const other = await startWorld(FILES_WITH_CHILDREN);
  other.upstream.on("/roles/{id}/members", ({ params: { id = "" } }) => ({
    body: { items: other.users.filter(({ roles = [] }) => roles.includes(id)).map((person) => ({ id: person.id })) },
  }));
  const links = () =>
    other.sql("select user_key, role_key, origin, owner_key from mirror.user_roles order by 1, 2, 3, 4");
  await other.sync();
  const [before, stated] = [await dumpLive(other), await links()];
  other.users[0]!.roles = ["r2"];
  other.users[2]!.roles = ["r1"];
  const night = await other.sync();
  expect(await links()).not.toEqual(stated);
  const undone = await revert(night.run, {}, other);
  expect([undone.outcome, await dumpLive(other), await links()]).toEqual(["ok", before, stated]);
  const held = await other.sync();
  expect(held).toMatchObject({ outcome: "held", hold: { count: undone.revert?.changes } });
  expect([await dumpLive(other), await links()]).toEqual([before, stated]);
  other.users[0]!.roles = ["r1", "r2"];
  other.users[2]!.roles = [];
  expect(await other.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await other.sql("select from sync.pins")).toEqual([]);
  await other.close();
});

describe("what was undone stays undone", () => {
  test("also when keys are renamed", async () => {
    Object.assign(world.users[0]!, { name: "Other", roles: ["r1"] });
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(run);
    for (const person of world.users) person.uuid = `x-${person.id}`;
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    expect((await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 4 } })).outcome).toBe("ok");
    expect((await pins()).map(({ key }) => key)).toEqual(["x-u1", "x-u4", "x-u1"]);
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 3 } });
  });

  test("the same changes are held, and only they, until a person releases them", async () => {
    const [ann] = world.users;
    Object.assign(ann!, { name: "Other", department: "sales", roles: ["r1"], orgs: ["o1", "o2"] });
    const { run } = await world.sync();
    const before = await dumpLive(world);
    await revert(run);
    expect(await pins()).toEqual([
      { entity: "user_orgs", key: "u1", related: "o1", kind: "grant", field: "", value: null },
      { entity: "user_roles", key: "u1", related: "r2", kind: "revoke", field: "", value: null },
      { entity: "users", key: "u1", related: "", kind: "update", field: "attributes.department", value: "sales" },
      { entity: "users", key: "u1", related: "", kind: "update", field: "display_name", value: "Other" },
    ]);
    const undone = await dumpLive(world);
    // Something else of the same person goes through.
    ann!.email = "ann@example.com";
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "held", hold: { count: 3 } });
    expect(night.hold?.evidence.map(({ entity, rule, count }) => [entity, rule, count])).toEqual([
      ["users", "reverted", 1],
      ["user_orgs", "reverted", 1],
      ["user_roles", "reverted", 1],
    ]);
    expect(recordsOf(night, "users")).toMatchObject({ changed: 1, held: 1 });
    expect(await audit(night.run)).toMatchObject([
      { entity: "users", old: { email: null }, new: { email: "ann@example.com" } },
    ]);
    ann!.email = undefined;
    await world.sync();
    expect(await dumpLive(world)).toEqual(undone);

    // The same set again: the same hold, every night.
    const [open] = await new HoldStore(world.database.knex).list({ source: "acme", all: false });
    expect(open?.run).toBe(night.run);
    await new HoldStore(world.database.knex).release(night.run, 3, "ops@desk", "it was right after all");
    const released = await world.sync();
    expect(released.outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(before);
    expect(await pins()).toEqual([]);
  });

  test("until the upstream says something else", async () => {
    const [ann, bob] = world.users;
    ann!.name = "Wrong";
    bob!.name = "Robert";
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(run);
    expect((await pins()).map(({ key }) => key)).toEqual(["u4", "u1", "u2"]);
    ann!.name = "Ann";
    bob!.name = "Bobby";
    world.users.pop();
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "ok", hold: null });
    expect(await pins()).toEqual([]);
    expect(await world.sql("select display_name from mirror.users where tombstoned_at is null order by key")).toEqual([
      { display_name: "Ann" },
      { display_name: "Bobby" },
      { display_name: "Cem" },
    ]);
    // It says it anew, and means it.
    ann!.name = "Wrong";
    world.users.push({ id: "u4", login: "dora", state: "on" });
    expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  });

  test("an incomplete read, or one without a stream, lets go of nothing", async () => {
    world.users.push({ id: "u4", login: "dora", state: "on" });
    world.users = world.users.filter(({ id }) => id !== "u3");
    const { run } = await world.sync();
    await revert(run);
    const pinned = await pins();
    expect(pinned.map(({ kind, key }) => [kind, key])).toEqual([
      ["restore", "u4"],
      ["tombstone", "u3"],
    ]);
    world.usersList.fault(1, "truncated");
    expect((await world.sync()).outcome).toBe("incomplete");
    world.usersList.heal();
    await world.sync({ only: ["roles"] });
    expect(await pins()).toEqual(pinned);
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "held", hold: { count: 2 } });
    expect(recordsOf(night, "users")).toMatchObject({ before: 3, after: 3, absent: 0, held: 2 });
    expect(await pins()).toEqual(pinned);
  });

  test("a list that left out somebody who is still there lets go of nothing either", async () => {
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(run);
    const pinned = await pins();
    expect(pinned.map(({ kind, key }) => [kind, key])).toEqual([["restore", "u4"]]);
    const listed = () => world.users.filter(({ id }) => id !== "u3" && id !== "u4");
    world.upstream.serveList("/users", listed, { paging: "offset", pageSize: 10, total: "body" });
    expect((await world.sync()).outcome).toBe("incomplete");
    expect(await pins()).toEqual(pinned);
    world.upstream.serveList("/users", () => world.users, { paging: "offset", pageSize: 10, total: "body" });
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 1 } });
  });

  test("what is held for it does not count as a removal of the night", async () => {
    world.users = crowd(40);
    await world.sync();
    await world.sync();
    for (const person of world.users.slice(0, 15)) person.state = "off";
    const held = await world.sync();
    await new HoldStore(world.database.knex).release(held.run, 15, "ops@desk", null);
    const { run } = await world.sync();
    await revert(run);
    world.users[30]!.state = "off";
    const night = await world.sync();
    expect(night.hold?.evidence).toMatchObject([{ rule: "reverted", count: 15 }]);
    expect(recordsOf(night, "users").changed).toBe(1);
  });
});

describe("refused", () => {
  test("what changed since keeps the run from being undone, and is named; it may be left alone", async () => {
    const [ann, bob] = world.users;
    Object.assign(ann!, { name: "One", roles: ["r1"] });
    bob!.name = "Two";
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    Object.assign(ann!, { name: "Three", roles: ["r1", "r2"] });
    world.users[3]!.name = "Dora";
    const later = await world.sync();
    const before = await world.dump();
    const refused = await revert(run);
    expect(refused).toMatchObject({
      outcome: "drift",
      exitCode: 9,
      error: {
        code: "RUN020",
        fix: `nothing was changed; undo the later runs first (understudy runs acme), or leave alone what changed since: understudy revert ${run} --keep-newer`,
      },
      revert: {
        applied: false,
        newerTotal: 2,
        newer: [
          { entity: "users", key: "u1", field: "display_name", because: "has another value since", run: later.run },
          { entity: "users", key: "u4", field: null, because: "was changed since", run: later.run },
        ],
      },
    });
    expect(refused.error?.message).toBe(
      `2 things are no longer as run ${run} left them: ` +
        "users/u1 `display_name` has another value since; users/u4 was changed since",
    );
    expect(await world.dump()).toEqual(before);
    const kept = await revert(run, { keepNewer: true });
    expect(kept).toMatchObject({
      outcome: "ok",
      revert: { changes: 1 },
      notes: ["2 changed since and left alone", expect.anything()],
    });
    expect(await world.sql("select display_name from mirror.users order by key")).toEqual(
      ["Three", "Bob", "Cem", "Dora"].map((display_name) => ({ display_name })),
    );
  });

  test("a name that somebody took since", async () => {
    world.users[0]!.login = "anna";
    const { run } = await world.sync();
    world.users.push({ id: "u4", login: "Ann", state: "on" });
    await world.sync();
    const refused = await revert(run);
    expect(refused.revert?.newer).toMatchObject([
      { entity: "users", key: "u1", field: "username", because: "its `username` is held by users/u4" },
    ]);
  });

  test("a name that somebody took since, and what changed beside it", async () => {
    Object.assign(world.users[0]!, { login: "anna", name: "Anna" });
    const { run } = await world.sync();
    world.users.push({ id: "u4", login: "Ann", state: "on" });
    await world.sync();
    const kept = await revert(run, { keepNewer: true });
    expect(kept).toMatchObject({ outcome: "ok", revert: { changes: 1, newerTotal: 1 } });
    expect(await world.sql("select username, display_name from mirror.users where key = 'u1'")).toEqual([
      { username: "anna", display_name: "Ann" },
    ]);
  });

  test("what is as before already needs nothing, also when a person undoes it twice", async () => {
    const [ann] = world.users;
    const was = structuredClone(world.users);
    Object.assign(ann!, { name: "One", roles: ["r1"], orgs: ["o1"], department: "sales" });
    world.users.splice(2, 1, { id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    world.users = was;
    await world.sync();
    await world.sync();
    const before = await dumpLive(world);
    const undoing = { run, user: null, field: null, keepNewer: false, expect: 7 };
    const nothing = await world.sync({ mode: "revert", revert: undoing });
    expect(nothing).toMatchObject({
      outcome: "ok",
      revert: { changes: 0, newerTotal: 0 },
      notes: ["there was nothing to put back: everything else is as it was before"],
    });
    expect([await dumpLive(world), await pins()]).toEqual([before, []]);

    world.users[0]!.name = "Two";
    const night = await world.sync();
    await revert(night.run);
    const after = [await dumpLive(world), await pins()];
    expect(after[1]).toHaveLength(1);
    expect((await world.sync({ mode: "revert", revert: { ...undoing, run: night.run, expect: 1 } })).outcome).toBe(
      "ok",
    );
    expect([await dumpLive(world), await pins()]).toEqual(after);
  });

  test("another number of changes than was seen", async () => {
    world.users[0]!.name = "One";
    const { run } = await world.sync();
    const before = await world.dump();
    const revertOf = { run, user: null, field: null, keepNewer: false, expect: 2 };
    expect(await world.sync({ mode: "revert", revert: revertOf })).toMatchObject({
      exitCode: 2,
      error: { code: "USE004", message: `undoing run ${run} takes 1 change, not 2; none was made` },
    });
    expect(await world.dump()).toEqual(before);
  });

  test("runs that cannot be undone say why", async () => {
    const plan = await world.plan();
    const because = async (run: number) => (await revert(run)).error?.message;
    expect(await because(plan.run)).toBe(`run ${plan.run} cannot be undone: it was a plan, which changes nothing`);
    expect(await because(4711)).toBe("`acme` has no run 4711");
    world.users[0]!.name = "One";
    const night = await world.sync();
    for (const person of world.users) person.uuid = `x-${person.id}`;
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    const rekey = await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
    expect(rekey.outcome).toBe("ok");
    expect(await because(rekey.run)).toContain("it renamed keys, which is undone by renaming them back");
    expect(await because(night.run)).toContain(`run ${rekey.run} has renamed keys since`);
    await world.sql("delete from sync.rekeys");
    await rewriteAudit(world.database, `update audit.entries set old = null, new = null where run = ${night.run}`);
    expect(await because(night.run)).toContain("was erased since");
    await rewriteAudit(world.database, "delete from audit.entries where run = 1");
    expect(await because(1)).toContain("the audit of that time is not kept any more");
    await world.sql("update sync.sources set retired_at = now()");
    expect(await because(night.run)).toContain("its source is retired");
    await world.sql("update sync.sources set retired_at = null");
    await world.sql("update sync.runs set state = 'running' where id = $1", [night.run]);
    expect(await because(night.run)).toContain("it has not ended yet");
  });
});

describe("a part of a run", () => {
  beforeEach(() => {
    Object.assign(world.users[0]!, { name: "One", department: "sales", roles: ["r1"] });
    Object.assign(world.users[1]!, { name: "Two", roles: ["r1", "r2"] });
    world.users.push({ id: "u4", login: "dora", state: "on" });
  });
  const changed = async (asked: Asked) => {
    const { run } = await world.sync();
    const undone = await revert(run, asked);
    expect(undone.error).toBeNull();
    return (await audit(undone.run)).map(({ entity, key, related, kind, new: values }) =>
      [kind, entity, key, related, ...Object.keys((values as object | null) ?? {})].filter(Boolean).join(" "),
    );
  };

  test("one person", async () => {
    expect(await changed({ user: "u1" })).toEqual([
      "grant user_roles u1 r2",
      "update users u1 attributes display_name",
    ]);
  });
  test("one field", async () => {
    expect(await changed({ field: "display_name" })).toEqual([
      "update users u1 display_name",
      "update users u2 display_name",
    ]);
  });
  test("one attribute of one person", async () => {
    expect(await changed({ user: "u1", field: "attributes.department" })).toEqual(["update users u1 attributes"]);
    expect(await pins()).toMatchObject([{ field: "attributes.department" }]);
  });
  test("one list", async () => {
    expect(await changed({ field: "roles" })).toEqual(["grant user_roles u1 r2", "revoke user_roles u2 r1"]);
  });
  test("a field of which nothing changed is a mistake", async () => {
    const { run } = await world.sync();
    expect((await revert(run, { field: "emial" })).error).toMatchObject({
      code: "USE003",
      message: `run ${run} changed no \`emial\``,
      fix: "it changed: attributes.department, display_name, roles",
    });
  });
});

test("what a stream stated that is called otherwise since is undone under its name of today", async () => {
  world.users[0]!.roles = ["r2"];
  const { run } = await world.sync();
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rename(join(world.home, "mappings/acme/users.yaml"), join(world.home, "mappings/acme/people.yaml"));
  await world.sync();
  expect(await revert(run)).toMatchObject({ outcome: "ok", revert: { counts: { user_roles: { granted: 1 } } } });
  expect(await world.sql("select distinct origin from mirror.user_roles")).toEqual([{ origin: "people.roles" }]);
  const night = await world.sync();
  expect(night).toMatchObject({ outcome: "held", hold: { count: 1, evidence: [{ rule: "reverted" }] } });
  await new HoldStore(world.database.knex).release(night.run, 1, "ops@desk", "right after all");
  expect(linksOf(await world.sync({ release: night.run }), "user_roles")).toMatchObject({ revoked: 1 });
});
