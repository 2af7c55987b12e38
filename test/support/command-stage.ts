/** Where faults strike the real commands: plays in which one process is struck, each in a mirror of its own, with a queue. */

import { isWhole } from "./chance";
import { type Dump, dumpDatabase } from "./dump-database";
import type { FaultScenario } from "./fault-scenarios";
import { openFaultStage } from "./fault-stage";
import { isRedisHere, startRedis } from "./redis-server";
import { ensureBuilt, type Service, startService } from "./service";
import { chosen, countSteps, type Steps, type Strike } from "./steps";
import type { World } from "./world";

/** The places where a queue can live. */
export const BACKENDS = ["PostgreSQL", "Redis"] as const;
/** Both in the whole campaign; in short one, of those that are there. */
export const backends = (): readonly (typeof BACKENDS)[number][] =>
  chosen(isWhole || isRedisHere() ? BACKENDS : ["PostgreSQL"], 1);
export const SYNC = ["sync", "acme", "--wait"];

export interface Scene {
  /** Of the database. */
  readonly url: string;
  readonly sql: World["sql"];
  start(args: readonly string[]): Service;
  /** Starts the process that is struck. */
  startStruck(args: readonly string[]): Service;
}

export interface Performance extends Steps {
  /** Of the command that comes after the play and sees that everything is done. */
  readonly exitCode: number | null;
  readonly dump: Dump;
}

export interface CommandStage {
  readonly world: World;
  /** @param to which steps of the struck process count */
  perform(play: (scene: Scene) => Promise<unknown>, strike?: Strike | null, to?: "all" | "queue"): Promise<Performance>;
  close(): Promise<void>;
}

/** Null without a Redis. */
export async function openCommandStage(
  { files, ...scenario }: FaultScenario,
  backend: (typeof BACKENDS)[number],
): Promise<CommandStage | null> {
  const redis = backend === "Redis" ? await startRedis() : null;
  if (backend === "Redis" && redis === null) return null;
  await ensureBuilt();
  const stage = await openFaultStage({ ...scenario, ...(files === undefined ? {} : { files }) });
  const { world } = stage;
  return {
    world,
    async perform(play, strike = null, to = "all") {
      const { url, sql, database, drop } = await stage.attempt();
      // Copies of one database have one name, and would share what is in the queue.
      await sql("update sync.mirror set id = gen_random_uuid()");
      const env = { DATABASE_URL: url, REDIS_URL: redis?.url ?? "", UPSTREAM_URL: world.upstream.url };
      const services: Service[] = [];
      const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Service => {
        const service = startService(args, { home: world.home, env: { ...env, ...more } });
        services.push(service);
        return service;
      };
      const counted = countSteps([strike], to);
      const struck = { ...counted.env, NODE_OPTIONS: counted.execArgv.join(" ") };
      try {
        let steps = async (): Promise<Steps> => ({ struck: false, sent: [] });
        const startStruck = (args: readonly string[]): Service => {
          steps = async () => (await counted.steps())[0]!;
          return start(args, struck);
        };
        await play({ url, sql, start, startStruck });
        const exitCode = await start(SYNC).exited;
        return { ...(await steps()), exitCode, dump: await dumpDatabase(database) };
      } finally {
        await Promise.all(services.map((service) => service.end("SIGKILL")));
        await drop();
      }
    },
    async close() {
      await stage.close();
      await redis?.stop();
    },
  };
}
