import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { pause } from "../domain/pause";
import type { RunEvent } from "../domain/run-events";
import type { RunReport, RunSummary } from "../domain/runs";
import type { RunQueue } from "./open-run-queue";
import type { RunJob } from "./queue-jobs";
import type { Followed } from "./shared-queue";
import type { RunHandler } from "./work-one";

/** Runs as Postgres knows them, which is the truth about them. */
export interface FollowedRuns {
  /** `alive`: the process that works it still has its database session. */
  runState(run: number): Promise<{
    readonly state: RunSummary["state"];
    readonly report: RunReport | null;
    readonly alive: boolean;
  }>;
  /**
   * Ends a run whose process died, unless it has ended; gives its report either way.
   *
   * @throws Failure RUN001 when it lives after all
   */
  endDead(run: number): Promise<RunReport>;
  /** The process that works the run looks for this, and ends it early. */
  requestStop(run: number): Promise<void>;
}

export interface Following {
  readonly job: RunJob;
  readonly queue: Pick<RunQueue, "workers" | "follow" | "putRun" | "stateOf" | "counts" | "takeBack" | "workOne">;
  readonly runs: FollowedRuns;
  /** Works the run in this process, when nobody else does. */
  readonly handler: RunHandler;
  /** Gets the run's events in order, whichever process works it. */
  readonly onEvent: (event: RunEvent) => void;
  /** Aborting it ends the run early, wherever it is. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** In milliseconds. */
export const FOLLOW_TERMS = {
  /** How often the run is looked at. */
  pollInterval: 500,
  /** A run that has waited for so long while no worker does anything is worked here. */
  pickupTimeout: 15_000,
  /** How long what a worker told last may take to get here. */
  lastWords: 2_000,
};

/**
 * The life of a run that a person asked for, as seen from where they sit:
 *
 *   no worker is alive ─────────────────────────────────────────────────▶ worked here
 *   put ─▶ queued ─┬─ nobody takes it, or the person stops it ─▶ taken back ─▶ worked here
 *                  └─▶ running ─┬─▶ finished: its report
 *                               └─▶ its process died: ended, its report
 *
 * What becomes of it is read in Postgres, never in the queue: when the queue goes away meanwhile, only progress is missed.
 * @throws Failure DB020 when the queue is out of reach before the run was put; what `runs` and `handler` throw
 */
export async function followRun(following: Following, terms = FOLLOW_TERMS): Promise<RunReport> {
  const { job, queue, handler, onEvent, signal } = following;
  const workHere = () => queue.workOne({ job, handler, onEvent, signal });
  if (signal.aborted || (await queue.workers()) === 0) return workHere();

  const end = new AbortController();
  const events = await queue.follow(job, { onEvent, onEnded: () => end.abort() });
  const watch = watchQueued(following, terms);
  try {
    await queue.putRun(job);
    const report = await reportFromElsewhere(following, terms, watch, end.signal);
    if (report !== null) {
      await hearLastWords(events, end.signal, terms.lastWords);
      return report;
    }
  } finally {
    await events.stop();
  }
  return watch.isQueueGone() ? handler(job.run, onEvent, signal) : workHere();
}

/** Null when the run was left to us. @param end of the run's job in the queue, after which there is no need to wait */
async function reportFromElsewhere(
  { job: { run }, runs, signal }: Following,
  { pollInterval }: typeof FOLLOW_TERMS,
  { isLeftToUs }: Watch,
  end: AbortSignal,
): Promise<RunReport | null> {
  let signsOfDeath = 0;
  let stopAsked = false;
  for (;;) {
    const isStopped = signal.aborted;
    const { state, report, alive } = await runs.runState(run);
    if (report !== null) return report;
    // A run may be between two sessions, or about to say that it has finished.
    signsOfDeath = state !== "queued" && !alive ? signsOfDeath + 1 : 0;
    if (signsOfDeath >= 2) {
      const last = await runs.endDead(run).catch(unlessAlive);
      if (last !== null) return last;
    }
    if (state === "queued" && (await isLeftToUs())) return null;
    if (isStopped && !stopAsked) {
      await runs.requestStop(run);
      stopAsked = true;
    }
    await untilNextLook(pollInterval, end, stopAsked ? null : signal);
  }
}

export function unlessAlive(error: unknown): null {
  if (error instanceof Failure && error.code === "RUN001") return null;
  throw error;
}

interface Watch {
  /** Whether nobody will take the queued run, and its job is out of everybody's reach. */
  isLeftToUs(): Promise<boolean>;
  isQueueGone(): boolean;
}

function watchQueued({ job, queue, runs, signal, log }: Following, { pickupTimeout }: typeof FOLLOW_TERMS): Watch {
  const { run, source } = job;
  let quietSince = performance.now();
  let ends = 0;
  let gone = false;

  async function nobodyTakesIt(): Promise<boolean> {
    const state = await queue.stateOf(run);
    if (state === "gone") await queue.putRun(job);
    // The run may have finished since we looked; twice means that its worker died before it began, or failed to.
    ends = state === "ended" ? ends + 1 : 0;
    if (ends === 2 || (await queue.workers()) === 0) return true;
    if ((await queue.counts()).active > 0) quietSince = performance.now();
    return performance.now() - quietSince >= pickupTimeout;
  }

  const isQueued = async () => (await runs.runState(run)).state === "queued";

  return {
    async isLeftToUs() {
      // The process that claims the run in Postgres works it, whether its job lies in the queue or in some worker's
      // hands.
      if (gone) return performance.now() - quietSince >= pickupTimeout;
      try {
        return (signal.aborted || (await nobodyTakesIt())) && (await queue.takeBack(run)) && (await isQueued());
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== "DB020") throw error;
        log.warn(`${error.message}; the run is followed by the database alone`, { run, source });
        gone = true;
        quietSince = performance.now();
        return false;
      }
    },
    isQueueGone: () => gone,
  };
}

/** A worker writes its last events after the report. */
async function hearLastWords(events: Followed, end: AbortSignal, wait: number): Promise<void> {
  await pause(wait, end);
  await events.catchUp().catch(() => undefined);
}

/** A signal that was aborted before does not hurry it. */
async function untilNextLook(time: number, ...signals: (AbortSignal | null)[]): Promise<void> {
  const awaited = signals.filter((signal): signal is AbortSignal => signal?.aborted === false);
  await pause(time, AbortSignal.any(awaited));
}
