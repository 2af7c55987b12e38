/** A role, permission or org that is left out of its list would be taken from all who have it: that counts as revoking it. */
import { HoldStore } from "../../../src/mirror/hold-store";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, type World } from "../../support/world";

const SWEEP = JOB.replace(
  "roles: { get: /roles, records: items, page: { number: page, size: limit=50, total: total }, deletes: sweep-now }",
  'roles: { get: /roles, one: "/roles/{key}", records: items, page: { number: page, size: limit=50, total: total }, deletes: sweep }',
);

let world: World;
let holds: HoldStore;
/** Twelve roles: `r2` is everybody's, `r3` that of 4, `r4` of nobody. */
const prepare = (one: World): void => {
  one.users = crowd(100);
  for (let at = 3; at <= 12; at += 1) one.roles.push({ id: `r${at}`, name: `Role ${at}`, permissions: ["p2"] });
  one.users.slice(0, 4).forEach((user) => {
    user.roles = ["r2", "r3"];
  });
  for (let at = 3; at <= 12; at += 1) one.orgs.push({ id: `o${at}`, name: `Org ${at}` });
  for (let at = 3; at <= 12; at += 1) one.permissions.push({ id: `p${at}`, name: `Permission ${at}` });
};
beforeEach(async () => {
  world = await startSyncedWorld({}, prepare);
  holds = new HoldStore(world.database.knex);
});
afterEach(() => world.close());

const without = <Of extends { id: string }>(list: readonly Of[], ...ids: readonly string[]) =>
  list.filter(({ id }) => !ids.includes(id));
const release = async (run: number) => {
  await holds.release(run, (await holds.one(run)).count, "ops@desk", "looked at it");
  return world.sync({ release: run });
};
const effective = async (kind: string) =>
  (await world.sql<{ count: number }>(`select count(*)::integer from mirror.${kind} where effective`))[0]?.count;
const evidenceOf = ({ hold }: Awaited<ReturnType<World["sync"]>>) =>
  hold?.evidence.map(({ entity, rule, count, of, message }) => [entity, rule, count, of, message]);

test.each([
  ["the list alone is believed", JOB],
  ["it answers 404 by itself", SWEEP],
])("a role that everybody has is missing once, and %s: it is held, and nobody loses it", async (_, job) => {
  await world.write("jobs/acme.yaml", job);
  world.upstream.on("/roles/{id}", ({ params }) => {
    const found = world.roles.find(({ id }) => id === params.id);
    return found === undefined ? { status: 404, body: {} } : { body: found };
  });
  const all = world.roles;
  world.roles = without(all, "r2", "r4");
  const planned = await world.plan();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "held", exitCode: 6, plan: planned.plan, hold: { count: 1 } });
  const message = "100 of 104 user_roles would end with `Reader` (r2) (limit 5 %)";
  expect(evidenceOf(report)).toEqual([["roles", "removals", 1, 12, message]]);
  const { listed } = await holds.access(await holds.one(report.run), 1_000);
  expect(listed).toHaveLength(100);
  expect(listed[0]).toMatchObject({ effect: "loses", what: "role", target: "r2", held: true });
  // What nobody has goes, with all it held itself.
  expect(recordsOf(report, "roles")).toMatchObject({ gone: 1, held: 1, after: 11 });
  expect(await effective("user_roles")).toBe(104);
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run } });
  world.roles = without(all, "r4");
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await effective("user_roles")).toBe(104);
});

test("let through, it goes with all its links, under the name of whoever released it, and counts for no week", async () => {
  world.roles = without(world.roles, "r2");
  const { run } = await world.sync();
  const released = await release(run);
  expect(released).toMatchObject({ outcome: "ok", hold: null });
  expect(recordsOf(released, "roles")).toMatchObject({ gone: 1 });
  expect(await effective("user_roles")).toBe(4);
  expect(
    await world.sql("select actor from audit.entries where run = $1 and entity = 'roles'", [released.run]),
  ).toEqual([{ actor: "ops@desk" }]);
  expect(await world.sql("select * from sync.removals")).toEqual([]);
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

test("an org that everybody belongs to and a permission that most roles hold are held likewise", async () => {
  world.orgs = without(world.orgs, "o2");
  world.permissions = without(world.permissions, "p2");
  const report = await world.sync();
  expect(evidenceOf(report)).toEqual([
    ["permissions", "removals", 1, 12, "11 of 13 role_permissions would end with `write` (p2) (limit 5 %)"],
    ["orgs", "removals", 1, 12, "100 of 100 user_orgs would end with `Sales` (o2) (limit 5 %)"],
  ]);
  expect([await effective("user_orgs"), await effective("role_permissions")]).toEqual([100, 13]);
});

test("a role of few goes; several of few are too many together, also over the week, and the least go first", async () => {
  world.users.slice(10, 20).forEach((user, at) => {
    user.roles = ["r2", at < 4 ? "r5" : "r6"];
  });
  await world.sync();
  const [all] = [world.roles];
  world.roles = without(all, "r3");
  const first = await world.sync();
  expect(first).toMatchObject({ outcome: "ok" });
  expect(recordsOf(first, "roles")).toMatchObject({ gone: 1 });
  expect(await world.sql("select entity, count from sync.removals order by entity")).toEqual([
    { entity: "roles", count: 1 },
    { entity: "user_roles", count: 4 },
  ]);
  world.roles = without(all, "r3", "r5", "r6", "r7");
  const second = await world.sync();
  expect(evidenceOf(second)).toEqual([
    [
      "roles",
      "removals",
      1,
      11,
      "10 of 114 user_roles would end with `Role 6` (r6), `Role 5` (r5), after 4 in the last 7 days (limit 5 %)",
    ],
  ]);
  expect(recordsOf(second, "roles")).toMatchObject({ gone: 2, held: 1 });
});

test("a run that is undone took no links", async () => {
  world.roles = without(world.roles, "r3");
  const { run } = await world.sync();
  const counts = () => world.sql("select count from sync.removals where entity = 'user_roles'");
  expect(await counts()).toEqual([{ count: 4 }]);
  const undo = { run, user: null, field: null, keepNewer: false };
  // The role, what it holds, and who holds it.
  expect(await world.sync({ mode: "revert", revert: { ...undo, expect: 6 } })).toMatchObject({ outcome: "ok" });
  expect(await effective("user_roles")).toBe(104);
  expect(await counts()).toEqual([{ count: 0 }]);
});

test("a role that became another by its key: what is revoked and what would end wait together, for one release", async () => {
  world.roles = [...without(world.roles, "r2"), { id: "r20", name: "Reader", permissions: ["p1"] }];
  for (const user of world.users) user.roles = (user.roles ?? []).map((role) => (role === "r2" ? "r20" : role));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "held", hold: { count: 101 } });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 100, held: 100 });
  expect((await holds.access(await holds.one(report.run), 1_000)).total).toBe(100);
  expect(await effective("user_roles")).toBe(204);
  expect(await release(report.run)).toMatchObject({ outcome: "ok", hold: null });
  expect(await effective("user_roles")).toBe(104);
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

test("limits of the kind of link count, not those of roles", async () => {
  await world.write(
    "jobs/acme.yaml",
    JOB.replace("entities:", "safeguard: { roles: { removals: 100% }, user_roles: { removals: 2% } }\nentities:"),
  );
  world.users.slice(10, 20).forEach((user) => {
    user.roles = ["r2", "r5"];
  });
  await world.sync();
  world.roles = without(world.roles, "r5");
  expect(evidenceOf(await world.sync())?.[0]?.[4]).toBe(
    "10 of 114 user_roles would end with `Role 5` (r5) (limit 2 %)",
  );
  await world.write(
    "jobs/acme.yaml",
    JOB.replace("entities:", "safeguard: { roles: { removals: 1% }, user_roles: { removals: 100% } }\nentities:"),
  );
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

test("so is a role that no list states, but the job gives to everybody, or we to many", async () => {
  const login = `
login:
  defaultRoles: [r4]
  password: { kind: http, post: /login, json: { user: "{login}", secret: "{password}" }, success: status = 200, refused: status = 401, subject: { key: body.id } }
`;
  await world.write("jobs/acme.yaml", JOB + login);
  await world.sql(
    `insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
     select 'acme', key, 'r5', now(), 'ops@desk', 'stand-in' from mirror.users order by id limit 12`,
  );
  await world.sync();
  world.roles = without(world.roles, "r4", "r5", "r6");
  const report = await world.sync();
  expect(evidenceOf(report)).toEqual([
    ["roles", "removals", 2, 12, "112 of 216 user_roles would end with `Role 4` (r4), `Role 5` (r5) (limit 5 %)"],
  ]);
  expect(recordsOf(report, "roles")).toMatchObject({ gone: 1, held: 2 });
  const { listed } = await holds.access(await holds.one(report.run), 1_000);
  expect(listed).toHaveLength(112);
  expect(listed.every(({ effect, what, held }) => effect === "loses" && what === "role" && held)).toBe(true);
});
