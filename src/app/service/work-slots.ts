import { Failure } from "../../domain/errors";
import type { RunEvent } from "../../domain/run-events";
import type { QueuedRun, RunReport } from "../../domain/runs";
import type { SlotRef } from "../../domain/slots";
import { aboutSource } from "../../mirror/one-source";
import type { RunStore } from "../../mirror/run-store";
import type { Adapters } from "../open/adapters";
import type { Runs } from "../runs";

/** How often a run looks whether the person who asked for it now asks it to stop. */
const STOP_POLL_INTERVAL = 1_000;

interface Services {
  readonly stores: Adapters["stores"];
  readonly runs: Runs;
  /** Told of each synchronization that was worked here. */
  readonly observe: (report: RunReport) => void;
}

/** What a worker does with what the queue hands it. */
export function createSlotWork({ stores, runs, observe }: Services) {
  /** What waits for the same source goes on at once, the oldest first, instead of at the clock's next round. */
  const workSlot = (first: SlotRef, onEvent: (event: RunEvent) => void, ending: AbortSignal): Promise<void> =>
    aboutSource(first.source, () => workSlots(first, onEvent, ending));

  async function workSlots(first: SlotRef, onEvent: (event: RunEvent) => void, ending: AbortSignal): Promise<void> {
    const { slots } = await stores();
    let next: SlotRef | undefined = first;
    while (next !== undefined && !ending.aborted) {
      const begun = await slots.begin(next);
      if (begun.state !== "begun") return;
      await slots.end(next, await workRun(begun.run, onEvent, ending));
      next = (await slots.due()).find(({ source }) => source === first.source);
    }
  }

  async function workRun(run: number, onEvent: (event: RunEvent) => void, ending: AbortSignal): Promise<RunReport> {
    const { runs: store } = await stores();
    const queued = await store.read(run);
    return aboutSource(queued.source, () => workQueued(store, queued, onEvent, ending));
  }

  async function workQueued(
    store: RunStore,
    { run, options }: QueuedRun,
    onEvent: (event: RunEvent) => void,
    ending: AbortSignal,
  ): Promise<RunReport> {
    const stopped = new AbortController();
    const stop = (): void => stopped.abort(new Failure("RUN004", "ended as asked by the person who had started it"));
    const look = setInterval(() => {
      // What cannot be asked now is asked again.
      void store.stopRequested(run).then(
        (asked) => void (asked && stop()),
        () => undefined,
      );
    }, STOP_POLL_INTERVAL);
    try {
      const report = await runs.work(run, onEvent, AbortSignal.any([ending, stopped.signal]));
      if (options.mode === "sync") observe(report);
      return report;
    } finally {
      clearInterval(look);
    }
  }

  return { onSlot: workSlot, onRun: workRun };
}
