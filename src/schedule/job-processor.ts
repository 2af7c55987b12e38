import { UnrecoverableError, WaitingError } from "bullmq";
import { complainTo } from "../domain/complain";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import type { RunEvent } from "../domain/run-events";
import type { SlotRef } from "../domain/slots";
import { within } from "../domain/within";
import { batchProgress } from "./batch-progress";
import { readJob, verdictOf, type Wanted } from "./queue-jobs";
import type { QueueJob, RunVerdict } from "./queue-store";
import { RUNS } from "./shared-queue";
import type { RunHandler } from "./work-one";

export interface JobHandlers {
  readonly onRun: RunHandler;
  /** Aborting `signal` asks for an early end, its `reason` is a `Failure`. */
  readonly onSlot: (slot: SlotRef, onEvent: (event: RunEvent) => void, signal: AbortSignal) => Promise<unknown>;
}

/** How long the last events of a job may take to reach the queue once its work is done. */
const FLUSH_TIMEOUT = 2_000;

/**
 * The life of a job of the shared queue:
 *
 *   taken ─▶ read ─▶ handler ─▶ verdict kept in the queue
 *              └─▶ set aside as failed, when it is not one of ours
 */
export function createJobProcessor({ onRun, onSlot }: JobHandlers, log: Log) {
  const ending = new AbortController();
  const foreign = complainTo(log);
  const failing = complainTo(log);
  const working = new Set<Promise<unknown>>();

  async function process(job: QueueJob, token?: string): Promise<RunVerdict | null> {
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

  return {
    process,
    /** Takes no more jobs, asks those at hand to end early and waits for them. */
    async end(): Promise<void> {
      ending.abort(new Failure("RUN004", "the worker was told to end", { fix: "another worker takes it up" }));
      while (working.size > 0) await Promise.allSettled(working);
    },
  };
}

/** Taken in the moment in which we end. */
async function leaveToAnother(job: QueueJob, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
