import type { Log } from "../domain/log";
import type { RunReport } from "../domain/runs";
import { openPostgresStore } from "./postgres-store";
import type { QueueStore } from "./queue-store";
import { openRedisStore } from "./redis-store";
import { type Work, workOne } from "./work-one";

export interface QueueOptions {
  /** Redis or Valkey; null puts the queue into Postgres. */
  readonly redisUrl: string | null;
  /** A pg pool configuration of our own database: `connectionString`, or `host` (a folder, for a unix socket), `user` … */
  readonly postgres: object;
  /** Keeps mirrors that share a Redis apart; in Postgres the database does. */
  readonly namespace?: string;
  /** How long Redis may stay away during a run, in milliseconds. */
  readonly patience?: number;
  readonly log: Log;
}

export interface RunQueue {
  /** Which server, its version, its settings; never a password. */
  readonly description: string;
  /** Puts the job of a run and works it in this process; no other source's job is touched. See `workOne`. */
  workOne(work: Work): Promise<RunReport>;
  /** Leaves no connection and no timer behind. */
  close(): Promise<void>;
}

/** @throws Failure DB020 when the store is out of reach, DB021 when Redis may evict jobs, DB022 when it is too new */
export async function openRunQueue(options: QueueOptions): Promise<RunQueue> {
  const store = await openQueueStore(options);
  return {
    description: store.description,
    workOne: (work) => workOne(store, work, options.log),
    close: () => store.close(),
  };
}

export function openQueueStore(options: QueueOptions): Promise<QueueStore> {
  const { redisUrl, postgres, namespace, patience = 5_000, log } = options;
  if (redisUrl === null) return openPostgresStore({ pool: postgres, log });
  // The braces keep all keys in one slot of a cluster.
  const prefix = namespace === undefined ? "{understudy}" : `{understudy-${namespace}}`;
  return openRedisStore({ url: redisUrl, prefix, patience, log });
}
