/** Links that a parent states which is neither of their ends, as a role in a team: with that parent nobody would take them back. */
import { HoldStore } from "../../../src/mirror/hold-store";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, type World } from "../../support/world";

const TEAMS = `  teams:
    each: orgs
    get: "/orgs/{parent.id}/assignments"
    records: items
    page: none
    deletes: sweep-within-parent
`;

let world: World;
/** By who is asked for them, null where that fails; of `r2` everybody's own list tells. */
let assigned: Record<string, { user: string; role: string }[] | null>;
const prepare = (one: World): void => {
  one.users = crowd(100);
  for (let at = 3; at <= 12; at += 1) one.orgs.push({ id: `o${at}`, name: `Org ${at}` });
  assigned = { o3: ["u1", "u2"].map((user) => ({ user, role: "r1" })), o4: [{ user: "u4", role: "r1" }] };
  for (const parents of ["orgs", "roles"])
    one.upstream.on(`/${parents}/{id}/assignments`, ({ params: { id = "" } }) =>
      assigned[id] === null ? { status: 404 } : { body: { items: assigned[id] ?? [] } },
    );
};
beforeEach(async () => {
  world = await startSyncedWorld(
    {
      "jobs/acme.yaml": JOB + TEAMS,
      "mappings/acme/teams.yaml": "into: user_roles\nfields:\n  user: user\n  role: role\n  org: $parent.id\n",
    },
    prepare,
  );
});
afterEach(() => world.close());

const admins = async () =>
  (
    await world.sql("select distinct user_key from mirror.user_roles where role_key = 'r1' and effective order by 1")
  ).map(({ user_key }) => user_key);
const told = ({ run }: { run: number }) =>
  world.sql("select kind, key, origin from audit.entries where run = $1 and entity = 'user_roles' order by key", [run]);
const revoked = ["u1", "u2"].map((key) => ({ kind: "revoke", key, origin: "teams" }));

test("a role held within a team goes with it, is told once, and comes again with the team", async () => {
  const all = world.orgs;
  world.orgs = all.filter(({ id }) => id !== "o3");
  const planned = await world.plan();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", plan: planned.plan });
  expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 2, after: 101 });
  expect(await admins()).toEqual(["u4"]);
  expect(await told(report)).toEqual(revoked);
  expect(await told(await world.sync())).toEqual([]);

  world.orgs = all;
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 2 });
  expect(await admins()).toEqual(["u1", "u2", "u4"]);
});

test("while the team waits for a person, so do they, and one release lets both through", async () => {
  assigned.o2 = [{ user: "u3", role: "r1" }];
  await world.sync();
  world.orgs = world.orgs.filter(({ id }) => id !== "o2");
  const held = await world.sync();
  expect(held).toMatchObject({ outcome: "held", hold: { count: 2, evidence: [{ entity: "orgs", count: 1 }] } });
  expect(await admins()).toEqual(["u1", "u2", "u3", "u4"]);
  await new HoldStore(world.database.knex).release(held.run, 2, "ops@desk", "dissolved");
  const released = await world.sync({ release: held.run });
  expect(released).toMatchObject({ outcome: "ok", hold: null });
  expect(recordsOf(released, "orgs")).toMatchObject({ gone: 1 });
  expect(await admins()).toEqual(["u1", "u2", "u4"]);
});

test("what was stated below others than are asked now goes, and what those state as well stays", async () => {
  await world.write("jobs/acme.yaml", JOB + TEAMS.replace("each: orgs", "each: roles").replace("/orgs/", "/roles/"));
  await world.write(
    "mappings/acme/teams.yaml",
    "into: user_roles\nfields:\n  user: user\n  role: $parent.id\n  org: org\n",
  );
  assigned = { r1: [{ user: "u2", role: "r1" }], r2: null };
  // What `r2` says might be what they say.
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 1, revoked: 0 });
  assigned.r2 = [];
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok" });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 0, revoked: 3, after: 101 });
  expect(await admins()).toEqual(["u2"]);

  const all = world.roles;
  world.roles = all.filter(({ id }) => id !== "r1");
  // It leads to the parent itself, so it waits for it.
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 0, dangling: 1 });
  world.roles = all;
  assigned.r1 = null;
  await world.sync();
  expect(await admins()).toEqual(["u2"]);
});

test("nothing goes while the list of the teams is not whole, or where absences are to say nothing", async () => {
  const all = world.orgs;
  world.upstream.on("/orgs", () => ({ status: 206, body: { items: all.slice(0, 2) } }));
  expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
  world.upstream.on("/orgs", () => ({ body: { items: all.filter(({ id }) => id !== "o3") } }));
  await world.write("jobs/acme.yaml", JOB + TEAMS.replace("sweep-within-parent", "never"));
  expect(recordsOf(await world.sync(), "orgs")).toMatchObject({ gone: 1 });
  expect(await admins()).toEqual(["u1", "u2", "u4"]);
});
