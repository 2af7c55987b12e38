/** What those who prune and erase leave to others meanwhile, and what of a large mirror they look at: rows are counted, not time. */
import { Failure } from "../../src/domain/errors";
import { AuditExport } from "../../src/mirror/audit-export";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { RetentionStore } from "../../src/mirror/retention/retention-store";
import { RULES } from "../../src/mirror/retention/rules";
import { SealStore } from "../../src/mirror/seal-store";
import { eventually } from "../support/eventually";
import { startMovedClock } from "../support/moved-clock";
import { createTestDatabase } from "../support/test-database";
import { countLockWaiters, waitsForLock } from "../support/waits-for-lock";
import { openWorld, type World } from "../support/world";

const KEPT = { auditMonths: 24, tombstoneDays: 30, rejectDays: 28 };
const NOW = "2026-02-01T00:00:00.000Z";

let world: World;
/** A month of the audit is due, and somebody is gone. */
beforeEach(async () => {
  const clock = await startMovedClock("2024-01-15T03:00:00Z");
  world = await openWorld(clock.made);
  await world.sync();
  world.users.pop();
  await world.sync();
  await clock.set("2024-01-17T03:00:00Z");
  await world.sync();
  await new SealStore(world.database).seal(0);
  await clock.set(NOW);
});
afterEach(() => world.close());

/** What came of it: the code of a failure, or "done". */
const cameOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );
const prune = () => {
  const retention = new RetentionStore(world.database, KEPT, () => Date.parse(NOW));
  return cameOf(retention.prune({ dryRun: false, today: NOW.slice(0, 10), by: "ops@desk" }));
};
const erase = () => {
  const trigger = { kind: "cli", by: "ops@desk", reason: "815" } as const;
  return cameOf(new EraseStore(world.database).erase({ source: "acme", key: "u3", expect: null, trigger }));
};

/** Has somebody else hold what the work comes to wait for, and looks around meanwhile. */
async function heldUp<T>(by: string, work: () => Promise<string>, look: () => Promise<T>): Promise<[string, T]> {
  const holder = await world.database.knex.transaction();
  await holder.raw(by);
  const working = work();
  await waitsForLock(world);
  const seen = await look().finally(() => holder.rollback());
  return [await working, seen];
}

test("the audit is read and written until all that takes its time is done", async () => {
  const write = `set local lock_timeout = '1s';
    insert into audit.entries (at, run, source, entity, key, kind, cause, actor) values (sync.moment(), 0, 'acme', 'sources', 'acme', 'update', 'x', 'x')`;
  await world.sql("select audit.ensure_month(sync.moment())");
  expect(await heldUp("lock table audit.seals in share mode", prune, () => cameOf(world.sql(write)))).toEqual([
    "done",
    "done",
  ]);
  expect((await new SealStore(world.database).verify(null, 10)).findings).toEqual([]);
});

test("who erases does not wait for who prunes, nor the other way round: both hold what the other needs", async () => {
  expect(await heldUp("select from mirror.users where key = 'u3' for update", erase, prune)).toEqual([
    "done",
    "RET002",
  ]);
  expect(await heldUp("select pg_advisory_xact_lock(hashtext('audit.seals'))", prune, erase)).toEqual([
    "done",
    "RUN001",
  ]);
});

test("two who erase what was told to one seal hide both", async () => {
  await world.sql(
    `insert into sync.sources (source) values ('beta');
     insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
     select '2024-01-20Z', 1, source, 'users', key, 'update', 'upstream', 'me' from (values ('acme', 'u3'), ('beta', 'b1')) told (source, key)`,
  );
  await new SealStore(world.database).seal(0);
  const erasing = (source: string, key: string, expect: number) => () => {
    const trigger = { kind: "cli", by: "ops@desk", reason: "815" } as const;
    return cameOf(new EraseStore(world.database).erase({ source, key, expect, trigger }));
  };
  // The first one has its entries, and waits for the row.
  const [first, second] = await heldUp(
    "select from mirror.users where key = 'u3' for update",
    erasing("acme", "u3", 5),
    async () => {
      const another = erasing("beta", "b1", 1)();
      await eventually(
        () => countLockWaiters(world),
        (waiters) => waiters === 2,
      );
      return [another];
    },
  );
  expect([first, await second[0]]).toEqual(["done", "done"]);
  await new SealStore(world.database).seal(0);
  expect(await new SealStore(world.database).verify(null, 10)).toMatchObject({ findings: [], erased: 6 });
});

test("who begins to verify or to export while a month goes finds all that is left", async () => {
  const { signal } = new AbortController();
  const [done, [verified, exported]] = await heldUp("lock table audit.drops in share mode", prune, async () => {
    const found = new SealStore(world.database).verify(null, 10);
    const ids: number[] = [];
    const take = async (entries: readonly { id: number }[]) => ids.push(...entries.map(({ id }) => id)) > 0;
    const read = new AuditExport(world.database).read({ source: null, since: null, until: null, take, signal });
    await eventually(
      () => countLockWaiters(world),
      (waiters) => waiters === 3,
    );
    return [found, read.then(() => ids.length)] as const;
  });
  // What came after the month had gone is told in its turn.
  const [left] = await world.sql("select count(*) from audit.entries where entity <> 'tombstones'");
  expect([done, (await verified).findings, { count: await exported }]).toEqual(["done", [], left]);
});

test("who is told to end while it prunes ends at once, and what was due is still there", async () => {
  await world.sql(
    "update sync.retention set seen_at = sync.moment(), steady_since = sync.moment() - interval '2 days'",
  );
  const holder = await world.database.knex.transaction();
  await holder.raw("lock table audit.seals in share mode");
  const ending = new AbortController();
  const retention = new RetentionStore(world.database, KEPT, () => Date.parse(NOW));
  const pruning = cameOf(retention.pruneDaily("understudy", ending.signal));
  await waitsForLock(world);
  ending.abort();
  expect(await pruning).toBe("DB001");
  // The server looks every two seconds whether somebody still waits for its answer.
  await eventually(
    () => countLockWaiters(world),
    (waiters) => waiters === 0,
  );
  await holder.rollback();
  expect(await world.sql("select audit.kept_since() as since")).toEqual([{ since: null }]);
});

test("the next month of the audit is there before anybody writes in it, who would wait for all that read; unless somebody reads just then", async () => {
  const retention = new RetentionStore(world.database, KEPT, () => Date.parse(NOW));
  const daily = () => cameOf(retention.pruneDaily("understudy", new AbortController().signal));
  await world.sql("update sync.retention set pruned_at = '2026-01-31T12:00:00Z'");
  await world.sql("update moved.clock set now = '2026-01-31T12:30:00Z'");
  const months = () => world.sql("select part::text from audit.parts() order by begins");
  const before = await months();
  const reader = await world.database.knex.transaction();
  await reader.raw("select from audit.entries limit 1");
  expect(await daily()).toBe("done");
  await reader.rollback();
  expect(await months()).toEqual(before);
  expect(await daily()).toBe("done");
  expect(await months()).toEqual([...before, { part: "audit.entries_2026_02" }]);
});

test("no session is believed what time it is", async () => {
  const { database, drop } = await createTestDatabase();
  const [said] = await database
    .withClient((client) =>
      client.query(
        `set understudy.moment = '2099-01-01Z';
         select audit.drop_before(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC', 'nobody')`,
      ),
    )
    .then(
      () => ["done"],
      (error: { message: string }) => [error.message],
    );
  await drop();
  expect(said).toContain("none of the last twelve");
});

test("each rule looks once at what it may keep, however much there is of it", async () => {
  await world.sql(
    `insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
     select '2024-01-20Z', -n, 'acme', 'users', 'x', 'update', 'x', 'x' from generate_series(1, 5000) n`,
  );
  await world.sql(
    `insert into sync.runs (source, mode, state, options, trigger, finished_at, outcome)
     select 'acme', 'sync', 'finished', '{}', '{}', '2024-01-20Z', 'ok' from generate_series(1, 500) n`,
  );
  await world.sql("analyze audit.entries, sync.runs");
  for (const { what, table, isOver } of RULES) {
    const plan = await world.database.withClient(async (client) => {
      // As little as a large mirror leaves for what does not fit.
      await client.query("set work_mem = '64kB'; set max_parallel_workers_per_gather = 0");
      const explained = await client.query(
        `explain (analyze, timing off, format json) select from ${table} t where ${isOver.replaceAll("$1", "'2026-01-01Z'::timestamptz")}`,
      );
      await client.query("reset work_mem; reset max_parallel_workers_per_gather");
      return explained.rows[0]["QUERY PLAN"][0].Plan as Plan;
    });
    expect([what, rowsOf(plan) < 50_000]).toEqual([what, true]);
  }
});

interface Plan {
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly Plan[];
}

const rowsOf = ({ "Actual Rows": rows, "Actual Loops": loops, Plans: inner = [] }: Plan): number =>
  inner.reduce((sum, plan) => sum + rowsOf(plan), rows * loops);
