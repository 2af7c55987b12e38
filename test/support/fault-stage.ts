/**
 * Where faults strike: a customer that stands still, and as many databases as needed, each as before the run in question. What
 * comes of a fault is held against what an undisturbed run leaves.
 */
import type { RunReport } from "../../src/domain/runs";
import { HoldStore } from "../../src/mirror/hold-store";
import type { BatchTerms } from "../../src/mirror/stage/stage-batches";
import { createRunner, type RunChoices } from "./create-runner";
import { type Dump, differences, dumpDatabase } from "./dump-database";
import type { FaultScenario } from "./fault-scenarios";
import { SharedProcess, type SyncOrders, type SyncProcess } from "./sync-process";
import { createTestDatabase, MIGRATED, type Template, type TestDatabase } from "./test-database";
import { startWorld, type World } from "./world";

/** A batch a page, and a checkpoint with it. */
const BATCHES: BatchTerms = { rows: 10, checkpointEvery: 0, landsFrom: 2_000 };

/** One database and what runs in it. */
export interface Attempt extends TestDatabase {
  /** The scenario's run, in this process. */
  run(choices?: RunChoices): Promise<RunReport>;
  /** The scenario's run in a process of its own. */
  start(orders?: Omit<SyncOrders, "options">, shared?: SharedProcess): SyncProcess;
  readonly sql: World["sql"];
  dump(): Promise<Dump>;
  /** Another run ends as an undisturbed one, leaves what that leaves, and a plan then says what it says after that. */
  settles(): Promise<void>;
}

/** How an undisturbed run ends and what it leaves. */
interface End {
  readonly outcome: string;
  readonly plan: string | null;
  readonly dump: Dump;
  /** What a plan then says is left to do. */
  readonly left: RunReport["entities"];
}

export interface FaultStage {
  readonly world: World;
  /** What an undisturbed run sends. */
  readonly sent: readonly string[];
  readonly end: End;
  attempt(): Promise<Attempt>;
  close(): Promise<void>;
}

export async function openFaultStage(scenario: FaultScenario): Promise<FaultStage> {
  const { name, files = {}, serve, before, now } = scenario;
  const options = { batches: BATCHES, ...scenario.options };
  const world = await startWorld(files);
  serve?.(world);
  await before?.(world);
  const { home, upstream } = world;
  const runnerOn = ({ database }: Pick<TestDatabase, "database">) =>
    createRunner({ database, home, upstreamUrl: upstream.url });
  const template: Template = {
    name: `before_${name.replace(/\W+/g, "_")}_${process.pid}`,
    base: MIGRATED,
    async fill(database) {
      if (before !== null) await runnerOn({ database })();
      if (scenario.isRead !== true && scenario.released !== true) return;
      await now(world);
      const { run, hold } = await runnerOn({ database })();
      if (scenario.released === true)
        await new HoldStore(database.knex).release(run, hold?.count ?? 0, "ops@desk", "looked at it");
    },
  };
  // The template is made before the customer changes.
  await (await createTestDatabase(template)).drop();
  if (scenario.isRead !== true) await now(world);

  const processes: SyncProcess[] = [];
  async function attempt(): Promise<Attempt> {
    const made = await createTestDatabase(template);
    const run: Attempt["run"] = (choices) => runnerOn(made)({ ...options, ...choices });
    const dump = () => dumpDatabase(made.database);
    const start: Attempt["start"] = (orders, shared = new SharedProcess(1)) => {
      const started = shared.join({ home, upstream, databaseUrl: made.url }, { ...orders, options });
      processes.push(started);
      return started;
    };
    const sql: Attempt["sql"] = (query, parameters = []) =>
      made.database.withClient(async (client) => (await client.query(query, [...parameters])).rows);
    return {
      ...made,
      run,
      start,
      dump,
      sql,
      async settles() {
        const again = await run();
        expect(again).toMatchObject({ outcome: end.outcome, error: null });
        expect(differences(end.dump, await dump())).toEqual([]);
        if (options.mode === "plan") expect(again.plan).toBe(end.plan);
        expect((await run({ mode: "plan" })).entities).toEqual(end.left);
      },
    };
  }

  const undisturbed = await attempt();
  const process_ = undisturbed.start();
  const report = await process_.ended;
  if (report?.error !== null) throw new Error(`an undisturbed run ends with ${JSON.stringify(report)}`);
  const dump = await undisturbed.dump();
  const { entities: left } = await undisturbed.run({ mode: "plan" });
  await undisturbed.drop();
  if (options.mode !== "plan") expect(changesIn(left)).toBe(0);
  // Of the same change there is one entry.
  const entries = (dump["audit.entries"] ?? []).map((entry) => JSON.stringify(entry));
  expect(entries).toEqual([...new Set(entries)]);
  const end: End = { outcome: report.outcome, plan: report.plan, dump, left };
  const { sent } = await process_.steps();
  async function close(): Promise<void> {
    // What a step that failed has left.
    for (const process of processes) process.signal("SIGKILL");
    await world.close();
  }
  return { world, sent, end, attempt, close };
}

const changesIn = (entities: RunReport["entities"]): number =>
  Object.values(entities)
    .map((counts) =>
      "fetched" in counts
        ? counts.new + counts.changed + counts.restored + counts.gone
        : counts.granted + counts.revoked,
    )
    .reduce((sum, count) => sum + count, 0);
