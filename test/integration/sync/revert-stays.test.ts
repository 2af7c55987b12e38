/** What a person undid stays undone, though the customer's system says the same again, until somebody or it says otherwise. */
import { HoldStore } from "../../../src/mirror/hold-store";
import { dumpLive } from "../../support/dump-live";
import { auditOf, pinsOf, revert } from "../../support/undo-run";
import { crowd, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

describe("what was undone stays undone", () => {
  test("also when keys are renamed", async () => {
    Object.assign(world.users[0]!, { name: "Other", roles: ["r1"] });
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(world, run);
    for (const person of world.users) person.uuid = `x-${person.id}`;
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    expect((await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 4 } })).outcome).toBe("ok");
    expect((await pinsOf(world)).map(({ key }) => key)).toEqual(["x-u1", "x-u4", "x-u1"]);
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 3 } });
  });

  test("the same changes are held, and only they, until a person releases them", async () => {
    const [ann] = world.users;
    Object.assign(ann!, { name: "Other", department: "sales", roles: ["r1"], orgs: ["o1", "o2"] });
    const { run } = await world.sync();
    const before = await dumpLive(world);
    await revert(world, run);
    expect(await pinsOf(world)).toEqual([
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
    expect(await auditOf(world, night.run)).toMatchObject([
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
    expect(await pinsOf(world)).toEqual([]);
  });

  test("until the upstream says something else", async () => {
    const [ann, bob] = world.users;
    ann!.name = "Wrong";
    bob!.name = "Robert";
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(world, run);
    expect((await pinsOf(world)).map(({ key }) => key)).toEqual(["u4", "u1", "u2"]);
    ann!.name = "Ann";
    bob!.name = "Bobby";
    world.users.pop();
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "ok", hold: null });
    expect(await pinsOf(world)).toEqual([]);
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
    await revert(world, run);
    const pinned = await pinsOf(world);
    expect(pinned.map(({ kind, key }) => [kind, key])).toEqual([
      ["restore", "u4"],
      ["tombstone", "u3"],
    ]);
    world.usersList.fault(1, "truncated");
    expect((await world.sync()).outcome).toBe("incomplete");
    world.usersList.heal();
    await world.sync({ only: ["roles"] });
    expect(await pinsOf(world)).toEqual(pinned);
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "held", hold: { count: 2 } });
    expect(recordsOf(night, "users")).toMatchObject({ before: 3, after: 3, absent: 0, held: 2 });
    expect(await pinsOf(world)).toEqual(pinned);
  });

  test("a list that left out somebody who is still there lets go of nothing either", async () => {
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    await revert(world, run);
    const pinned = await pinsOf(world);
    expect(pinned.map(({ kind, key }) => [kind, key])).toEqual([["restore", "u4"]]);
    // Of Cem, who is disabled, nothing would be proven by reading him alone.
    const listed = () => world.users.filter(({ id }) => id !== "u2" && id !== "u4");
    world.upstream.serveList("/users", listed, { paging: "offset", pageSize: 10, total: "body" });
    expect((await world.sync()).outcome).toBe("incomplete");
    expect(await pinsOf(world)).toEqual(pinned);
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
    await revert(world, run);
    world.users[30]!.state = "off";
    const night = await world.sync();
    expect(night.hold?.evidence).toMatchObject([{ rule: "reverted", count: 15 }]);
    expect(recordsOf(night, "users").changed).toBe(1);
  });
});
