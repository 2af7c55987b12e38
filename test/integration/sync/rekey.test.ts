import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AuditStore } from "../../../src/mirror/audit-store";
import { IdentityStore } from "../../../src/mirror/identity-store";
import { GrantStore } from "../../../src/mirror/login/grant-store";
import { endLease } from "../../support/end-lease";
import { eventually } from "../../support/eventually";
import { BY_UUID, edit, name, rekey, THREE } from "../../support/rekey-users";
import { SESSION } from "../../support/session-row";
import type { Handler } from "../../support/upstream-server";
import { crowd, JOB, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());
const keys = () => world.sql("select id, key from mirror.users order by id");
/** Holds back the next answer that lists the users. */
function holdUsers(): { readonly asked: Promise<void>; readonly answer: () => void } {
  const items = structuredClone(world.users);
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    const hold: Handler = async () => {
      resolve();
      await answered;
      return { body: { items, total: items.length } };
    };
    world.usersList.fault(1, hold, { times: 1 });
  });
  return { asked, answer };
}

test("everybody stays who they are: ids, links and history", async () => {
  const [before, links] = [await keys(), await world.sql("select count(*) from mirror.user_roles where effective")];
  name(world, THREE);
  await edit(world);
  const told = await rekey(world);
  expect(told).toMatchObject({
    outcome: "held",
    exitCode: 6,
    hold: null,
    entities: {},
    rekey: {
      stream: "users",
      entity: "users",
      from: "`id`",
      to: "`uuid`",
      renamed: 3,
      same: 0,
      unmet: 0,
      applied: false,
      examples: [
        { old: "u1", new: "a1" },
        { old: "u2", new: "b2" },
        { old: "u3", new: "c3" },
      ],
    },
  });
  expect(await keys()).toEqual(before);
  expect((await world.sync()).error?.code).toBe("MAP060");

  const done = await rekey(world, 3);
  expect(done).toMatchObject({ outcome: "ok", exitCode: 0, rekey: { renamed: 3, applied: true } });
  expect(await keys()).toEqual(before.map(({ id }, index) => ({ id, key: Object.values(THREE)[index] })));
  expect(
    await world.sql(`select key, kind, old, new, cause, actor from audit.entries where run = $1 order by key`, [
      done.run,
    ]),
  ).toEqual(
    Object.entries(THREE).map(([old, key]) => ({
      key,
      kind: "update",
      old: { key: old },
      new: { key },
      cause: "rekey",
      actor: "test@here",
    })),
  );
  expect(await world.sql("select count(*) from mirror.user_roles where effective")).toEqual(links);

  const next = await world.sync();
  expect(recordsOf(next, "users")).toMatchObject({ new: 0, changed: 0, same: 3, gone: 0, absent: 0 });
  expect([next.outcome, next.notes]).toEqual(["ok", []]);
  expect(await world.sql("select from audit.entries where run = $1", [next.run])).toEqual([]);
  const ann = await new IdentityStore(world.database.knex).person("acme", "a1");
  expect(ann.roles.map((role) => role.key).sort()).toEqual(["r1", "r2"]);
  await expect(new IdentityStore(world.database.knex).person("acme", "u1")).rejects.toMatchObject({
    code: "USE003",
    message: `the mirror of \`acme\` holds no user with the key \`u1\`: run ${done.run} renamed it to \`a1\``,
    fix: "see them: understudy show user:acme/a1",
  });
  expect(await world.sql("select mode, outcome from sync.runs order by id")).toMatchObject([
    { mode: "sync" },
    { mode: "rekey", outcome: "held" },
    { mode: "sync", outcome: "failed" },
    { mode: "rekey", outcome: "ok" },
    { mode: "sync" },
  ]);
});

test("the audit tells one story across it, and who held a role stays right", async () => {
  const audit = new AuditStore(world.database.knex);
  const [moment] = await world.sql<{ now: string }>("select now()");
  world.users[0]!.roles = ["r2"];
  await world.sync();
  // u1 and u2 swap, u3 gets a new one.
  name(world, { u1: "u2", u2: "u1", u3: "c3" });
  await edit(world);
  await rekey(world, 3);
  await world.sync();
  world.users[0]!.roles = ["r1"];
  await world.sync();

  const story = async (key: string) =>
    (await audit.ofUser("acme", key, null)).map(({ kind, key: at, related, cause }) =>
      [kind, at, related, cause].filter((part) => part !== null).join(" "),
    );
  expect(await story("u2")).toEqual([
    ...["create u1 upstream", "grant u1 o2 upstream", "grant u1 r1 upstream", "grant u1 r2 upstream"],
    "revoke u1 r1 upstream",
    "update u2 rekey",
    ...["grant u2 r1 upstream", "revoke u2 r2 upstream"],
  ]);
  // Nobody has that key any more.
  expect(await story("u3")).toEqual(await story("c3"));
  expect(await story("c3")).toEqual(["create u3 upstream", "grant u3 o1 upstream", "update c3 rekey"]);
  expect(await audit.ofUser("acme", "nobody", null)).toEqual([]);

  const holders = async (role: string, at: string | null) =>
    (await audit.who("acme", role, at)).holders.map(({ key }) => key).sort();
  expect(await holders("r1", null)).toEqual(["u2"]);
  expect(await holders("r2", null)).toEqual(["u1"]);
  expect(await holders("r1", moment?.now ?? "")).toEqual(["u2"]);
  expect(await holders("r2", moment?.now ?? "")).toEqual(["u1", "u2"]);
  expect((await audit.who("acme", "r1", null)).holders[0]?.name).toBe("Ann");
});

test("roles and orgs too: links, scopes and parents go along, and a role is found under its names", async () => {
  world.users[2]!.roles = [{ role: "r1", org: "o2" }];
  await world.sync();
  const audit = new AuditStore(world.database.knex);
  for (const role of world.roles) Object.assign(role, { code: `x-${role.id}` });
  for (const org of world.orgs) Object.assign(org, { code: org.id === "o1" ? "o2" : "o1" });
  await world.write(
    "mappings/acme/roles.yaml",
    "into: roles\nkey: code\nfields:\n  name: name\n  privileged: privileged\n  permissions: { from: permissions, type: list }\n",
  );
  await world.write("mappings/acme/orgs.yaml", "into: orgs\nkey: code\nfields:\n  name: name\n  parent: parent\n");
  await world.write("jobs/acme.yaml", `${JOB}login: { mode: mirror-only, freshness: { roles: { r1: 1h } } }\n`);
  const told = await rekey(world, null, "roles");
  expect(told.notes).toContain("`users` names roles by their key: its mapping must give the new one from now on");
  expect(told.notes).toContain(
    "`login` in jobs/acme.yaml names roles by their key: it must name the new one from now on",
  );
  await rekey(world, 2, "roles");
  await rekey(world, 2, "orgs");
  expect(await world.sql("select key, parent, name from mirror.orgs order by name")).toEqual([
    { key: "o2", parent: null, name: "Head office" },
    { key: "o1", parent: "o2", name: "Sales" },
  ]);
  expect(await world.sql("select user_key, role_key, org_key, owner_key from mirror.user_roles order by 1, 2")).toEqual(
    [
      { user_key: "u1", role_key: "x-r1", org_key: "", owner_key: "u1" },
      { user_key: "u1", role_key: "x-r2", org_key: "", owner_key: "u1" },
      { user_key: "u2", role_key: "x-r2", org_key: "", owner_key: "u2" },
      { user_key: "u3", role_key: "x-r1", org_key: "o1", owner_key: "u3" },
    ],
  );
  expect(await world.sql("select distinct role_key, owner_key from mirror.role_permissions order by 1")).toEqual([
    { role_key: "x-r1", owner_key: "x-r1" },
    { role_key: "x-r2", owner_key: "x-r2" },
  ]);
  const found = await audit.who("acme", "Admin", null);
  expect(found.role).toEqual({ key: "x-r1", name: "Admin" });
  expect(found.holders.map(({ key, org }) => [key, org])).toEqual([
    ["u1", null],
    ["u3", "o1"],
  ]);
});

test("a key that means the same, and an entity never read, need none", async () => {
  expect(await rekey(world)).toMatchObject({ outcome: "ok", exitCode: 0, requests: 0 });
  expect((await rekey(world, 5)).rekey).toBeUndefined();
  await world.sql("delete from sync.mappings");
  await edit(world);
  expect((await rekey(world)).notes).toEqual([
    "no run has kept any `users` yet, so any key will do; nothing to rename",
  ]);
});

test("who is not met keeps the old key, and leaves as usual", async () => {
  name(world, { u1: "a1", u2: "u2" });
  world.users.pop();
  await edit(world);
  const done = await rekey(world, 1);
  expect(done.rekey).toMatchObject({ renamed: 1, same: 1, unmet: 1, unmetKeys: ["u3"] });
  expect(done.notes).toContain("1 users were not met upstream and keep their old key: u3");
  await world.sync();
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ new: 0, same: 2 });
  expect(await world.sql("select key from mirror.users where tombstoned_at is not null")).toEqual([{ key: "u3" }]);
});

test("those who are gone go along when their record is still there, and come back as who they were", async () => {
  const [before] = await world.sql("select id from mirror.users where key = 'u3'");
  world.users[2]!.state = "staged";
  await world.sync();
  name(world, THREE);
  await edit(world);
  expect((await rekey(world, 3)).rekey).toMatchObject({ renamed: 3, unmet: 0 });
  world.users[2]!.state = "on";
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1, new: 0 });
  expect(await world.sql("select id from mirror.users where key = 'c3'")).toEqual([before]);
});

test("whatever remembers a key is renamed with it", async () => {
  await world.write("jobs/acme.yaml", `${JOB}keepRaw: { redact: [] }\n`);
  world.users.push({ id: "u4", state: "on" });
  await world.sync();
  await world.sql("insert into login.verifiers values ('acme', 'u1', 'x', now()), ('acme', 'u2', 'y', now())");
  await world.sql(SESSION, ["acme", "u2"]);
  await world.sql("insert into sync.absences values ('acme', 'users', 'u1', 1, now())");
  await world.sql("insert into sync.stale_records values ('acme', 'users', 'u2')");
  name(world, { u1: "u2", u2: "u1", u3: "c3", u4: "d4" });
  await edit(world);
  expect((await rekey(world, 3)).outcome).toBe("ok");
  expect(await world.sql("select key, hash from login.verifiers order by hash")).toEqual([
    { key: "u2", hash: "x" },
    { key: "u1", hash: "y" },
  ]);
  expect(await world.sql("select key from login.sessions")).toEqual([{ key: "u1" }]);
  expect(await world.sql("select key from sync.absences")).toEqual([{ key: "u2" }]);
  expect(await world.sql("select key from sync.stale_records")).toEqual([{ key: "u1" }]);
  expect(await world.sql("select record, key from sync.rejects")).toEqual([{ record: "d4", key: "d4" }]);
  expect(await world.sql("select key, person from sync.raw_records where stream = 'users' order by key")).toEqual(
    ["c3", "d4", "u1", "u2"].map((key) => ({ key, person: key })),
  );
});

test("the rest of an edited mapping is the next run's, and named as its cause", async () => {
  name(world, THREE);
  await edit(world, BY_UUID.replace("display_name: name", "display_name: login"));
  await rekey(world, 3);
  const next = await world.sync();
  expect(await world.sql("select distinct kind, cause from audit.entries where run = $1", [next.run])).toEqual([
    { kind: "update", cause: "mapping" },
  ]);
});

test("links that named the new keys before come to life, once", async () => {
  name(world, THREE);
  const members: Record<string, { id: string }[]> = { r1: [{ id: "b2" }], r2: [{ id: "u3" }, { id: "c3" }] };
  world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: members[params.id ?? ""] } }));
  await world.write(
    "jobs/acme.yaml",
    `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", page: none, records: items, deletes: sweep-within-parent }\n`,
  );
  await world.write("mappings/acme/role_members.yaml", "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n");
  await world.sync();
  await edit(world);
  const done = await rekey(world, 3);
  expect(
    await world.sql(
      "select user_key, role_key, effective from mirror.user_roles where origin = 'role_members' order by 1",
    ),
  ).toEqual([
    { user_key: "b2", role_key: "r1", effective: true },
    { user_key: "c3", role_key: "r2", effective: true },
  ]);
  const healed = "select kind, key, related, owner, cause from audit.entries where run = $1 and entity = 'user_roles'";
  expect(await world.sql(healed, [done.run])).toEqual([
    { kind: "grant", key: "b2", related: "r1", owner: "r1", cause: "end-returned" },
  ]);
  const next = await world.sync();
  expect(await world.sql("select from audit.entries where run = $1", [next.run])).toEqual([]);
});

test("a role that was given for a time which is over has ended under the keys of that time", async () => {
  const given = { source: "acme", role: "r1", org: null, by: "ops@desk", reason: "stands in" };
  await new GrantStore(world.database).grant({
    ...given,
    user: "u3",
    until: new Date(Date.now() + 60_000).toISOString(),
  });
  await world.sql("update mirror.local_grants set expires_at = clock_timestamp()");
  name(world, THREE);
  await edit(world);
  await rekey(world, 3);
  await world.sync();
  const ended = "select key, cause from audit.entries where origin = 'local' and kind = 'revoke'";
  expect(await world.sql(ended)).toEqual([{ key: "u3", cause: "expired" }]);
  const { holders } = await new AuditStore(world.database.knex).who("acme", "r1", null);
  expect(holders.map(({ key }) => key)).toEqual(["a1"]);
});

test("a hold that names old keys is asked about anew", async () => {
  world.users = crowd(30);
  await world.sync();
  for (const person of world.users) Object.assign(person, { uuid: `n${person.id}`, name: "Same" });
  expect((await world.sync()).outcome).toBe("held");
  await edit(world);
  await rekey(world, 30);
  expect(await world.sql("select state from sync.holds")).toEqual([{ state: "replaced" }]);
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 30 } });
});

test("a computed key, from `let` of the file as it was", async () => {
  await edit(world, `${BY_UUID.replace("key: uuid", "key: $k")}let: { raw: id, k: $raw }\n`);
  expect((await world.sync()).outcome).toBe("ok");
  await edit(world, `${BY_UUID.replace("key: uuid", "key: $k")}let: { k: '"p-" & id' }\n`);
  expect(await rekey(world)).toMatchObject({
    rekey: { from: "`$k` with `raw: id`, `k: $raw`", examples: [{ old: "u1", new: "p-u1" }, {}, {}] },
  });
  expect((await rekey(world, 3)).outcome).toBe("ok");
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ same: 3 });
});

test("a rekey and a run do not meet", async () => {
  name(world, THREE);
  await edit(world);
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.upstream.on("/users", async () => {
    await released;
    return { body: { items: world.users, total: world.users.length } };
  });
  const reading = rekey(world, 3);
  await eventually(
    () => world.sql("select sync.live_run('acme') as run"),
    ([row]) => row?.run !== null,
  );
  expect(await rekey(world, 3)).toMatchObject({ outcome: "busy", exitCode: 7 });
  expect(await world.sync()).toMatchObject({ outcome: "busy", exitCode: 7 });
  release();
  expect(await reading).toMatchObject({ outcome: "ok", rekey: { renamed: 3, applied: true } });
});

test("a run that had read the files before the rekey does not take everybody for somebody else", async () => {
  name(world, THREE);
  await edit(world);
  expect((await rekey(world, 3)).outcome).toBe("ok");
  // As if it had been loaded then: the files as they were.
  await edit(world, USERS);
  expect(await world.sync()).toMatchObject({ outcome: "failed", error: { code: "MAP060" } });
});

test("whoever was overtaken says so, and not that the other has taken the keys", async () => {
  name(world, THREE);
  await edit(world);
  const { asked, answer } = holdUsers();
  const first = rekey(world, 3);
  await asked;
  await endLease(world);
  expect(await rekey(world, 3)).toMatchObject({ outcome: "ok", rekey: { applied: true } });
  answer();
  expect(await first).toMatchObject({ outcome: "busy", exitCode: 7, error: { code: "RUN003" } });
});

test("a stream that is called otherwise as well takes along what it stated", async () => {
  name(world, THREE);
  await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
  await rm(join(world.home, "mappings/acme/users.yaml"));
  await world.write("mappings/acme/people.yaml", BY_UUID);
  const origins = () => world.sql("select distinct origin from mirror.user_roles");
  expect(await rekey(world, null, "people")).toMatchObject({ outcome: "held", rekey: { renamed: 3 } });
  expect(await origins()).toEqual([{ origin: "users.roles" }]);
  expect(await rekey(world, 3, "people")).toMatchObject({ outcome: "ok", rekey: { renamed: 3 } });
  expect(await origins()).toEqual([{ origin: "people.roles" }]);
  world.users[1]!.roles = [];
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok" });
  expect(report.entities.user_roles).toMatchObject({ granted: 0, revoked: 1, after: 2 });
});
