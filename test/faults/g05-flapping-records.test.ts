/**
 * G5: who returns is who they were: the same local id, the same links, and one history in which each leaving and each return is
 * told once. Also time and again, and when somebody else has taken the name meanwhile.
 */
import { JOB, type Person, recordsOf, startSyncedWorld, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const TIMES = 4;
/** What other systems may have written down of u2. */
const remembered = async (): Promise<unknown> => [
  await world.sql("select id, created_at from mirror.users where key = 'u2'"),
  await world.sql("select role_key, org_key, origin from mirror.user_roles where user_key = 'u2' order by role_key"),
  await world.sql("select org_key, origin from mirror.user_orgs where user_key = 'u2' order by org_key"),
];
const history = async (): Promise<readonly string[]> =>
  (
    await world.sql<{ said: string }>(
      "select kind || ' ' || entity as said from audit.entries where key = 'u2' order by id",
    )
  ).map(({ said }) => said);
const isEffective = async (): Promise<unknown> =>
  (
    await world.sql(
      "select bool_and(effective) as all, bool_or(effective) as any from mirror.user_roles where user_key = 'u2'",
    )
  )[0];

/** Who comes and goes so often among so few is held otherwise. */
const weekPasses = () => world.sql("update sync.removals set at = at - interval '8 days'");

const takeAway = (id: string): Person =>
  world.users.splice(
    world.users.findIndex((user) => user.id === id),
    1,
  )[0] as Person;

test("leaves and returns, time and again", async () => {
  const before = await remembered();
  const told = await history();
  for (let times = 0; times < TIMES; times += 1) {
    const bob = takeAway("u2");
    await weekPasses();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, restored: 0 });
    expect(await remembered()).toEqual(before);
    expect(await isEffective()).toEqual({ all: false, any: false });
    world.users.push({ ...bob });
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1, new: 0, gone: 0 });
    expect(await remembered()).toEqual(before);
    expect(await isEffective()).toEqual({ all: true, any: true });
  }
  const flap = [
    "tombstone users",
    "revoke user_roles",
    "revoke user_orgs",
    "restore users",
    "grant user_roles",
    "grant user_orgs",
  ];
  const since = (await history()).slice(told.length);
  expect([...since].sort()).toEqual(
    Array.from({ length: TIMES }, () => flap)
      .flat()
      .sort(),
  );
  expect(since.filter((said) => said.endsWith(" users"))).toEqual(
    Array.from({ length: TIMES }, () => ["tombstone users", "restore users"]).flat(),
  );
});

test("is called gone by the upstream itself, every other night", async () => {
  const before = await remembered();
  const bob = world.users.find(({ id }) => id === "u2") as Person;
  for (let times = 0; times < TIMES; times += 1) {
    bob.state = "purged";
    await weekPasses();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1 });
    bob.state = "on";
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1 });
  }
  expect(await remembered()).toEqual(before);
});

test("missed and seen in turn by a list alone is never removed", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("    one: /users/{key}\n", ""));
  for (let times = 0; times < TIMES; times += 1) {
    const bob = takeAway("u2");
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
    world.users.push(bob);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 0, restored: 0 });
  }
  expect((await history()).filter((said) => said.endsWith(" users"))).toEqual(["create users"]);
});

test("returns to a name that is taken: waits for it as who it was", async () => {
  const before = await remembered();
  for (let times = 0; times < 2; times += 1) {
    const bob = takeAway("u2");
    const heir: Person = { id: `heir${times}`, login: "BOB", state: "on", roles: ["r1"] };
    world.users.push(heir);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, new: 1 });

    world.users.push(bob);
    for (let nights = 0; nights < 2; nights += 1) {
      const report = await world.sync();
      expect(report).toMatchObject({ outcome: "rejects", rejects: [{ key: "u2", field: "username", code: "MAP031" }] });
      expect(report.rejects[0]?.reason).toContain(`users/heir${times}`);
      expect(await world.sql("select key from mirror.users where username = 'bob' and tombstoned_at is null")).toEqual(
        [],
      );
    }
    heir.login = `heir${times}`;
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1, changed: 1, rejected: 0 });
    expect(await remembered()).toEqual(before);
  }
});

test("returns as somebody else's namesake and with other rights: one history, and what is stated now", async () => {
  const [{ id } = { id: null }] = await world.sql<{ id: unknown }>("select id from mirror.users where key = 'u2'");
  const bob = takeAway("u2");
  await world.sync();
  world.users.push({ ...bob, login: "robert", roles: ["r1"], orgs: [] });
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ restored: 1 });
  expect(await world.sql("select id, username from mirror.users where key = 'u2'")).toEqual([
    { id, username: "robert" },
  ]);
  expect(await world.sql("select role_key, effective from mirror.user_roles where user_key = 'u2'")).toEqual([
    { role_key: "r1", effective: true },
  ]);
  expect(await world.sql("select from mirror.user_orgs where user_key = 'u2'")).toEqual([]);
});
