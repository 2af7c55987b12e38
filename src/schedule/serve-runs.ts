import { UnrecoverableError, WaitingError } from "bullmq";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import type { RunEvent } from "../domain/run-events";
import type { SlotRef } from "../domain/slots";
import { within } from "../domain/within";
import { batchProgress } from "./batch-progress";
import { complainTo } from "./complain";
import { readJob, verdictOf, type Wanted } from "./queue-jobs";
import { type QueueJob, type QueueStore, type RunVerdict, SHARED_TERMS } from "./queue-store";
import { RUNS, type SharedQueue } from "./shared-queue";
import type { RunHandler } from "./work-one";

export interface ServeOptions {
  /** How many jobs this process works on at once. */
  readonly concurrency: number;
  /** How many all processes do; null for as many as they can. All should say the same. */
  readonly totalConcurrency: number | null;
  /** Milliseconds after which the jobs of a process that died are free; a usual one unless told. */
  readonly lock?: number;
  readonly onRun: RunHandler;
  /** Aborting `signal` asks for an early end, its `reason` is a `Failure`. */
  readonly onSlot: (slot: SlotRef, onEvent: (event: RunEvent) => void, signal: AbortSignal) => Promise<unknown>;
}

export interface RunWorker {
  /** Takes no more jobs, asks those at hand to end early and waits for them. Afterwards no connection is left. */
  close(): Promise<void>;
  /** Leaves the jobs at hand to themselves; once their locks have run out, other workers see to them. */
  abandon(): Promise<void>;
}

/** An emptied Redis has forgotten the limit; that is seen after so long at the latest. */
const LIMIT_INTERVAL = 5_000;
/** How long the last words about a job may take once its work is done. */
const FLUSH_TIMEOUT = 2_000;
const READY_TIMEOUT = 10_000;

/**
 * A worker of the shared queue. The life of a job:
 *
 *   taken ─▶ read ─▶ handler ─▶ verdict kept in the queue
 *              └─▶ set aside as failed, when it is not one of ours
 *
 * @throws Failure DB020 when the store does not answer
 */
export async function serveRuns(
  store: QueueStore,
  queue: SharedQueue,
  { concurrency, totalConcurrency, lock = SHARED_TERMS.lockDuration, onRun, onSlot }: ServeOptions,
  log: Log,
): Promise<RunWorker> {
  const ending = new AbortController();
  const foreign = complainTo(log);
  const failing = complainTo(log);
  const working = new Set<Promise<unknown>>();

  async function processJob(job: QueueJob, token?: string): Promise<RunVerdict | null> {
    if (ending.signal.aborted) return leaveToAnother(job, token);
    const wanted = readJob(job);
    if (wanted === null) return setAside(job);
    const work = perform(job, wanted);
    working.add(work);
    try {
      const verdict = await work;
      failing.relieved("jobs can be worked again");
      return verdict;
    } catch (error) {
      throw failed(job, error);
    } finally {
      working.delete(work);
    }
  }

  async function perform(job: QueueJob, wanted: Wanted): Promise<RunVerdict | null> {
    const progress = batchProgress((events) => job.updateProgress(events));
    try {
      if ("run" in wanted) return verdictOf(await onRun(wanted.run.run, progress.tell, ending.signal));
      await onSlot(wanted.slot, progress.tell, ending.signal);
      return null;
    } finally {
      // A queue that went away keeps nobody from what comes next.
      await within(FLUSH_TIMEOUT, progress.flush(), () => null).catch(() => undefined);
    }
  }

  function setAside(job: QueueJob): never {
    foreign.complain("another program puts its jobs into our queue; they are set aside as failed", {
      queue: RUNS,
      job: job.id,
      name: job.name,
    });
    throw new UnrecoverableError("not a job of Understudy");
  }

  /** Only the code is kept: a message could name what must not lie in a queue. What became of the run stands in Postgres. */
  function failed(job: QueueJob, error: unknown): UnrecoverableError {
    if (!(error instanceof Failure)) log.error("a job failed", { job: job.id, error });
    else failing.complain(`a job could not be worked: ${error.message}`, { job: job.id, code: error.code });
    return new UnrecoverableError(error instanceof Failure ? error.code : "BUG001");
  }

  const life = { lockDuration: lock, stalledInterval: lock / 3 };
  const worker = store.openWorker(RUNS, processJob, { ...SHARED_TERMS, ...life, concurrency });
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
    ending.abort(new Failure("RUN004", "the worker was told to end", { fix: "another worker takes it up" }));
    const gone = worker.close();
    while (working.size > 0) await Promise.allSettled(working);
    // BullMQ waits without end for a store that is away.
    await within(FLUSH_TIMEOUT, gone, () => null).catch(abandon);
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

/** Taken in the moment in which we end. */
async function leaveToAnother(job: QueueJob, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
