import { rename } from "node:fs/promises";
import { join } from "node:path";
import { HoldStore } from "../../../src/mirror/hold-store";
import { dumpLive } from "../../support/dump-live";
import { FILES_WITH_CHILDREN } from "../../support/random-customer";
import { type Asked, auditOf, pinsOf, revert } from "../../support/undo-run";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

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
  expect(await revert(world, run)).toMatchObject({ outcome: "ok" });
  expect(await dumpLive(world)).toEqual(dump);
  if (when === "before") expect(await world.sync()).toMatchObject({ outcome: "held", exitCode: 6 });
  world.users = before;
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await dumpLive(world)).toEqual(dump);
});

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

    const undone = await revert(world, night.run, { reason: "wrong export" });
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
      (await auditOf(world, undone.run)).every(
        ({ reason, actor }) => reason === "wrong export" && actor === "test@here",
      ),
    ).toBe(true);
    expect(await auditOf(world, undone.run)).toContainEqual({
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

    const redone = await revert(world, undone.run);
    expect(redone.outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(after);
    // What was pinned is let happen, and nothing is left to do.
    expect(await pinsOf(world)).toEqual([]);
    const quiet = await world.sync();
    expect([quiet.outcome, quiet.hold]).toEqual(["ok", null]);
    expect(await dumpLive(world)).toEqual(after);

    const again = await revert(world, redone.run);
    expect(again.outcome).toBe("ok");
    expect(await dumpLive(world)).toEqual(before);
  });

  test("a night that is undone already: nothing is left to undo, of newcomers and their links either", async () => {
    muchHappens();
    const night = await world.sync();
    await revert(world, night.run);
    const before = await dumpLive(world);
    expect(await revert(world, night.run)).toMatchObject({
      outcome: "ok",
      error: null,
      revert: { changes: 0, counts: {} },
    });
    expect(await dumpLive(world)).toEqual(before);
  });

  test("a first load, whichever way it came", async () => {
    const [{ run }] = (await world.sql<{ run: number }>("select max(id)::int as run from sync.runs")) as [
      { run: number },
    ];
    const loaded = await dumpLive(world);
    const undone = await revert(world, run);
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
    expect(await pinsOf(world)).toEqual([]);

    const other = await startWorld();
    other.users = crowd(50);
    const landed = await other.sync({ batches: { landsFrom: 1 } });
    expect(landed.notes[0]).toContain("written as they were read");
    const back = await revert(other, landed.run);
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
    const undone = await revert(world, released.run);
    expect(undone.revert?.changes).toBe(20);
    expect(await dumpLive(world)).toEqual(before);
    expect(await counted()).toEqual(removals);
  });

  test("one person read alone, and a plan that was applied", async () => {
    const before = await dumpLive(world);
    Object.assign(world.users[0]!, { name: "Other", roles: [] });
    const one = await world.sync({ user: "u1" });
    await revert(world, one.run);
    expect(await dumpLive(world)).toEqual(before);
    // Not what is pinned: that waits.
    world.users[1]!.name = "Robert";
    const planned = await world.plan();
    const applied = await world.sync({ planId: planned.plan });
    expect(recordsOf(applied, "users").changed).toBe(1);
    await revert(world, applied.run);
    expect(await dumpLive(world)).toEqual(before);
  });

  test("two people who swapped their names swap them back", async () => {
    const before = await dumpLive(world);
    const [ann, bob] = world.users;
    [ann!.login, bob!.login] = [bob!.login, ann!.login];
    const { run } = await world.sync();
    await revert(world, run);
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
  const undone = await revert(other, night.run);
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

describe("a part of a run", () => {
  beforeEach(() => {
    Object.assign(world.users[0]!, { name: "One", department: "sales", roles: ["r1"] });
    Object.assign(world.users[1]!, { name: "Two", roles: ["r1", "r2"] });
    world.users.push({ id: "u4", login: "dora", state: "on" });
  });
  const changed = async (asked: Asked) => {
    const { run } = await world.sync();
    const undone = await revert(world, run, asked);
    expect(undone.error).toBeNull();
    return (await auditOf(world, undone.run)).map(({ entity, key, related, kind, new: values }) =>
      [kind, entity, key, related, ...Object.keys((values as object | null) ?? {})].filter(Boolean).join(" "),
    );
  };

  test("undoes what the run did to one person, and nothing else of it", async () => {
    expect(await changed({ user: "u1" })).toEqual([
      "grant user_roles u1 r2",
      "update users u1 attributes display_name",
    ]);
  });
  test("undoes one field of everybody", async () => {
    expect(await changed({ field: "display_name" })).toEqual([
      "update users u1 display_name",
      "update users u2 display_name",
    ]);
  });
  test("undoes one attribute of one person, and holds that alone", async () => {
    expect(await changed({ user: "u1", field: "attributes.department" })).toEqual(["update users u1 attributes"]);
    expect(await pinsOf(world)).toMatchObject([{ field: "attributes.department" }]);
  });
  test("undoes one list of everybody", async () => {
    expect(await changed({ field: "roles" })).toEqual(["grant user_roles u1 r2", "revoke user_roles u2 r1"]);
  });
  test("is none where it names a field of which nothing changed", async () => {
    const { run } = await world.sync();
    expect((await revert(world, run, { field: "emial" })).error).toMatchObject({
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
  expect(await revert(world, run)).toMatchObject({ outcome: "ok", revert: { counts: { user_roles: { granted: 1 } } } });
  expect(await world.sql("select distinct origin from mirror.user_roles")).toEqual([{ origin: "people.roles" }]);
  const night = await world.sync();
  expect(night).toMatchObject({ outcome: "held", hold: { count: 1, evidence: [{ rule: "reverted" }] } });
  await new HoldStore(world.database.knex).release(night.run, 1, "ops@desk", "right after all");
  expect(linksOf(await world.sync({ release: night.run }), "user_roles")).toMatchObject({ revoked: 1 });
});
