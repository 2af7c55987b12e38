import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { DelayedError, UnrecoverableError } from "bullmq";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import type { RunEvent } from "../domain/run-events";
import type { RunReport } from "../domain/runs";
import { batchProgress } from "./batch-progress";
import { idOf, optionsOf, type RunJob, verdictOf } from "./queue-jobs";
import { type JobQueue, LOCAL_TERMS, type QueueJob, type QueueStore } from "./queue-store";
import { readProgress } from "./read-progress";

/** Does the run. `onEvent` never blocks; aborting `signal` asks for an early end, its `reason` may be a `Failure`. */
export type RunHandler = (run: number, onEvent: (event: RunEvent) => void, signal: AbortSignal) => Promise<RunReport>;

export interface Work {
  readonly job: RunJob;
  readonly handler: RunHandler;
  /** Gets the run's events, in order, as they come back from the queue. */
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/** The name of jobs that a person asked for. Each is worked at once by the process that put it, so one that waits for long has lost its process. */
const PERSONAL = "cli";
const ABANDONED_AFTER = 30_000;
/** Milliseconds. */
const POLL_INTERVAL = 200;
/** How often in a row a job must be seen without a worker to count as lost. */
const LOOKS = 5;
/** How many of the queue's own events a source keeps. */
const LOCAL_EVENTS_KEPT = 1_000;
/** States of a job that a worker has, or has just given back. */
const IN_HANDS = ["active", "delayed"];

/**
 * Puts the job of a run and works it in this process. The life of the job:
 *
 *   put at the head ─▶ taken by our worker ─▶ handler ─▶ verdict kept in the queue ─▶ worker closed
 *
 * Our worker listens to this source only and gives back whatever job is not ours, as the workers of others do with ours.
 * @throws what the handler throws; Failure DB020 when the queue was lost, DB023 when it lost the job
 */
export async function workOne(store: QueueStore, work: Work, log: Log): Promise<RunReport> {
  const { run, source } = work.job;
  const name = `local-${source}`;
  const queue = store.openQueue(name, LOCAL_EVENTS_KEPT);
  let ours = null as Promise<RunReport> | null;
  const worker = store.openWorker(
    name,
    async (job, token) => {
      if (job.id !== idOf(run)) return giveBack(job, token);
      ours = perform(store, work, job);
      try {
        return verdictOf(await ours);
      } catch (error) {
        // Only the code: a message could name what must not lie in a queue.
        throw new UnrecoverableError(error instanceof Failure ? error.code : "BUG001");
      } finally {
        // Closing begins at once, so that no further job is fetched with the verdict.
        void worker.close();
      }
    },
    LOCAL_TERMS,
  );
  const read = readProgress(work.onEvent);
  worker.on("progress", (_job, progress) => read(progress));
  // It drains again and again while one look is under way.
  let isLooking = false;
  worker.on("drained", async () => {
    if (isLooking) return;
    isLooking = true;
    await leaveUnlessHeld();
    isLooking = false;
  });
  queue.on("error", (error) => log.debug("the queue stumbled", { error }));
  worker.on("error", (error) => log.debug("the queue's worker stumbled", { error }));
  const done = new AbortController();
  // BullMQ waits for a store without end; a run must not, once it is over.
  const forsaken = once(store.lost, "abort", { signal: done.signal }).then(
    () => ours?.then(ignore, ignore),
    () => new Promise<never>(ignore),
  );
  try {
    await Promise.race([put(queue, work.job).then(() => worker.run()), forsaken]);
  } catch (error) {
    throw store.unreachable(error);
  } finally {
    await Promise.race([Promise.all([worker.close(), queue.close()]), forsaken]);
    done.abort();
  }
  if (ours === null) throw store.lost.aborted ? store.lost.reason : neverTaken(run);
  const report = await ours;
  if (store.lost.aborted) log.warn("the queue went away during the run", { run, source, outcome: report.outcome });
  // The run ended early because of us, not because of the person.
  if (report.outcome === "interrupted" && store.lost.aborted && !work.signal.aborted) throw store.lost.reason;
  return report;

  /** Nothing waits for us. Another process may have our job in its hands, about to give it back; otherwise it is lost. */
  async function leaveUnlessHeld(): Promise<void> {
    try {
      // Between two hands it waits for a moment, a long one where the machine is busy, so it is looked for several times.
      for (let misses = 0; ours === null && misses < LOOKS; await delay(POLL_INTERVAL, null, { signal: done.signal }))
        misses = IN_HANDS.includes(await queue.getJobState(idOf(run))) ? 0 : misses + 1;
    } catch (error) {
      log.debug("the queue stumbled", { error });
    }
    if (ours === null) void worker.close();
  }
}

async function put(queue: JobQueue, job: RunJob): Promise<void> {
  await sweep(queue);
  // A store that outlived its mirror may still hold a finished job of that number, which would swallow ours.
  await queue.remove(idOf(job.run));
  await queue.add(PERSONAL, job, optionsOf(job.run));
}

/** Removes what people asked for in processes that died before they took it: nobody waits for it, so nobody shall run it. */
async function sweep(queue: JobQueue): Promise<void> {
  const waiting = await queue.getJobs(["wait", "delayed"]);
  const abandoned = waiting.filter((job) => job.name === PERSONAL && Date.now() - job.timestamp > ABANDONED_AFTER);
  await Promise.all(abandoned.map((job) => job.remove()));
}

/** Gives back the job of another process, which is about to take it. */
async function giveBack(job: QueueJob, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + POLL_INTERVAL, token);
  throw new DelayedError();
}

async function perform(store: QueueStore, work: Work, job: QueueJob): Promise<RunReport> {
  const progress = batchProgress((progress) => job.updateProgress(progress));
  try {
    return await work.handler(work.job.run, progress.tell, AbortSignal.any([work.signal, store.lost]));
  } finally {
    await progress.flush();
  }
}

const ignore = (): void => {};

const neverTaken = (run: number): Failure =>
  new Failure("DB023", `the queue lost the job of run ${run} before it was begun; nothing was changed`, {
    fix: "run the command again",
  });
