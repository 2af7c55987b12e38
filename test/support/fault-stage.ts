/** Where faults strike: a customer that stands still, and as many databases as needed, each as before the run in question. */
import type { RunReport } from "../../src/domain/runs";
import { createRunner, type RunChoices } from "./create-runner";
import { type Dump, dumpDatabase } from "./dump-database";
import type { FaultScenario } from "./fault-scenarios";
import { type SyncProcess, startSyncProcess } from "./sync-process";
import { createTestDatabase, MIGRATED, type Template, type TestDatabase } from "./test-database";
import { startWorld, type World } from "./world";

/** One database and what runs in it. */
export interface Attempt extends TestDatabase {
  /** The scenario's run, in this process. */
  run(choices?: RunChoices): Promise<RunReport>;
  /** The scenario's run in a process of its own. */
  start(orders?: Omit<NonNullable<Parameters<typeof startSyncProcess>[1]>, "options">): SyncProcess;
  dump(): Promise<Dump>;
  sql<R extends Record<string, unknown>>(query: string): Promise<readonly R[]>;
}

export interface FaultStage {
  readonly world: World;
  attempt(): Promise<Attempt>;
  close(): Promise<void>;
}

export async function openFaultStage(scenario: FaultScenario): Promise<FaultStage> {
  const { name, files = {}, options = {}, serve, before, now } = scenario;
  const world = await startWorld(files);
  serve?.(world);
  await before?.(world);
  const { home, upstream } = world;
  const runnerOn = ({ database }: Pick<TestDatabase, "database">) =>
    createRunner({ database, home, upstreamUrl: upstream.url });
  const start: Template = {
    name: `before_${name.replace(/\W+/g, "_")}_${process.pid}`,
    base: MIGRATED,
    fill: async (database) => void (before === null || (await runnerOn({ database })())),
  };
  // The template is made before the customer changes.
  await (await createTestDatabase(start)).drop();
  await now(world);

  return {
    world,
    async attempt() {
      const made = await createTestDatabase(start);
      const run = runnerOn(made);
      return {
        ...made,
        run: (choices) => run({ ...options, ...choices }),
        start: (orders) => startSyncProcess({ home, upstream, databaseUrl: made.url }, { ...orders, options }),
        dump: () => dumpDatabase(made.database),
        sql: (query) => made.database.withClient(async (client) => (await client.query(query)).rows),
      };
    },
    close: () => world.close(),
  };
}
