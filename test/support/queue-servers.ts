/** The two places where a queue can live, for tests that run on both. */
import { randomUUID } from "node:crypto";
import { createPostgresBackend, Queue, Worker } from "bullmq";
import Redis from "ioredis";
import { silentLog } from "../../src/domain/log";
import { NOTHING_READ, type RunReport } from "../../src/domain/runs";
import type { QueueOptions } from "../../src/schedule/open-run-queue";
import { isRedisHere, startRedis } from "./redis-server";
import { createTestDatabase } from "./test-database";

export interface QueueServer {
  /** For `openRunQueue`. */
  readonly options: QueueOptions;
  /** The same server, and a mirror of its own. */
  other(): Promise<{ readonly options: QueueOptions; drop(): Promise<void> }>;
  /** BullMQ itself, as any other program would use it. */
  queue(name: string): Queue;
  worker(name: string): Worker;
  /** Loses what is in the queue, or every connection to it: the worst that may happen to it while it stays up. */
  upset(): Promise<void>;
  stop(): Promise<void>;
}

const startPostgresQueue = async (): Promise<QueueServer> => {
  const database = await createTestDatabase(null);
  const optionsFor = (url: string): QueueOptions => ({
    redisUrl: null,
    postgres: { connectionString: url },
    log: silentLog,
  });
  const connection = { connectionString: database.url, schema: "queue", max: 1 };
  return {
    options: optionsFor(database.url),
    async other() {
      const second = await createTestDatabase(null);
      return { options: optionsFor(second.url), drop: second.drop };
    },
    queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
    worker: (name) => new Worker(name, null, { connection }, createPostgresBackend) as unknown as Worker,
    async upset() {
      await database.database.withClient((client) =>
        client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid()`,
        ),
      );
    },
    stop: database.drop,
  };
};

const startRedisQueue = async (): Promise<QueueServer> => {
  const redis = await startRedis();
  if (redis === null) throw new Error("there is no Redis");
  const namespace = randomUUID();
  const optionsFor = (name: string): QueueOptions => ({
    redisUrl: redis.url,
    postgres: {},
    namespace: name,
    log: silentLog,
  });
  const prefix = `{understudy-${namespace}}`;
  const shared = { connection: { url: redis.url }, prefix };
  return {
    options: optionsFor(namespace),
    other: async () => ({ options: optionsFor(randomUUID()), drop: async () => undefined }),
    queue: (name) => new Queue(name, shared),
    worker: (name) => new Worker(name, null, shared),
    async upset() {
      const client = new Redis(redis.url);
      // A server that REDIS_URL names may hold what is not ours.
      if (redis.pid !== null) await client.flushall();
      else for (const key of await client.keys(`${prefix}:*`)) await client.del(key);
      client.disconnect();
    },
    stop: redis.stop,
  };
};

export const QUEUE_SERVERS = [
  { kind: "PostgreSQL", start: startPostgresQueue, isHere: true },
  { kind: "Redis", start: startRedisQueue, isHere: isRedisHere() },
];

export function reportOf(run: number, changes: Partial<RunReport> = {}): RunReport {
  return {
    run,
    source: "any",
    outcome: "ok",
    exitCode: 0,
    ...NOTHING_READ,
    trigger: { kind: "cli", by: "ops@desk", reason: null },
    startedAt: "2026-11-22T13:59:02Z",
    finishedAt: "2026-11-22T13:59:09Z",
    ...changes,
  };
}
