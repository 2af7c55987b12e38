import type { Log } from "../domain/log";
import { within } from "../domain/within";
import { createJobProcessor, type JobHandlers } from "./job-processor";
import { type QueueStore, SHARED_TERMS } from "./queue-store";
import { RUNS, type SharedQueue } from "./shared-queue";

export interface ServeOptions extends JobHandlers {
  /** How many jobs this process works on at once. */
  readonly concurrency: number;
  /** How many all processes do; null for as many as they can. All should say the same. */
  readonly totalConcurrency: number | null;
  /** Milliseconds after which the jobs of a process that died are free; a usual one unless told. */
  readonly lock?: number;
}

export interface RunWorker {
  /** Takes no more jobs, asks those at hand to end early and waits for them. Afterwards no connection is left. */
  close(): Promise<void>;
  /** Leaves the jobs at hand to themselves; once their locks have run out, other workers see to them. */
  abandon(): Promise<void>;
}

/** An emptied Redis has forgotten the limit; it is set again after this time at the latest. */
const LIMIT_INTERVAL = 5_000;
/** How long the queue may take to let go of a worker that has nothing more to do. */
const CLOSE_TIMEOUT = 2_000;
const READY_TIMEOUT = 10_000;

/**
 * A worker of the shared queue.
 *
 * @throws Failure DB020 when the store does not answer
 */
export async function serveRuns(
  store: QueueStore,
  queue: SharedQueue,
  { concurrency, totalConcurrency, lock = SHARED_TERMS.lockDuration, ...handlers }: ServeOptions,
  log: Log,
): Promise<RunWorker> {
  const jobs = createJobProcessor(handlers, log);
  const life = { lockDuration: lock, stalledInterval: lock / 3 };
  const worker = store.openWorker(RUNS, jobs.process, { ...SHARED_TERMS, ...life, concurrency });
  worker.on("error", (error) => log.debug("the queue's worker stumbled", { error }));
  try {
    await within(READY_TIMEOUT, worker.waitUntilReady(), () => new Error("timeout"));
  } catch (error) {
    void worker.abandon();
    throw store.unreachable(error);
  }
  await queue.limit(totalConcurrency);
  const limiting = setInterval(() => {
    queue.limit(totalConcurrency).catch((error: unknown) => log.debug("the limit could not be looked at", { error }));
  }, LIMIT_INTERVAL);
  worker.run().catch((error: unknown) => log.error("the worker stopped", { error }));

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    clearInterval(limiting);
    const ended = jobs.end();
    const gone = worker.close();
    await ended;
    // BullMQ waits without end for a store that is away.
    await within(CLOSE_TIMEOUT, gone, () => null).catch(abandon);
  }
  async function abandon(): Promise<void> {
    clearInterval(limiting);
    await worker.abandon().catch((error: unknown) => log.debug("the worker was left to itself", { error }));
  }
  return {
    close() {
      closed ??= close();
      return closed;
    },
    abandon,
  };
}
