import { rename } from "node:fs/promises";
import { join } from "node:path";
import { JOB, linksOf, recordsOf, startSyncedWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const audit = (run: number) =>
  world.sql(
    `select entity, key, related, kind, old, new, cause, actor, reason from audit.entries where run = $1 order by entity, key, related, kind`,
    [run],
  );

test("only the fields that changed are audited, with actor and reason", async () => {
  Object.assign(world.users[0]!, { name: "Anne", department: "Ops" });
  const report = await world.sync({ by: "ops@desk", reason: "renamed" });
  expect(recordsOf(report, "users")).toMatchObject({ changed: 1, same: 2 });
  expect(await audit(report.run)).toEqual([
    {
      entity: "users",
      key: "u1",
      related: "",
      kind: "update",
      old: { display_name: "Ann", attributes: { department: null } },
      new: { display_name: "Anne", attributes: { department: "Ops" } },
      cause: "upstream",
      actor: "ops@desk",
      reason: "renamed",
    },
  ]);
  delete world.users[0]!.department;
  await world.sync();
  expect(await world.sql("select attributes, version from mirror.users where key = 'u1'")).toEqual([
    { attributes: {}, version: 3 },
  ]);
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 0, same: 3 });
});

test("a record whose list changed counts as changed, and its links are granted and revoked", async () => {
  world.users[0]!.roles = ["r1"];
  world.users[2]!.roles = ["r2", { role: "r1", org: "o2" }];
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ changed: 2, same: 1 });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 2, revoked: 1, before: 3, after: 4 });
  expect((await audit(report.run)).map((row) => [row.kind, row.key, row.related])).toEqual([
    ["revoke", "u1", "r2"],
    ["grant", "u3", "r1"],
    ["grant", "u3", "r2"],
  ]);
  const [cem] = await world.sql("select roles from mirror.identities where key = 'u3'");
  expect(cem).toMatchObject({
    roles: [
      { key: "r1", org: "o2" },
      { key: "r2", org: null },
    ],
  });
});

test("a stream that is called otherwise now goes on with its links, rejects and records", async () => {
  world.users.push({ id: "u4", login: null, state: "on" });
  await world.sync();
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rename(join(world.home, "mappings/acme/users.yaml"), join(world.home, "mappings/acme/people.yaml"));
  Object.assign(world.users[0]!, { roles: ["r2"] });
  world.users[3]!.login = "dan";

  const origins = () => world.sql("select distinct origin from mirror.user_roles");
  const planned = await world.plan();
  expect(recordsOf(planned, "users")).toMatchObject({ new: 1, gone: 0 });
  expect(linksOf(planned, "user_roles")).toMatchObject({ granted: 0, revoked: 1, before: 3, after: 2 });
  expect(await origins()).toEqual([{ origin: "users.roles" }]);
  const report = await world.sync();
  expect(report.plan).toBe(planned.plan);
  expect(report.notes).toContainEqual("`users` is called `people` now: what is kept of it goes on under that name");
  expect(recordsOf(report, "users")).toMatchObject({ same: 2, changed: 1, new: 1, healed: 1, gone: 0 });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 0, revoked: 1, before: 3, after: 2 });
  expect((await audit(report.run)).map((row) => [row.kind, row.key, row.related])).toEqual([
    ["revoke", "u1", "r1"],
    ["create", "u4", ""],
  ]);
  expect(await origins()).toEqual([{ origin: "people.roles" }]);
  expect(await world.sql("select stream, healed_as from sync.rejects")).toEqual([
    { stream: "people", healed_as: "mapped" },
  ]);

  // Whoever was not read in that run is under the new name as well.
  world.users[1]!.roles = [];
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1, after: 1 });
});

test("the plan of a stream that is called otherwise now is what happens, and nobody keeps a role for good", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rename(join(world.home, "mappings/acme/users.yaml"), join(world.home, "mappings/acme/people.yaml"));
  world.users[0]!.roles = ["r2"];
  const { plan } = await world.plan();
  const applied = await world.sync({ planId: plan });
  expect(applied).toMatchObject({ outcome: "ok", plan });
  expect((await audit(applied.run)).map(({ kind, key, related }) => [kind, key, related])).toEqual([
    ["revoke", "u1", "r1"],
  ]);
  expect(await world.sql("select distinct origin from mirror.user_roles")).toEqual([{ origin: "people.roles" }]);
  world.users[1]!.roles = [];
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1, after: 1 });
});

test("what was undone stays undone in the plan of a stream that is called otherwise now", async () => {
  world.users[1]!.roles = ["r1", "r2"];
  const { run } = await world.sync();
  const request = { run, user: null, field: null, keepNewer: false, expect: 1 };
  expect(await world.sync({ mode: "revert", revert: request })).toMatchObject({ outcome: "ok" });
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rename(join(world.home, "mappings/acme/users.yaml"), join(world.home, "mappings/acme/people.yaml"));
  const planned = await world.plan();
  expect(planned).toMatchObject({ outcome: "held", hold: { count: 1, evidence: [{ rule: "reverted" }] } });
  expect(linksOf(await world.sync({ planId: planned.plan }), "user_roles")).toMatchObject({ granted: 0, held: 1 });
});

test("a plan from before a stream was called otherwise is refused: it would grant what nobody states", async () => {
  world.users[1]!.roles = ["r1", "r2"];
  const { plan } = await world.plan();
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rename(join(world.home, "mappings/acme/users.yaml"), join(world.home, "mappings/acme/people.yaml"));
  const before = await world.dump();
  expect(await world.sync({ planId: plan })).toMatchObject({
    outcome: "drift",
    error: {
      code: "RUN002",
      message: `the plan \`${plan}\` no longer matches: it is of \`users\`, into \`users\`, which the job no longer describes`,
    },
  });
  expect(await world.dump()).toEqual(before);
});

test("two streams that swap their names keep apart what is theirs", async () => {
  world.users.push({ id: "u4", login: null, state: "on" });
  world.roles.push({ id: "r9", name: "" });
  await world.sync();
  const swapped: Readonly<Record<string, string>> = { users: "roles", roles: "users" };
  await world.write(
    "jobs/acme.yaml",
    JOB.replaceAll(/^ {2}(users|roles):/gm, (_, name: string) => `  ${swapped[name]}:`),
  );
  const place = (name: string) => join(world.home, `mappings/acme/${name}.yaml`);
  await rename(place("users"), place("between"));
  await rename(place("roles"), place("users"));
  await rename(place("between"), place("roles"));

  const planned = await world.plan();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "rejects", error: null, plan: planned.plan, entities: planned.entities });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 0, revoked: 0, before: 3, after: 3 });
  expect(await world.sql("select distinct origin from mirror.user_roles")).toEqual([{ origin: "roles.roles" }]);
  expect(await world.sql('select stream, key from sync.rejects order by stream collate "C"')).toEqual([
    { stream: "roles", key: "u4" },
    { stream: "users", key: "r9" },
  ]);
  world.users[1]!.roles = [];
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1, after: 2 });
});

test("the last role is taken away too", async () => {
  world.users[1]!.roles = [];
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1, after: 2 });
  delete world.users[0]!.orgs;
  const report = await world.sync();
  expect(linksOf(report, "user_orgs")).toMatchObject({ revoked: 1, after: 2 });
});

test("two people swap their names, and one takes over a leaver's", async () => {
  [world.users[0]!.login, world.users[1]!.login] = ["bob", "ann"];
  world.users[2] = { id: "u9", login: "cem", state: "on" };
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok" });
  expect(recordsOf(report, "users")).toMatchObject({ new: 1, changed: 2, gone: 1, after: 3 });
  expect(await world.sql("select key, username from mirror.users where tombstoned_at is null order by key")).toEqual([
    { key: "u1", username: "bob" },
    { key: "u2", username: "ann" },
    { key: "u9", username: "cem" },
  ]);
});

test("a newcomer with a taken name is rejected, the incumbent stays; two newcomers are both rejected", async () => {
  world.users.push({ id: "u4", login: "ANN", state: "on" });
  world.users.push({ id: "u5", login: "dora", state: "on" }, { id: "u6", login: "Dora", state: "on" });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "rejects", exitCode: 5 });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 6, rejected: 3, same: 3 });
  expect(report.rejects).toEqual([
    { entity: "users", key: "u4", field: "username", code: "MAP031", reason: "its `username` is held by users/u1" },
    {
      entity: "users",
      key: "u5",
      field: "username",
      code: "MAP031",
      reason: "its `username` is also that of users/u6",
    },
    {
      entity: "users",
      key: "u6",
      field: "username",
      code: "MAP031",
      reason: "its `username` is also that of users/u5",
    },
  ]);
  world.users = world.users.filter((user) => user.id !== "u6");
  const healed = await world.sync();
  expect(recordsOf(healed, "users")).toMatchObject({ new: 1, rejected: 1 });
  expect(await world.sql("select key from sync.rejects where healed_at is null")).toEqual([{ key: "u4" }]);
});

test("a rejected rename that others wait for rejects them too", async () => {
  // u1 wants the name of u2, who stays; u3 wants the name that u1 therefore keeps.
  world.users[0]!.login = "bob";
  world.users[2]!.login = "ann";
  const report = await world.sync();
  expect(report.rejects.map((reject) => reject.key)).toEqual(["u1", "u3"]);
  expect(await world.sql("select username from mirror.users order by key")).toEqual([
    { username: "ann" },
    { username: "bob" },
    { username: "cem" },
  ]);
});

test("orgs whose parents lead back to themselves are rejected", async () => {
  world.orgs[0]!.parent = "o2";
  world.orgs.push({ id: "o3", name: "Loop", parent: "o3" });
  const report = await world.sync();
  expect(report.rejects.map((reject) => [reject.key, reject.field, reject.code])).toEqual([
    ["o1", "parent", "MAP032"],
    ["o3", "parent", "MAP032"],
  ]);
});

test("a link whose end is missing dangles, and its grant is audited when the end arrives", async () => {
  world.users[0]!.roles = ["r1", "r2", "r9"];
  const dangling = await world.sync();
  expect(linksOf(dangling, "user_roles")).toMatchObject({ granted: 1, dangling: 1, after: 4 });
  expect(await audit(dangling.run)).toEqual([]);
  world.roles.push({ id: "r9", name: "Late" });
  const healed = await world.sync();
  expect(linksOf(healed, "user_roles")).toMatchObject({ granted: 0, dangling: 0, after: 4 });
  expect((await audit(healed.run)).map((row) => [row.entity, row.kind, row.key, row.related, row.cause])).toEqual([
    ["roles", "create", "r9", "", "upstream"],
    ["user_roles", "grant", "u1", "r9", "end-returned"],
  ]);
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 0, revoked: 0, dangling: 0 });
});

test("a role that goes takes its grants with it, and returns them with the same id", async () => {
  const [before] = await world.sql("select id from mirror.roles where key = 'r2'");
  const [reader] = world.roles.splice(1, 1);
  const gone = await world.sync();
  expect(recordsOf(gone, "roles")).toMatchObject({ gone: 1 });
  expect(linksOf(gone, "user_roles")).toMatchObject({ granted: 0, revoked: 0, dangling: 2 });
  expect((await audit(gone.run)).map((row) => [row.kind, row.key, row.cause])).toEqual([
    ["revoke", "r2", "end-gone"],
    ["tombstone", "r2", "absent"],
    ["revoke", "u1", "end-gone"],
    ["revoke", "u2", "end-gone"],
  ]);
  world.roles.push(reader!);
  const back = await world.sync();
  expect(recordsOf(back, "roles")).toMatchObject({ restored: 1, new: 0 });
  expect(await world.sql("select id from mirror.roles where key = 'r2'")).toEqual([before]);
  expect((await audit(back.run)).map((row) => [row.kind, row.key, row.cause])).toEqual([
    ["grant", "r2", "end-returned"],
    ["restore", "r2", "upstream"],
    ["grant", "u1", "end-returned"],
    ["grant", "u2", "end-returned"],
  ]);
});

test("a field that no file describes any more removes nothing, and `compare: false` is no change by itself", async () => {
  world.users[0]!.email = "ann@example.com";
  await world.sync();
  await world.write(
    "mappings/acme/users.yaml",
    "into: users\nkey: id\nfields:\n  username: login\n  status: { from: state, map: { on: active, _: disabled } }\n  display_name: { from: name, compare: false }\n",
  );
  world.users[0]!.name = "Anneliese";
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ changed: 0, same: 3 });
  expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 0, after: 3 });
  world.users[0]!.login = "anne";
  await world.sync();
  expect(await world.sql("select username, display_name, email from mirror.users where key = 'u1'")).toEqual([
    { username: "anne", display_name: "Anneliese", email: "ann@example.com" },
  ]);
});

test("one person is synced alone, by a single read or by the list, and nobody else is touched", async () => {
  Object.assign(world.users[0]!, { name: "Anne", roles: ["r1"] });
  world.users[1]!.name = "Bobby";
  const before = world.upstream.requests.length;
  const report = await world.sync({ user: "u1" });
  expect(report).toMatchObject({ outcome: "ok", requests: 1 });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 1, changed: 1, gone: 0, before: 3, after: 3 });
  expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 1 });
  expect(world.upstream.requests.slice(before).map((request) => request.path)).toEqual(["/users/u1"]);
  expect(await world.sql("select display_name from mirror.users where key = 'u2'")).toEqual([{ display_name: "Bob" }]);

  const gone = await world.sync({ user: "u404" });
  expect(gone).toMatchObject({ outcome: "upstream", exitCode: 4, error: { code: "UPS021" } });
});
