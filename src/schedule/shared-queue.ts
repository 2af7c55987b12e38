import type { Log } from "../domain/log";
import type { RunEvent } from "../domain/run-events";
import { within } from "../domain/within";
import type { DueSlot } from "./ports";
import { idOf, type RunJob, runJob, slotJob } from "./queue-jobs";
import { ANSWER_TIMEOUT, type QueueStore } from "./queue-store";
import { readProgress } from "./read-progress";

/**
 * The queue that all workers serve. Mirrors that share a server are kept apart by the store: by the prefix of keys and of the
 * names of connections in Redis, by the database in Postgres.
 */
export const RUNS = "runs";

/** waiting: nobody has begun it · active: a worker has it · ended: a worker had it · gone: not there, or no longer. */
type JobState = "waiting" | "active" | "ended" | "gone";

export interface Followed {
  /** Tells what was not told yet. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface SharedQueue {
  /** May be done again and again: a slot that waits or is worked on stays one job. */
  putSlots(slots: readonly DueSlot[]): Promise<void>;
  /** At the head. Again after it has ended or vanished, too. */
  putRun(job: RunJob): Promise<void>;
  /** Removes a run's job, unless a worker has it. True when there is no such job (any more). */
  takeBack(run: number): Promise<boolean>;
  stateOf(run: number): Promise<JobState>;
  /** How many are alive, wherever. */
  workers(): Promise<number>;
  counts(): Promise<Readonly<Record<"waiting" | "active" | "delayed", number>>>;
  /** Lets all workers together work on so many jobs at once; null lifts the limit. Writes only what is not so already. */
  limit(total: number | null): Promise<void>;
  /**
   * Tells the events of a run from here on, as a worker anywhere tells them, and when its job has ended. To be called before
   * the job is put.
   */
  follow(
    job: RunJob,
    listener: { readonly onEvent: (event: RunEvent) => void; readonly onEnded: () => void },
  ): Promise<Followed>;
  close(): Promise<void>;
}

/** It, like its methods, takes seconds at most. @throws Failure DB020 when the store does not answer */
export async function openSharedQueue(store: QueueStore, log: Log): Promise<SharedQueue> {
  const queue = store.openQueue(RUNS);
  queue.on("error", (error) => log.debug("the queue stumbled", { error }));
  // One that did not get ready at once never will.
  await store.ask(() => queue.waitUntilReady());

  async function stateOf(run: number): Promise<JobState> {
    return STATES[await queue.getJobState(idOf(run))] ?? "waiting";
  }

  return {
    putSlots: (slots) => store.ask(async () => void (slots.length > 0 && (await queue.addBulk(slots.map(slotJob))))),
    putRun: (job) =>
      store.ask(async () => {
        // A job that has ended would swallow the new one.
        if ((await stateOf(job.run)) === "ended") await queue.remove(idOf(job.run));
        const { name, data, opts } = runJob(job);
        await queue.add(name, data, opts);
      }),
    takeBack: (run) =>
      store.ask(async () => {
        await queue.remove(idOf(run));
        return (await stateOf(run)) === "gone";
      }),
    stateOf: (run) => store.ask(() => stateOf(run)),
    workers: () => store.ask(() => queue.getWorkersCount()),
    counts: () =>
      store.ask(async () => {
        const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
        return { waiting, active, delayed };
      }),
    limit: (total) =>
      store.ask(async () => {
        if ((await queue.getGlobalConcurrency()) === total) return;
        await (total === null ? queue.removeGlobalConcurrency() : queue.setGlobalConcurrency(total));
      }),
    async follow({ run }, { onEvent, onEnded }) {
      const id = idOf(run);
      const read = readProgress(onEvent);
      const events = store.openEvents(RUNS, await store.ask(() => store.latestEvent(RUNS)));
      events.on("error", (error) => log.debug("the queue's events stumbled", { error }));
      events.on("progress", ({ jobId, data }) => void (jobId === id && read(data)));
      for (const end of ["completed", "failed"] as const)
        events.on(end, ({ jobId }) => void (jobId === id && onEnded()));
      events.run().catch((error: unknown) => log.debug("the queue's events stumbled", { error }));
      return {
        catchUp: () => store.ask(async () => read((await queue.getJob(id))?.progress)),
        // Also when the store is gone: they would listen for ever.
        stop: () => within(ANSWER_TIMEOUT, events.close(), () => null).catch(() => undefined),
      };
    },
    close: () => queue.close(),
  };
}

const STATES: Readonly<Record<string, JobState>> = {
  active: "active",
  completed: "ended",
  failed: "ended",
  unknown: "gone",
};
