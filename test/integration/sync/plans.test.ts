import { PlanStore } from "../../../src/mirror/plan-store";
import { recordsOf, startSyncedWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

function change(): void {
  world.users[0]!.roles = ["r1"];
  world.users[1]!.state = "off";
  world.users[2] = { id: "u4", login: "dora", name: "Dora", state: "on", roles: ["r2"] };
  world.roles[1]!.permissions = ["p1", "p2"];
}

test("a plan changes nothing, and a sync has the plan's hash", async () => {
  const before = await world.dump();
  change();
  const planned = await world.plan();
  expect(planned).toMatchObject({ outcome: "ok", exitCode: 0 });
  expect(recordsOf(planned, "users")).toMatchObject({ new: 1, changed: 2, gone: 1, after: 3 });
  expect(await world.dump()).toEqual(before);
  expect(await world.sql("select count(*)::int from audit.entries where run = $1", [planned.run])).toEqual([
    { count: 0 },
  ]);
  const synced = await world.sync();
  expect(synced.plan).toBe(planned.plan);
  expect(synced.entities).toEqual(planned.entities);
});

test("a plan tells who gains and loses what, losses first", async () => {
  change();
  const { plan } = await world.plan();
  const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
  expect(listed.map((one) => [one.name, one.effect, one.what, one.targetName])).toEqual([
    ["Ann", "loses", "role", "Reader"],
    ["Bob", "loses", "sign-in", null],
    ["Cem", "loses", "organization", "Head office"],
    ["Dora", "gains", "sign-in", null],
    ["Dora", "gains", "role", "Reader"],
    ["Reader", "gains", "permission", "write"],
  ]);
  expect(listed.at(-1)).toMatchObject({ subject: "role", holders: 2 });
});

test("a role that moves to another organization is told with both", async () => {
  world.users[0]!.roles = [{ role: "r1", org: "o1" }];
  await world.sync();
  world.users[0]!.roles = [{ role: "r1", org: "o2" }, "r2"];
  const { plan } = await world.plan();
  const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
  expect(listed.map((one) => [one.effect, one.target, one.scope])).toEqual([
    ["loses", "r1", "o1"],
    ["gains", "r1", "o2"],
    ["gains", "r2", null],
  ]);
});

test("who has a role from us as well neither loses nor gains it by a list; who goes loses it all the same", async () => {
  await world.sql(
    `insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
     select 'acme', key, 'r2', now(), 'ops@desk', 'stand-in' from mirror.users`,
  );
  const told = async () => {
    const { plan } = await world.plan();
    const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
    return listed.filter(({ what }) => what === "role").map(({ user, effect, target }) => [user, effect, target]);
  };
  world.users[0]!.roles = ["r1"];
  world.users[2]!.roles = ["r1", "r2"];
  expect(await told()).toEqual([["u3", "gains", "r1"]]);
  await world.sql("delete from mirror.local_grants");
  await world.sql("insert into mirror.default_roles (source, role_key) values ('acme', 'r2')");
  expect(await told()).toEqual([["u3", "gains", "r1"]]);
  world.users[1]!.state = "purged";
  expect(await told()).toEqual([
    ["u2", "loses", "r2"],
    ["u3", "gains", "r1"],
  ]);
});

test("a permission that a role gains is told with all who hold that role, also from us", async () => {
  world.roles[0]!.permissions = ["p1"];
  const holders = async () => {
    const { plan } = await world.plan();
    const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
    return listed.map((one) => one.holders);
  };
  expect(await holders()).toEqual([1]);
  await world.sql(
    `insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
     select 'acme', key, 'r1', now(), 'ops@desk', 'stand-in' from mirror.users where key in ('u1', 'u2')`,
  );
  expect(await holders()).toEqual([2]);
  await world.sql("insert into mirror.default_roles (source, role_key) values ('acme', 'r1')");
  expect(await holders()).toEqual([3]);
});

test("who could not sign in loses nothing by going, and gains nothing by returning as they were", async () => {
  world.users.push({ id: "u4", login: "dora", state: "off" }, { id: "u5", login: "eve", state: "on" });
  await world.sync();
  const told = async () => {
    const { plan } = await world.plan();
    const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
    return listed.filter(({ what }) => what === "sign-in").map(({ user, effect }) => [user, effect]);
  };
  const [dora, eve] = world.users.splice(3, 2);
  expect(await told()).toEqual([["u5", "loses"]]);
  await world.sync();
  expect(await world.sql("select key from mirror.users where tombstoned_at is not null order by key")).toHaveLength(2);
  world.users.push(dora!, eve!);
  expect(await told()).toEqual([["u5", "gains"]]);
});

test("a plan is none any more once a run has read the source again, though that found nothing to change", async () => {
  const was = structuredClone(world.users);
  change();
  const { plan } = await world.plan();
  world.users = was;
  world.users[0]!.name = "Ann";
  const before = await world.dump();
  await world.sync({ user: "u1" });
  expect(await world.sync({ planId: plan })).toMatchObject({
    outcome: "drift",
    exitCode: 9,
    error: { code: "RUN002" },
  });
  expect(await world.dump()).toEqual(before);
});

test("a stored plan is applied exactly, without asking the upstream again", async () => {
  change();
  const planned = await world.plan();
  const asked = world.upstream.requests.length;
  world.users[0]!.name = "Moved on";
  const applied = await world.sync({ planId: planned.plan });
  expect(applied).toMatchObject({ outcome: "ok", requests: 0, plan: planned.plan, entities: planned.entities });
  expect(world.upstream.requests.length).toBe(asked);
  expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([{ display_name: "Ann" }]);
  const rest = await world.sync();
  expect(recordsOf(rest, "users")).toMatchObject({ changed: 1, new: 0, gone: 0 });
});

test.each([
  ["a row it changes", (w: World) => (w.users[0]!.name = "Moved on")],
  ["a row it creates", (w: World) => w.users.push({ id: "u4", login: "dora", state: "on" })],
  ["a link it revokes", (w: World) => (w.users[0]!.roles = ["r1"])],
])("a plan is refused when %s has moved since", async (_what, move) => {
  const [was, roles] = [structuredClone(world.users), structuredClone(world.roles)];
  change();
  world.users[0]!.name = "Planned";
  const planned = await world.plan();
  Object.assign(world, { users: was, roles });
  move(world);
  await world.sync();
  const before = await world.dump();
  const refused = await world.sync({ planId: planned.plan });
  expect(refused).toMatchObject({ outcome: "drift", exitCode: 9, error: { code: "RUN002" } });
  expect(await world.dump()).toEqual(before);
});

test("a plan of an incomplete reading ends as that did, and says that it was applied", async () => {
  world.users[0]!.name = "Planned";
  world.roles.push({ id: "r3", name: "Late" });
  world.usersList.fault(1, "truncated");
  const planned = await world.plan();
  world.usersList.heal();
  const { outcome, exitCode, error } = planned;
  expect(exitCode).toBe(4);
  const applied = await world.sync({ planId: planned.plan });
  expect(applied).toMatchObject({ outcome, exitCode, error });
  expect(applied.notes).toContain(
    `everything that run ${planned.run} planned was applied; what was wrong was its reading`,
  );
  expect(await world.sql("select name from mirror.roles where key = 'r3'")).toEqual([{ name: "Late" }]);
});

test("a plan nobody made is refused", async () => {
  expect(await world.sync({ planId: "p_nothing" })).toMatchObject({ error: { code: "USE003" }, exitCode: 2 });
});
