/** A first load whose batches are written by two sessions: two are under way at once, and committed in their order. */
import { Client } from "pg";
import type { RunReport } from "../../../src/domain/runs";
import { eventually } from "../../support/eventually";
import { crowd, recordsOf, startWorld, type World } from "../../support/world";

/** A batch a page. */
const EVERY_PAGE = { rows: 1, checkpointEvery: 0, landsFrom: 1 };

let world: World;
/** Somebody else, in the middle of a transaction: whoever comes with their name waits. */
let somebody: Client;
beforeEach(async () => {
  world = await startWorld();
  world.users = crowd(95);
  somebody = new Client({ connectionString: world.databaseUrl });
  await somebody.connect();
  await somebody.query("begin");
});
afterEach(async () => {
  await somebody.end();
  await world.close();
});

const takeName = (username: string): Promise<unknown> =>
  somebody.query(
    `insert into mirror.users (source, key, username, status, attributes, created_at, updated_at, last_run, realm)
     values ('acme', 'somebody', $1, 'active', '{}', now(), now(), 0, 'acme')`,
    [username],
  );

interface Writers {
  readonly waiting: readonly number[];
  readonly ready: readonly number[];
}

/** Sessions that wait for the name, for names are compared at the end, and those that have written their batch and wait for their turn. */
async function writers(): Promise<Writers> {
  const rows = await world.sql<{ pid: number; isWaiting: boolean }>(
    `select pid, wait_event_type = 'Lock' as "isWaiting" from pg_stat_activity
     where datname = current_database() and application_name = 'understudy'
       and (wait_event_type = 'Lock' or query like 'copy audit.entries%' and state = 'idle in transaction')`,
  );
  const pids = (isWaiting: boolean): readonly number[] =>
    rows.filter((row) => row.isWaiting === isWaiting).map(({ pid }) => pid);
  return { waiting: pids(true), ready: pids(false) };
}

const bothAreThere = (): Promise<Writers> =>
  eventually(writers, ({ waiting, ready }) => waiting.length === 1 && ready.length === 1);

const keysOf = async (): Promise<readonly string[]> =>
  (await world.sql<{ key: string }>("select key from mirror.users order by id")).map(({ key }) => key);

async function isAsUndisturbed(report: RunReport): Promise<void> {
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 95, complete: true, after: 95 });
  const twice = "select from audit.entries group by entity, key, related, scope, origin, kind having count(*) > 1";
  expect(await world.sql(twice)).toEqual([]);
  expect(await world.sql("select from audit.entries where entity = 'users'")).toHaveLength(95);
  expect(recordsOf(await world.sync({ batches: EVERY_PAGE }), "users")).toMatchObject({ same: 95, unparsed: 95 });
  expect((await world.plan()).entities.users).toMatchObject({ new: 0, changed: 0, gone: 0 });
}

test("what is ready before its turn is not there yet; and where both cannot land, both are staged", async () => {
  await takeName("user35");
  const running = world.sync({ batches: EVERY_PAGE });
  await bothAreThere();
  expect((await keysOf()).filter((key) => key === "u31" || key === "u41")).toEqual([]);
  // It waits for a name no longer than a moment, and is staged, with all that follow.
  await eventually(writers, ({ waiting }) => waiting.length === 0);
  await somebody.query("rollback");
  const report = await running;
  expect(report.notes.join()).toContain("30 users written as they were read");
  await isAsUndisturbed(report);
});

test.each(["waiting", "ready"] as const)(
  "the session that is %s is lost: nothing is written twice, and nothing left out",
  async (which) => {
    await takeName("user35");
    const running = world.sync({ batches: EVERY_PAGE });
    const { [which]: lost } = await bothAreThere();
    await world.sql("select pg_terminate_backend($1, 5000)", [lost[0]]);
    await somebody.query("rollback");
    await isAsUndisturbed(await running);
  },
);

test("of two with one name on neighbouring pages both are rejected, in whatever order they are written", async () => {
  for (const [index, person] of world.users.entries()) if (index % 20 === 11) person.login = `user${index + 10}`;
  const report = await world.sync({ batches: EVERY_PAGE });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 95, new: 87, rejected: 8, complete: true, after: 87 });
  expect((await world.plan()).entities.users).toMatchObject({ new: 0, changed: 0, gone: 0 });
});
