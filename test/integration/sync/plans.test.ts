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

test("so does a plan of thousands, which is listed by sets", async () => {
  change();
  for (let i = 10; i < 410; i++)
    world.users.push({ id: `u${i}`, login: `new${i}`, name: `New ${i}`, state: "on", roles: ["r1", "r2"] });
  const { plan } = await world.plan();
  const { listed, total } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 5);
  expect(total).toBe(6 + 400 * 3);
  expect(listed.map((one) => [one.name, one.effect, one.what, one.targetName])).toEqual([
    ["Ann", "loses", "role", "Reader"],
    ["Bob", "loses", "sign-in", null],
    ["Cem", "loses", "organization", "Head office"],
    ["Dora", "gains", "sign-in", null],
    ["Dora", "gains", "role", "Reader"],
  ]);
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

describe("what is given here turns with its person and its role", () => {
  const toldBy = async () => {
    const { plan } = await world.plan();
    const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
    return listed.map(({ user, effect, what, target, holders }) => [user, effect, what, target, holders]);
  };
  /** What a sync then writes of roles that are given here. */
  const written = async () => {
    const { run } = await world.sync();
    return world.sql(
      "select key, kind, related, scope, cause from audit.entries where run = $1 and origin = 'local' order by related, scope",
      [run],
    );
  };
  const give = (role: string, more = "") =>
    world.sql(
      `insert into mirror.local_grants (source, user_key, role_key, org_key, granted_at, granted_by, reason, expires_at)
       select 'acme', 'u1', '${role}', org, now(), 'ops@desk', 'ticket 1', null from unnest(array['', 'o1']) org ${more}`,
    );
  const vault = { id: "vault", name: "Vault", permissions: ["p1"] };
  beforeEach(async () => {
    world.roles.push(vault);
    await world.sync();
  });

  test("a role that goes and returns", async () => {
    await give("vault", "where org = ''");
    world.roles = world.roles.filter(({ id }) => id !== "vault");
    expect(await toldBy()).toEqual([
      ["u1", "loses", "role", "vault", null],
      ["vault", "loses", "permission", "p1", 1],
    ]);
    expect(await written()).toMatchObject([{ key: "u1", kind: "revoke", related: "vault", cause: "end-gone" }]);
    // Nothing more is lost of what is lost.
    expect(await toldBy()).toEqual([]);
    world.roles.push(vault);
    expect(await toldBy()).toEqual([
      ["u1", "gains", "role", "vault", null],
      ["vault", "gains", "permission", "p1", 1],
    ]);
    expect(await written()).toMatchObject([{ key: "u1", kind: "grant", related: "vault", cause: "end-returned" }]);
  });

  test("a person who goes and returns, and one whose role went meanwhile", async () => {
    await give("vault");
    await give("r2", "where org = ''");
    const [ann] = world.users;
    ann!.roles = [];
    await world.sync();
    ann!.state = "purged";
    const [gone, back] = ["loses", "gains"].map((effect) => [
      ["u1", effect, "sign-in", "", null],
      ["u1", effect, "role", "r2", null],
      ["u1", effect, "role", "vault", null],
      ["u1", effect, "role", "vault", null],
    ]);
    const ofPerson = async () => (await toldBy()).filter(([user, , what]) => user === "u1" && what !== "organization");
    expect(await ofPerson()).toEqual(gone);
    expect(await written()).toHaveLength(3);
    ann!.state = "on";
    expect(await ofPerson()).toEqual(back);
    world.roles = world.roles.filter(({ id }) => id !== "vault");
    expect(await ofPerson()).toEqual(back?.slice(0, 2));
    expect(await written()).toMatchObject([{ related: "r2", kind: "grant" }]);
  });

  test("what a list states as well is not lost, and what is over gives nothing back", async () => {
    await give("vault", "where org = ''");
    const before = world.users[0]!.roles ?? [];
    world.users[0]!.roles = [...before, "vault"];
    await world.sync();
    world.roles = world.roles.filter(({ id }) => id !== "vault");
    const roles = async () => (await toldBy()).filter(([, , what]) => what === "role");
    expect(await roles()).toEqual([["u1", "loses", "role", "vault", null]]);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    await world.sql("update mirror.local_grants set expires_at = now()");
    world.users[0]!.roles = before;
    world.users[1]!.roles = ["r2", "vault"];
    world.roles.push(vault);
    expect(await roles()).toEqual([["u2", "gains", "role", "vault", null]]);
  });

  test("a role of everybody that goes and returns", async () => {
    await world.sql("insert into mirror.default_roles (source, role_key) values ('acme', 'vault')");
    const all = (effect: string) => ["u1", "u2", "u3"].map((user) => [user, effect, "role", "vault", null]);
    world.roles = world.roles.filter(({ id }) => id !== "vault");
    expect((await toldBy()).slice(0, -1)).toEqual(all("loses"));
    const { plan } = await world.plan();
    await world.sync({ planId: plan });
    await world.sql(
      "insert into mirror.default_roles (source, role_key) values ('acme', 'vault') on conflict do nothing",
    );
    world.roles.push(vault);
    expect(await toldBy()).toEqual([...all("gains"), ["vault", "gains", "permission", "p1", 3]]);
  });
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
