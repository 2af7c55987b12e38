import type { RunEvent } from "../domain/runs";
import type { RunProgress } from "./queue-store";

/**
 * Hands events on in batches, one write at a time: a slow queue makes larger batches, never a slower run. Every batch comes
 * again in front of the next one, numbered, so that one that was lost on the way is missed by nobody; events of batches that
 * could not be written are gone when two in a row are. Progress is for watching.
 */
export function batchProgress(write: (progress: RunProgress) => Promise<void>): {
  readonly tell: (event: RunEvent) => void;
  /** Resolves when everything told so far was written, or given up. */
  readonly flush: () => Promise<void>;
} {
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
    }
    writing = null;
  }

  return {
    tell(event) {
      waiting.push(event);
      writing ??= drain();
    },
    flush: async () => writing ?? undefined,
  };
}
