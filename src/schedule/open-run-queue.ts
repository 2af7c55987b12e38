import type { Log } from "../domain/log";
import type { RunReport } from "../domain/runs";
import { within } from "../domain/within";
import { openPostgresStore } from "./postgres-store";
import type { QueueStore } from "./queue-store";
import { openRedisStore } from "./redis-store";
import { type RunWorker, type ServeOptions, serveRuns } from "./serve-runs";
import { openSharedQueue, type SharedQueue } from "./shared-queue";
import { type Work, workOne } from "./work-one";

export interface QueueOptions {
  /** Redis or Valkey; null puts the queue into Postgres. */
  readonly redisUrl: string | null;
  /** A pg pool configuration of our own database: `connectionString`, or `host` (a folder, for a unix socket), `user` … */
  readonly postgres: object;
  /** Whether that is the embedded database; no when not given. */
  readonly embedded?: boolean;
  /** Keeps mirrors that share a Redis apart; in Postgres the database does. */
  readonly namespace?: string;
  /** For a process that stays: the store may be away for as long as it likes; when it goes and comes is told. */
  readonly lasting?: boolean;
  /** How long Redis may stay away during a run, in milliseconds, in a process that does not stay. */
  readonly reconnectTimeout?: number;
  readonly log: Log;
}

export interface RunQueue extends SharedQueue {
  /** Which server, its version, its settings; never a password. */
  readonly description: string;
  /** One round trip. @throws Failure DB020 within seconds when the store is out of reach */
  ping(): Promise<void>;
  /** Puts the job of a run and works it in this process; no other run's job is touched. See `workOne`. */
  workOne(work: Work): Promise<RunReport>;
  /** Takes jobs from the shared queue, until it is closed. See `serveRuns`. */
  serve(options: ServeOptions): Promise<RunWorker>;
  /** Ends within seconds and leaves no connection and no timer behind, once the jobs at hand have ended. */
  close(): Promise<void>;
}

/** How long a worker that was not closed before may take. */
const CLOSE_TIMEOUT = 5_000;

/** @throws Failure DB020 when the store is out of reach, DB021 when Redis may evict jobs, DB022 when it is too new */
export async function openRunQueue(options: QueueOptions): Promise<RunQueue> {
  const { log } = options;
  const store = await openQueueStore(options);
  const shared = await openSharedQueue(store, log).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const served: RunWorker[] = [];

  async function close(): Promise<void> {
    const parts = Promise.all([...served.map((worker) => worker.close()), shared.close()]);
    await within(CLOSE_TIMEOUT, parts, () => null).catch(() => Promise.all(served.map((worker) => worker.abandon())));
    await store.close();
  }

  return {
    ...shared,
    description: store.description,
    ping: () => store.ping(),
    workOne: (work) => workOne(store, work, log),
    async serve(how) {
      const worker = await serveRuns(store, shared, how, log);
      served.push(worker);
      return worker;
    },
    close,
  };
}

export function openQueueStore(options: QueueOptions): Promise<QueueStore> {
  const { redisUrl, postgres, embedded = false, namespace, lasting = false, reconnectTimeout = 5_000, log } = options;
  if (redisUrl === null) return openPostgresStore({ pool: postgres, embedded, lasting, log });
  // The braces keep all keys in one slot of a cluster.
  const prefix = namespace === undefined ? "{understudy}" : `{understudy-${namespace}}`;
  return openRedisStore({
    url: redisUrl,
    prefix,
    reconnectTimeout: lasting ? Number.POSITIVE_INFINITY : reconnectTimeout,
    log,
  });
}
