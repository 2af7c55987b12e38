import { crowd, JOB, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const write = (text: string) => world.write("mappings/acme/users.yaml", text);
/** "users update u1 mapping" */
const causes = async (run: number): Promise<readonly string[]> =>
  (
    await world.sql<{ said: string }>(
      `select concat_ws(' ', entity, kind, key, nullif(related, ''), cause) as said from audit.entries where run = $1
       order by entity, key, related, kind`,
      [run],
    )
  ).map(({ said }) => said);
const stale = () => world.sql("select stream, key from sync.stale_records order by key");

test("an edited mapping is the cause of what it changes, once", async () => {
  await write(USERS.replace("display_name: name", "display_name: $uppercase(name)"));
  world.users.push({ id: "u4", login: "dora", state: "on", name: "Dora", roles: ["r2"] });
  const edited = await world.sync();
  expect(await causes(edited.run)).toEqual([
    "user_roles grant u4 r2 upstream",
    "users update u1 mapping",
    "users update u2 mapping",
    "users update u3 mapping",
    "users create u4 upstream",
  ]);
  expect(edited.notes).toEqual(["the job or the mapping of `users` was edited since run 1"]);
  world.users[0]!.name = "Anne";
  const after = await world.sync();
  expect([await causes(after.run), after.notes]).toEqual([["users update u1 upstream"], []]);
  expect(
    await world.sql("select stream, run, last_run, actor from sync.mappings where entity = 'users' order by run"),
  ).toEqual([
    { stream: "users", run: 1, last_run: 1, actor: "test@here" },
    { stream: "users", run: 2, last_run: 3, actor: "test@here" },
  ]);
});

test("an edit that changes nothing of the meaning is no edit", async () => {
  await write(`# who works here\n${USERS.replace("display_name: name", 'display_name: { from: "name" }')}`);
  world.users[0]!.name = "Anne";
  const report = await world.sync();
  expect([await causes(report.run), report.notes]).toEqual([["users update u1 upstream"], []]);
});

test("grants, revokes, tombstones and restores of an edited stream name the mapping; other streams and returns do not", async () => {
  await write(USERS.replace("roles: { from: roles", "roles: { from: moreRoles").replace('"staged"', '"off"'));
  Object.assign(world.users[0]!, { moreRoles: ["r1"] });
  Object.assign(world.users[1]!, { moreRoles: ["r1", "r2"] });
  world.roles[0]!.name = "Root";
  const edited = await world.sync();
  expect(await causes(edited.run)).toEqual([
    "roles update r1 upstream",
    "user_orgs revoke u3 o1 end-gone",
    "user_roles revoke u1 r2 mapping",
    "user_roles grant u2 r1 mapping",
    "users tombstone u3 mapping",
  ]);
  await write(USERS);
  const back = await world.sync();
  expect((await causes(back.run)).filter((said) => said.includes("u3"))).toEqual([
    "user_orgs grant u3 o1 end-returned",
    "users restore u3 mapping",
  ]);

  // Gone and back upstream, in runs of an edited mapping.
  const [ann] = world.users.splice(0, 1);
  await world.sync();
  await world.sync();
  expect(await world.sql("select key from mirror.users where tombstoned_at is not null")).toEqual([{ key: "u1" }]);
  world.users.unshift(ann!);
  await write(USERS.replace("display_name: name", "display_name: login"));
  expect((await causes((await world.sync()).run)).filter((said) => said.startsWith("users"))).toEqual([
    "users restore u1 upstream",
    "users update u2 mapping",
    "users update u3 mapping",
  ]);
});

test("what the mapping mends was there before", async () => {
  world.users.push({ id: "u4", alias: "dora", state: "on", roles: ["r2"] });
  await world.sync();
  await write(USERS.replace("{ from: login, required: true }", "[login, alias]"));
  world.users.push({ id: "u5", login: "emil", state: "on" });
  expect(await causes((await world.sync()).run)).toEqual([
    "user_roles grant u4 r2 mapping",
    "users create u4 mapping",
    "users create u5 upstream",
  ]);
});

test("after an incomplete run the mapping is still the cause for those it has not reached, and for them alone", async () => {
  world.users = crowd(25);
  await world.sync();
  world.usersList.fault(3, "truncated");
  await write(USERS.replace("display_name: name", "display_name: [nick, name]"));
  for (const one of world.users) one.nick = "N";
  // Only few, so that nothing is held.
  for (const one of world.users.slice(3)) delete one.nick;
  world.users[24]!.nick = "N";
  const broken = await world.sync();
  expect(broken.outcome).not.toBe("ok");
  expect(await causes(broken.run)).toEqual(["u1", "u2", "u3"].map((key) => `users update ${key} mapping`));
  expect((await stale()).map(({ key }) => key)).toEqual(["u21", "u22", "u23", "u24", "u25"]);

  world.usersList.heal();
  world.users[1]!.nick = "Other";
  const whole = await world.sync();
  expect([await causes(whole.run), whole.notes, await stale()]).toEqual([
    ["users update u2 upstream", "users update u25 mapping"],
    [],
    [],
  ]);
});

test("what is held by an edit names the mapping when it is released, also after other runs", async () => {
  world.users = crowd(30);
  await world.sync();
  await write(USERS.replace("display_name: name", "display_name: $uppercase(name)"));
  const held = await world.sync();
  expect(held).toMatchObject({ outcome: "held", hold: { count: 30 } });
  expect(await stale()).toHaveLength(30);
  expect(await world.sql("select distinct cause from sync.held_changes")).toEqual([{ cause: "mapping" }]);
  world.users.push({ id: "u99", login: "zoe", state: "on" });
  expect(await causes((await world.sync()).run)).toEqual(["users create u99 upstream"]);
  await world.sql(
    "update sync.holds set state = 'released', expires_at = now() + interval '1 day' where state = 'open'",
  );
  const released = await world.sync();
  expect(new Set((await causes(released.run)).map((said) => said.split(" ").at(-1)))).toEqual(new Set(["mapping"]));
  expect(await causes(released.run)).toHaveLength(30);
  expect(await stale()).toEqual([]);
});

test("one person synced alone takes nothing from the others", async () => {
  await write(USERS.replace("display_name: name", "display_name: $uppercase(name)"));
  expect(await causes((await world.sync({ user: "u2" })).run)).toEqual(["users update u2 mapping"]);
  world.users[1]!.name = "Bobby";
  expect(await causes((await world.sync()).run)).toEqual([
    "users update u1 mapping",
    "users update u2 upstream",
    "users update u3 mapping",
  ]);
});

test("a plan names the causes, and applying it takes the mapping over", async () => {
  await write(
    USERS.replace("display_name: name", "display_name: $uppercase(name)").replace(
      "roles: { from: roles",
      "roles: { from: \"roles[$ != 'r1']\"",
    ),
  );
  const planned = await world.plan();
  expect(await world.sql("select distinct cause from sync.plan_changes")).toEqual([{ cause: "mapping" }]);
  expect(await world.sql("select from sync.mappings where run = $1", [planned.run])).toEqual([]);
  const applied = await world.sync({ planId: planned.plan });
  expect(applied.outcome).toBe("ok");
  expect(new Set((await causes(applied.run)).map((said) => said.split(" ").at(-1)))).toEqual(new Set(["mapping"]));
  expect(await world.sql("select key from mirror.user_roles where source = 'acme'").catch(() => [])).toEqual([]);
  world.users[0]!.name = "Anne";
  const after = await world.sync();
  expect([await causes(after.run), after.notes]).toEqual([["users update u1 upstream"], []]);
});

test("a rejected person keeps waiting for the edited mapping", async () => {
  await write(USERS.replace("display_name: name", "display_name: nick"));
  delete world.users[0]!.login;
  expect((await causes((await world.sync()).run)).filter((said) => said.includes("u1"))).toEqual([]);
  expect(await stale()).toEqual([{ stream: "users", key: "u1" }]);
  world.users[0]!.login = "ann";
  expect(await causes((await world.sync()).run)).toEqual(["users update u1 mapping"]);
});

test("a job's request and its `deletes` belong to the mapping, its safeguard does not", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("purged", "off"));
  const edited = await world.sync();
  expect(await causes(edited.run)).toContain("users tombstone u3 mapping");
  await world.write("jobs/acme.yaml", `${JOB.replace("purged", "off")}safeguard: { rejects: 2% }\n`);
  expect((await world.sync()).notes).toEqual([]);
});

test("a changed key is refused while the mirror holds anybody, in sync and in plan", async () => {
  const before = await world.dump();
  await write(USERS.replace("key: id", "key: login"));
  for (const run of [world.sync, world.plan]) {
    const refused = await run();
    expect(refused).toMatchObject({ outcome: "failed", exitCode: 3, requests: 0, error: { code: "MAP060" } });
    expect(refused.error?.message).toBe(
      "mappings/acme/users.yaml:3:6: the key of `users` was `id` and is now `login`: all 3 users in the mirror would look gone, and everybody new",
    );
    expect(refused.error?.fix).toContain("understudy mapping rekey acme/users");
  }
  expect(await world.dump()).toEqual(before);
  expect((await world.sync({ only: ["roles"] })).outcome).toBe("ok");

  await write(`${USERS.replace("key: id", "key: $k")}let: { k: id }\n`);
  expect((await world.sync()).outcome).toBe("ok");
  await write(`${USERS.replace("key: id", "key: $k")}let: { k: login }\n`);
  expect((await world.sync()).error?.message).toContain("was `$k` with `k: id` and is now `$k` with `k: login`");
});

test("an entity that the mirror does not hold may change its key", async () => {
  const [users] = [world.users];
  world.users = [];
  await world.sync();
  await world.sql(
    "update sync.holds set state = 'released', expires_at = now() + interval '1 day' where state = 'open'",
  );
  await world.sync();
  await world.sync();
  expect(await world.sql("select from mirror.users where tombstoned_at is null")).toEqual([]);
  world.users = users;
  await write(USERS.replace("key: id", "key: login"));
  expect((await world.sync()).outcome).toBe("ok");
  expect(await world.sql("select key from mirror.users where tombstoned_at is null order by key")).toEqual([
    { key: "ann" },
    { key: "bob" },
    { key: "cem" },
  ]);
});

test("where raw records are kept, who was changed upstream in the same night is told apart", async () => {
  await world.write("jobs/acme.yaml", `${JOB}keepRaw: { redact: [] }\n`);
  await world.sync();
  await write(USERS.replace("display_name: name", "display_name: $uppercase(name)"));
  world.users[0]!.name = "Anne";
  world.users[1]!.roles = ["r1", "r2"];
  expect(await causes((await world.sync()).run)).toEqual([
    "user_roles grant u2 r1 upstream",
    "users update u1 upstream",
    "users update u2 upstream",
    "users update u3 mapping",
  ]);
});

const MEMBERS = `
into: user_roles
fields:
  user: id
  role: $parent.id
`;
const JOB_WITH_MEMBERS = `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", page: none, records: items, deletes: sweep-within-parent }\n`;

test("links of a child stream are put down to its own mapping, parent by parent", async () => {
  const members: Record<string, { id: string; deputy?: string }[]> = {
    r1: [{ id: "u3", deputy: "u1" }],
    r2: [{ id: "u3", deputy: "u3" }],
  };
  let broken: string | null = null;
  world.upstream.on("/roles/{id}/members", ({ params }) =>
    params.id === broken ? { status: 404, body: {} } : { body: { items: members[params.id ?? ""] ?? [] } },
  );
  await world.write("jobs/acme.yaml", JOB_WITH_MEMBERS);
  await world.write("mappings/acme/role_members.yaml", MEMBERS);
  await world.sync();
  const edit = MEMBERS.replace("user: id", "user: [deputy, id]");
  await world.write("mappings/acme/role_members.yaml", edit);
  broken = "r1";
  members.r2 = [{ id: "u2", deputy: "u2" }];
  expect(await causes((await world.sync()).run)).toEqual([
    "user_roles grant u2 r2 mapping",
    "user_roles revoke u3 r2 mapping",
  ]);
  expect(await stale()).toEqual([{ stream: "role_members", key: "r1" }]);
  broken = null;
  members.r2 = [{ id: "u1", deputy: "u1" }];
  expect(await causes((await world.sync()).run)).toEqual([
    "user_roles grant u1 r1 mapping",
    "user_roles grant u1 r2 upstream",
    "user_roles revoke u2 r2 upstream",
    "user_roles revoke u3 r1 mapping",
  ]);
  expect(await stale()).toEqual([]);
});
