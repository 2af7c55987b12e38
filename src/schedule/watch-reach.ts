import { complainTo } from "../domain/complain";
import type { Log } from "../domain/log";
import { pause } from "../domain/pause";

/** Milliseconds. */
const POLL_INTERVAL = 1_000;

/**
 * Tells in a process that stays when its queue is out of reach, and when it is back: a line or two, however much the parts of
 * the queue stumble over it.
 * @param ping rejects within seconds while the queue is out of reach
 */
export function watchReach(ping: () => Promise<void>, log: Log): { stumbled(): void; stop(): void } {
  const complaints = complainTo(log);
  const over = new AbortController();
  let looking = false;

  async function look(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        await ping();
        complaints.relieved("the queue is back");
        return;
      } catch (error) {
        if (over.signal.aborted) return;
        complaints.complain(`${error instanceof Error ? error.message : String(error)}; it is tried again`);
      }
      await pause(POLL_INTERVAL, over.signal);
    }
  }

  return {
    stumbled() {
      if (looking) return;
      looking = true;
      void look().finally(() => {
        looking = false;
      });
    },
    stop: () => over.abort(),
  };
}
