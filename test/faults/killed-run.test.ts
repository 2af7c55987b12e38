/**
 * A run that dies, wherever it dies, leaves the mirror untouched or fully updated, its source free at once, and the next run
 * ends in the state of an undisturbed one, with every change told once (G6).
 *
 *     UNDERSTUDY_KILL_AT=37 npx jest killed-run       the connection cut before that statement alone
 *     UNDERSTUDY_KILL_AT=all npx jest killed-run      before every statement of a run
 */
import { Client } from "pg";
import { countStatements, holderIsGone } from "../support/killed-run";
import type { MirrorState } from "../support/mirror-model";
import { createRandom } from "../support/random";
import { inOrder, readMirror } from "../support/read-mirror";
import { startSyncProcess } from "../support/sync-process";
import { startSyncedWorld, type World } from "../support/world";

const { UNDERSTUDY_KILL_AT: killAt = "some" } = process.env;
/** Two states of the customer that a run leads from one to the other, and back, by changes of every kind. */
type Side = "before" | "after";

let world: World;
let states: Record<Side, MirrorState>;
let changes: Record<Side, readonly unknown[]>;
let side: Side = "before";

beforeAll(async () => {
  world = await startSyncedWorld();
  // Both sides are reached once undisturbed, so that every record exists and only changes.
  turn();
  await world.sync();
  turn();
  await world.sync();
  states = { before: await state(), after: { records: [], links: [] } };
  changes = { before: [], after: [] };
  for (const _ of ["after", "before"]) {
    const start = await lastEntry();
    turn();
    await world.sync();
    states[side] = await state();
    changes[side] = await changesSince(start);
  }
  expect(changes.after.length).toBeGreaterThan(5);
});
afterAll(() => world.close());
afterEach(() => jest.restoreAllMocks());

test("a run whose connections are cut before any of its statements", async () => {
  const statements = await countStatements(world, null);
  const every = Array.from({ length: statements }, (_, index) => index + 1);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { below } = createRandom(seed);
  const chosen =
    killAt === "all"
      ? every
      : killAt === "some"
        ? Array.from({ length: 4 }, () => 1 + below(statements))
        : [Number(killAt)];
  for (const step of chosen)
    await survive(`UNDERSTUDY_KILL_AT=${step}`, async () => {
      const line = cutBefore(step);
      // What it says of its end reaches nobody, and who is dead waits for nothing.
      await world.sync({ patience: { wait: 0, failures: 0 } }).catch(() => null);
      line.restore();
    });
}, 600_000);

test.each([
  ["when it begins to fetch", "fetch", 0],
  ["when it asks for the absent", "confirm", 0],
  ["when it begins to write", "apply", 0],
  ["while it writes", "apply", 12],
  ["when it has written", "apply", 30],
])("a process killed with SIGKILL %s", async (_when, phase, statement) => {
  await survive(`${phase} ${statement}`, async () => {
    expect(await startSyncProcess(world, { dieAt: { phase, statement } }).ended).toBeNull();
  });
});

test("a process killed with its commit on the way", async () => {
  // After the commit a run looks whether to analyze, frees its source and drops its stage.
  const statement = (await countStatements(world, "apply")) - 3;
  await survive(`apply ${statement}`, async () => {
    expect(await startSyncProcess(world, { dieAt: { phase: "apply", statement } }).ended).toBeNull();
  });
});

/** Goes to the other side by a run that `dies`, and holds everything to what a run does that does not. */
async function survive(name: string, dies: () => Promise<unknown>): Promise<void> {
  const start = await lastEntry();
  const from = side;
  turn();
  await dies();
  await holderIsGone(world);
  const [left, told] = [await state(), await changesSince(start)];
  const isDone = told.length > 0;
  expect([name, left, told]).toEqual([name, isDone ? states[side] : states[from], isDone ? changes[side] : []]);

  const report = await world.sync();
  expect([name, report.outcome]).toEqual([name, "ok"]);
  expect([name, await state(), await changesSince(start)]).toEqual([name, states[side], changes[side]]);
  const quiet = await lastEntry();
  await world.sync();
  expect([name, await changesSince(quiet)]).toEqual([name, []]);
  expect(await world.sql("select from sync.absences union all select from sync.holds")).toEqual([]);
  expect(await world.sql("select from sync.runs where state = 'running'")).toEqual([]);
}

/** The customer changes: a rename, a swap of names, a leaver, roles and permissions; turned again, all of it is undone. */
function turn(): void {
  side = side === "before" ? "after" : "before";
  const changed = side === "after";
  world.users = [
    { id: "u1", login: changed ? "bob" : "ann", state: "on", name: "Ann", orgs: ["o2"], roles: ["r1"] },
    {
      id: "u2",
      login: changed ? "ann" : "bob",
      state: changed ? "off" : "on",
      orgs: ["o2"],
      roles: changed ? [] : ["r2"],
    },
    { id: "u3", login: "cem", state: "on", name: changed ? "Cem" : "Jim", orgs: [changed ? "o1" : "o2"] },
    ...(changed
      ? [{ id: "u4", login: "dora", state: "on" }]
      : [{ id: "u5", login: "emil", state: "on", roles: ["r2"] }]),
  ];
  world.roles = changed
    ? [{ id: "r1", name: "Admin", permissions: ["p1"] }]
    : [
        { id: "r1", name: "Admin", permissions: ["p1", "p2"] },
        { id: "r2", name: "Reader" },
      ];
}

const state = async (): Promise<MirrorState> => {
  // What was removed in the last seven days would be held after a few turns.
  await world.sql("delete from sync.removals");
  return inOrder(await readMirror(world));
};

const lastEntry = async (): Promise<unknown> =>
  (await world.sql<{ id: unknown }>("select coalesce(max(id), 0) as id from audit.entries"))[0]?.id;

const changesSince = (entry: unknown): Promise<readonly unknown[]> =>
  world.sql(
    `select entity, key, related, scope, origin, kind, old, new, cause from audit.entries where id > $1
     order by entity, key, related, kind`,
    [entry],
  );

/** From that statement on there is no connection any more, as when the process had died: nothing sent, nothing new opened. */
function cutBefore(statement: number): { restore(): void } {
  let left = statement;
  const query = Client.prototype.query;
  const connected = new Set<Client>();
  const spy = jest.spyOn(Client.prototype, "query").mockImplementation(function cut(this: Client, ...args: unknown[]) {
    connected.add(this);
    left -= 1;
    if (left <= 0) for (const client of connected) socketOf(client).destroy();
    return Reflect.apply(query, this, args);
  } as typeof query);
  return { restore: () => spy.mockRestore() };
}

const socketOf = (client: Client): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
