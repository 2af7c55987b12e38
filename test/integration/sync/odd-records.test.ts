import { randomBytes } from "node:crypto";
import { crowd, JOB, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const LONG = randomBytes(2_000).toString("hex");

test("records left out on purpose need no key, and the enumeration is complete without them", async () => {
  await world.sync();
  world.users.splice(2, 1);
  world.users.push({ id: null, state: "staged" }, { id: null, state: "staged", name: "Another" });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok" });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 4, same: 2, skipped: 2, gone: 1, complete: true });
});

test("keys and names that no index could hold reject their record alone; other text may be long", async () => {
  world.users[0]!.login = LONG;
  world.users[1]!.name = "x".repeat(300_000);
  world.users[2]!.roles = [LONG];
  world.orgs.push({ id: "o3", name: "Below", parent: LONG });
  world.users.push({ id: "漢".repeat(170), login: "long", state: "on" });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "rejects", exitCode: 5 });
  expect(report.rejects.map(({ entity, key, field }) => [entity, key, field])).toEqual([
    ["orgs", "o3", "parent"],
    ["users", "u1", "username"],
    ["users", "u3", "roles"],
  ]);
  expect(await world.sql("select key, length(display_name) as length from mirror.users order by key")).toMatchObject([
    { key: "u2", length: 300_000 },
    { key: "漢".repeat(170) },
  ]);
});

test("a key that no index could hold is no key: nobody is removed", async () => {
  await world.sync();
  world.users = [world.users[0]!, { id: LONG, login: "long", state: "on" }];
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
  expect(recordsOf(report, "users")).toMatchObject({ rejected: 1, gone: 0 });
});

test("names beside each other that differ by case or form alone are never merged", async () => {
  world.users = ["ü", "u\u0308", "Ü"].map((id, index) => ({ id, login: `user${index}`, state: "on" }));
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ new: 3 });
  world.users[1]!.login = "Zoë";
  world.users[2]!.login = "zoe\u0308";
  const report = await world.sync();
  expect(report.rejects.map(({ key, code }) => [key, code])).toEqual([
    ["u\u0308", "MAP031"],
    ["Ü", "MAP031"],
  ]);
});

test("attributes may be named like columns, and hold nulls where the mapping keeps them", async () => {
  await world.write(
    "mappings/acme/users.yaml",
    `into: users
key: id
nulls: keep
fields: { username: login, status: { from: state, map: { on: active, _: disabled } } }
attributes: { username: alias, attributes: more, key: deep, held: deep.list }
`,
  );
  Object.assign(world.users[0]!, { alias: "a", more: { attributes: null }, deep: { list: [null, { x: null }] } });
  await world.sync();
  const attributes = async () =>
    (await world.sql("select attributes from mirror.users where key = 'u1'"))[0]?.attributes;
  expect(await attributes()).toMatchObject({
    username: "a",
    attributes: { attributes: null },
    key: { list: [null, { x: null }] },
  });
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 0, same: 3 });
  Object.assign(world.users[0]!, { alias: null, more: { attributes: 1 }, deep: null });
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 1 });
  expect(await attributes()).toEqual({ attributes: { attributes: 1 } });
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 0 });
});

test("times at the edge of what is a time", async () => {
  await world.write(
    "mappings/acme/users.yaml",
    `into: users
key: id
fields: { username: login, status: { default: active, from: nothing }, valid_from: from, valid_until: until }
`,
  );
  Object.assign(world.users[0]!, { from: "0001-01-01T00:00:00Z", until: "9999-12-31T23:59:59.999Z" });
  Object.assign(world.users[1]!, { until: "10000-01-01T00:00:00Z" });
  Object.assign(world.users[2]!, { until: 253_402_300_800_000 });
  const report = await world.sync();
  expect(report.rejects.map(({ key, field }) => [key, field])).toEqual([
    ["u2", "valid_until"],
    ["u3", "valid_until"],
  ]);
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ same: 1, rejected: 2 });
});

test("rejects without a key are those of the last reading: they do not pile up", async () => {
  const rejects = () => world.sql("select stream, record from sync.rejects order by record");
  world.users.push({ id: null, login: "nobody", state: "on" });
  await world.sync();
  expect(await rejects()).toEqual([{ stream: "users", record: "page 1, record 4" }]);
  world.users.unshift({ id: "u0", login: "first", state: "on" });
  await world.sync();
  expect(await rejects()).toEqual([{ stream: "users", record: "page 1, record 5" }]);
  await world.sync({ user: "u0" });
  expect(await rejects()).toHaveLength(1);
});

test("rejects of children neither, and those of one parent do not move with the others", async () => {
  const members: Record<string, unknown[]> = { r1: [{}], r2: [{ id: "u1" }] };
  await world.write(
    "jobs/acme.yaml",
    `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`,
  );
  await world.write("mappings/acme/role_members.yaml", "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n");
  world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: members[params.id ?? ""] } }));
  const rejects = async () => (await world.sql("select record from sync.rejects")).map(({ record }) => record);
  await world.sync();
  expect(await rejects()).toEqual(["r1, page 1, record 1"]);
  // One bad record is no reason to call all of it incomplete; only the links of its parent stay as they are.
  members.r1 = [{ id: "u2" }, {}];
  members.r2 = [{ id: "u2" }];
  expect(await world.sync()).toMatchObject({ outcome: "rejects", exitCode: 5, error: null });
  expect(await rejects()).toEqual(["r1, page 1, record 2"]);
  const links = async () =>
    (
      await world.sql("select user_key, role_key from mirror.user_roles where origin = 'role_members' order by 2, 1")
    ).map(({ user_key, role_key }) => `${user_key} ${role_key}`);
  expect(await links()).toEqual(["u2 r1", "u2 r2"]);
  members.r1 = [{}];
  expect(await world.sync()).toMatchObject({ outcome: "rejects", error: null });
  expect(await links()).toEqual(["u2 r1", "u2 r2"]);
  members.r1 = [{ id: "u2" }, {}];
  await world.sync();
  members.r1 = [{ id: "u2" }];
  await world.sync();
  expect(await rejects()).toEqual([]);
});

test("where most records are bad, the good ones are not believed either, nor what they hold", async () => {
  world.users = crowd(45);
  await world.sync();
  const before = await world.dump();
  world.users = crowd(48).map((user, index) =>
    index < 20 ? { ...user, login: "" } : { ...user, name: "Renamed", roles: [], state: index < 25 ? "purged" : "on" },
  );
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4, error: { code: "RUN006" } });
  expect(report.error?.message).toBe("20 of 48 users could not be mapped, so nothing of `users` was applied");
  expect(recordsOf(report, "users")).toMatchObject({
    fetched: 48,
    rejected: 20,
    skipped: 5,
    same: 23,
    changed: 0,
    gone: 0,
  });
  expect(await world.dump()).toEqual(before);
  world.users[0]!.login = "user1";
  world.roles[0]!.name = "Others go on";
  expect(await world.sync()).toMatchObject({ outcome: "held" });
});

test("an org may move below one that is gone, and is rejected when that one returns above it", async () => {
  world.orgs = [
    { id: "a", name: "A", parent: "b" },
    { id: "b", name: "B" },
  ];
  await world.sync();
  const [a] = world.orgs.splice(0, 1);
  world.orgs[0]!.parent = "a";
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  world.orgs.push(a!);
  expect((await world.sync()).rejects.map(({ key, code }) => [key, code])).toEqual([["a", "MAP032"]]);
});
