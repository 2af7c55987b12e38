import type { RunEvent } from "../domain/run-events";
import type { RunProgress } from "./queue-store";

/** Milliseconds between two batches: nobody reads faster, and pages may come by the hundred in a second. */
const BATCH_INTERVAL = 100;

/**
 * Hands events on in batches, one write at a time: a slow queue makes larger batches, never a slower run. Every batch comes
 * again in front of the next one, numbered, so that one that was lost on the way is missed by nobody; events of batches that
 * could not be written are gone when two in a row are. Progress is for watching.
 *
 * @param pause milliseconds between two batches
 */
export function batchProgress(
  write: (progress: RunProgress) => Promise<void>,
  pause = BATCH_INTERVAL,
): {
  readonly tell: (event: RunEvent) => void;
  /** Resolves when everything told so far was written, or given up. */
  readonly flush: () => Promise<void>;
} {
  let flushing = false;
  let hurry = (): void => {};
  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  let waiting: RunEvent[] = [];
  let last: readonly RunEvent[] = [];
  let from = 0;
  let writing: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write({ from, events: [...last, ...batch] }).catch(() => {});
      from += last.length;
      last = batch;
      if (pause > 0 && !flushing) await rest();
    }
    writing = null;
  }

  return {
    tell(event) {
      waiting.push(event);
      writing ??= drain();
    },
    async flush() {
      flushing = true;
      hurry();
      await writing;
      flushing = false;
    },
  };
}
