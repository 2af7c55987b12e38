import type { RunEvent } from "../domain/runs";

/**
 * Hands events on in batches, one write at a time: a slow queue makes larger batches, never a slower run. Events of a batch
 * that could not be written are gone; progress is for watching.
 */
export function batchProgress(write: (events: readonly RunEvent[]) => Promise<void>): {
  readonly tell: (event: RunEvent) => void;
  /** Resolves when everything told so far was written, or given up. */
  readonly flush: () => Promise<void>;
} {
  let waiting: RunEvent[] = [];
  let writing: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write(batch).catch(() => {});
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
