/**
 * A rekey that dies, wherever it dies, leaves every key as it was or every key renamed, its source free at once, and can be
 * started again; one that comes while another run is at work does nothing.
 *
 *     UNDERSTUDY_KILL_AT=37 npx jest --config jest.faults.config.js killed-rekey
 *         killed after that statement from the beginning of its writing alone
 *     UNDERSTUDY_KILL_AT=all …                                                after every one
 */
import { countStatements, holderIsGone } from "../support/killed-run";
import { createRandom } from "../support/random";
import { startSyncProcess } from "../support/sync-process";
import { startSyncedWorld, type World } from "../support/world";

const { UNDERSTUDY_KILL_AT: killAt = "some" } = process.env;
let world: World;
beforeAll(async () => {
  world = await startSyncedWorld();
});
afterAll(() => world.close());

const mapping = (key: string): string =>
  `into: users\nkey: ${key}\nfields:\n  username: login\n  status: { from: state, map: { on: active, _: disabled } }\n  roles: { from: roles, type: list }\n`;
const rekey = { mode: "rekey", rekey: { stream: "users", expect: 3 } } as const;

/** Two swap their keys and a third goes round: everybody has one, by `id` as by `turned`. */
const TURNED: Readonly<Record<string, string>> = { u1: "u2", u2: "u1", u3: "w3" };
let key: "id" | "turned" = "id";

/** Who is who, by the local id that never changes, and all that is kept by key. */
const state = () =>
  world.sql(
    `select u.id, u.key, u.username, (select string_agg(r.role_key || r.owner_key, ' ' order by r.role_key) from mirror.user_roles r where r.user_key = u.key) as roles,
            (select m.key ->> 'text' from sync.mappings m where m.entity = 'users' order by run desc limit 1) as keptby
     from mirror.users u order by u.id`,
  );
const told = () => world.sql<{ count: number }>("select count(*)::integer from audit.entries where cause = 'rekey'");

/** Turns the key round in the file. */
async function turn(): Promise<void> {
  for (const person of world.users) person.turned = TURNED[String(person.id)];
  key = key === "id" ? "turned" : "id";
  await world.write("mappings/acme/users.yaml", mapping(key));
}

async function survive(statement: number): Promise<void> {
  const before = await state();
  const start = (await told())[0]?.count ?? 0;
  await turn();
  expect(await startSyncProcess(world, { options: rekey, dieAt: { phase: "apply", statement } }).ended).toBeNull();
  await holderIsGone(world);

  const after = await state();
  const entries = (await told())[0]?.count ?? 0;
  const isDone = entries > start;
  expect([statement, isDone ? entries - start : 0]).toEqual([statement, isDone ? 3 : 0]);
  if (!isDone) expect([statement, after]).toEqual([statement, before]);

  const again = await world.sync(rekey);
  expect([statement, again.outcome]).toEqual([statement, "ok"]);
  expect((await told())[0]?.count).toBe(start + 3);
  expect((await state()).map(({ username, keptby }) => [username, keptby])).toEqual(
    before.map(({ username }) => [username, key]),
  );
  const quiet = await world.sync();
  expect([statement, quiet.outcome, quiet.entities.users]).toMatchObject([
    statement,
    "ok",
    { new: 0, same: 3, gone: 0 },
  ]);
  expect(await world.sql("select from audit.entries where run = $1", [quiet.run])).toEqual([]);
  expect(await world.sql("select from sync.runs where state = 'running'")).toEqual([]);
}

test("a process killed with SIGKILL while it renames", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { below } = createRandom(seed);
  await turn();
  // Two more, after its commit, free the source.
  const statements = (await countStatements(world, "apply", rekey)) - 2;
  expect(statements).toBeGreaterThan(20);
  const every = Array.from({ length: statements }, (_, index) => index);
  const chosen =
    killAt === "all" ? every : killAt === "some" ? [0, statements - 1, 1 + below(statements - 2)] : [Number(killAt)];
  for (const statement of chosen) await survive(statement);
}, 600_000);

test("a rekey and a run do not meet", async () => {
  await turn();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.upstream.on("/users", async () => {
    await released;
    return { body: { items: world.users, total: world.users.length } };
  });
  const reading = world.sync(rekey);
  while ((await world.sql("select sync.live_run('acme') as run"))[0]?.run === null);
  expect(await world.sync(rekey)).toMatchObject({ outcome: "busy", exitCode: 7 });
  expect(await world.sync()).toMatchObject({ outcome: "busy", exitCode: 7 });
  release();
  expect(await reading).toMatchObject({ outcome: "ok", rekey: { renamed: 3, applied: true } });
});

test("a run that had read the files before the rekey does not take everybody for somebody else", async () => {
  const old = mapping(key);
  await turn();
  expect((await world.sync(rekey)).outcome).toBe("ok");
  // As if it had been loaded then: the files as they were.
  await world.write("mappings/acme/users.yaml", old);
  expect(await world.sync()).toMatchObject({ outcome: "failed", error: { code: "MAP060" } });
});
