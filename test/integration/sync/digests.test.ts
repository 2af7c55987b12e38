/** Records that are as the mirror has them are not parsed; whatever may not rest on its digest is looked at again. */
import { crowd, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
afterEach(() => world.close());

const PEOPLE = 40;
const users = async (choices?: Parameters<World["sync"]>[0]) => recordsOf(await world.sync(choices), "users");

/** Keys of the users whose digest is stored. */
const known = async (): Promise<readonly string[]> => {
  const rows = await world.sql<{ key: string }>(
    `select m.key from mirror.users m join sync.digests d on d.source = m.source and d.entity = 'users' and d.chunk = m.id / 1024
     where substr(d.packed, (m.id % 1024)::integer * 16 + 1, 16) <> decode(repeat('00', 16), 'hex') order by m.key`,
  );
  return rows.map(({ key }) => key);
};

async function startCrowd(files: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await startSyncedWorld(files, (fresh) => {
    fresh.users = crowd(PEOPLE);
  });
}

test("what did not change is not parsed, and what did is", async () => {
  await startCrowd();
  expect(await known()).toHaveLength(PEOPLE);
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE, changed: 0, complete: true, volatile: false });
  world.users[3]!.name = "Changed";
  world.users[4]!.roles = ["r1"];
  world.users.push({ id: "new", login: "new", state: "on" });
  expect(await users()).toMatchObject({ new: 1, changed: 2, same: PEOPLE - 2, unparsed: PEOPLE - 2 });
  expect(await users()).toMatchObject({ changed: 0, same: PEOPLE + 1, unparsed: PEOPLE + 1 });
});

test("a page whose one new record is damaged tells nothing of the known ones beside it; all else lands", async () => {
  await startCrowd();
  world.roles.push({ id: "r9", name: "Late" });
  const known = world.users.slice(1).map((user) => JSON.stringify(user));
  const body = `{"total":${PEOPLE + 1},"items":[${known},{"id":"new","login":NaN}]}`;
  world.upstream.on("/users", () => ({ body }));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4, error: { code: "UPS011" } });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 0, same: 0, gone: 0, complete: false, after: PEOPLE });
  expect(recordsOf(report, "roles")).toMatchObject({ new: 1 });
});

test("a record that goes and returns as it was is restored, with its id", async () => {
  await startCrowd();
  const [before] = await world.sql("select id from mirror.users where key = 'u7'");
  const [gone] = world.users.splice(6, 1);
  expect(await users()).toMatchObject({ gone: 1, unparsed: PEOPLE - 1 });
  expect(await known()).toHaveLength(PEOPLE - 1);
  world.users.push(gone!);
  expect(await users()).toMatchObject({ restored: 1, same: PEOPLE - 1 });
  expect(await world.sql("select id from mirror.users where key = 'u7'")).toEqual([before]);
  expect(await users()).toMatchObject({ unparsed: PEOPLE });
});

test("a rejected record is looked at again by every run, also once it is as it was", async () => {
  await startCrowd();
  const login = world.users[0]!.login;
  world.users[0]!.login = "";
  expect(await users()).toMatchObject({ rejected: 1, unparsed: PEOPLE - 1 });
  expect(await known()).not.toContain("u1");
  expect(await users()).toMatchObject({ rejected: 1, unparsed: PEOPLE - 1 });
  world.users[0]!.login = login;
  expect(await users()).toMatchObject({ rejected: 0, same: PEOPLE, unparsed: PEOPLE - 1 });
  expect(await world.sql("select from sync.rejects where healed_at is null")).toEqual([]);
  expect(await users()).toMatchObject({ unparsed: PEOPLE });
});

test("what is held is looked at again, and so is what was changed for one person alone", async () => {
  await startCrowd();
  for (const person of world.users) person.state = "off";
  expect(await users()).toMatchObject({ held: PEOPLE });
  expect(await known()).toEqual([]);
  for (const person of world.users) person.state = "on";
  expect(await users()).toMatchObject({ held: 0, same: PEOPLE, unparsed: 0 });

  const name = world.users[0]!.name;
  world.users[0]!.name = "For a moment";
  await world.sync({ user: "u1" });
  world.users[0]!.name = name;
  expect(await users()).toMatchObject({ changed: 1, unparsed: PEOPLE - 1 });
  expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([{ display_name: name }]);
});

test("a link that is held keeps its holder from being skipped", async () => {
  await startCrowd();
  for (const person of world.users) person.roles = ["r1"];
  const report = await world.sync();
  expect(report.outcome).toBe("held");
  expect(recordsOf(report, "users").unparsed).toBe(0);
  expect(await known()).toEqual([]);
});

test("what was not believed leaves no digest", async () => {
  await startCrowd();
  for (const person of world.users.slice(0, 25)) person.login = "";
  for (const person of world.users.slice(25)) person.name = `Not believed ${String(person.id)}`;
  expect(await world.sync()).toMatchObject({ outcome: "incomplete", error: { code: "RUN006" } });
  expect(await known()).toEqual([]);
  for (const [index, person] of world.users.entries()) person.login = `user${index + 1}`;
  expect(await users()).toMatchObject({ changed: 15, unparsed: 0 });
});

test("who is gone is found, also where nothing was known of them, nor of anybody near them", async () => {
  await startCrowd();
  await world.sql("select setval(pg_get_serial_sequence('mirror.users', 'id'), 50000)");
  world.users.push({ id: "far", login: "far", state: "on" });
  expect(await users()).toMatchObject({ new: 1 });
  await world.sql("delete from sync.digests where entity = 'users' and chunk > 40");
  world.users[0]!.login = "";
  world.users = world.users.filter(({ id }) => id !== "far" && id !== "u7");
  expect(await users()).toMatchObject({ held: 2, rejected: 1, same: PEOPLE - 2 });
  // Nothing is known of who was rejected or held.
  world.users = world.users.filter(({ id }) => id !== "u1" && id !== "u9");
  expect(await users()).toMatchObject({ gone: 4, same: PEOPLE - 3 });
});

test("a stored plan leaves no digest behind that is not true of what it wrote", async () => {
  await startCrowd();
  const name = world.users[0]!.name;
  world.users[0]!.name = "As planned";
  const { plan } = await world.plan();
  world.users[0]!.name = name;
  await world.sync({ planId: plan });
  expect(await users()).toMatchObject({ changed: 1, unparsed: PEOPLE - 1 });
});

test("an edited mapping, `--full` and a plan", async () => {
  await startCrowd();
  expect(recordsOf(await world.plan(), "users")).toMatchObject({ unparsed: PEOPLE });
  expect(await users({ full: true })).toMatchObject({ same: PEOPLE, unparsed: 0, volatile: false });
  await world.write("mappings/acme/users.yaml", USERS.replace("display_name: name", "display_name: [nick, name]"));
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: 0, volatile: false });
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE });
});

test("records that mostly came otherwise are compared by value, and the report says so", async () => {
  await startCrowd();
  for (const [index, person] of world.users.entries()) person.seenAt = `2026-11-26T10:00:${10 + index}Z`;
  expect(await users()).toMatchObject({ same: PEOPLE, changed: 0, unparsed: 0, volatile: true });
  expect(await world.sql("select from audit.entries where kind = 'update'")).toEqual([]);
});

test("who came as before is not told as volatile because a hold took their digests, nor who is held", async () => {
  await startCrowd();
  const everybody = world.users;
  world.users = everybody.slice(20);
  expect(await users()).toMatchObject({ held: 20, unparsed: 20 });
  expect(await known()).toHaveLength(20);
  world.users = everybody;
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: 20, volatile: false });
  for (const person of world.users) person.roles = ["r1"];
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: 0, volatile: false });
  expect(await known()).toEqual([]);
});

test("who changed is not among those that mean the same", async () => {
  await startCrowd();
  for (const [index, person] of world.users.entries()) {
    if (index < 21) person.seenAt = "another";
    else if (index < 27) person.name = "Changed";
  }
  expect(await users()).toMatchObject({ changed: 6, same: 34, unparsed: 13, volatile: true });
  for (const [index, person] of world.users.entries()) {
    if (index < 20) person.seenAt = "yet another";
    else if (index < 26) person.name = "Changed again";
  }
  // Not more than half.
  expect(await users()).toMatchObject({ changed: 6, same: 34, unparsed: 14, volatile: false });
});

test("a known record met on two pages proves the list incomplete; the latest page counts", async () => {
  await startCrowd();
  world.users[35] = world.users[2]!;
  expect(await users()).toMatchObject({ complete: false, duplicates: 1, gone: 0 });
  await startAnew();
  // The first page says what is new, the last what was known.
  world.users[35] = { ...world.users[2]! };
  world.users[2]!.name = "On the first page";
  expect(await users()).toMatchObject({ complete: false, duplicates: 1, changed: 0 });
  world.users[2] = { ...world.users[35]! };
  world.users[35]!.name = "On the last page";
  expect(await users()).toMatchObject({ complete: false, duplicates: 1, changed: 1 });
});

test("several known records that come otherwise on a later page are all told", async () => {
  await startCrowd();
  for (const at of [2, 3, 4]) world.users[at + 30] = { ...world.users[at]!, name: "On the later page" };
  expect(await users()).toMatchObject({ complete: false, duplicates: 3, changed: 3, gone: 0 });
});

async function startAnew(): Promise<void> {
  await world.close();
  await startCrowd();
}
