import type { Log } from "./log";

/** At most one line in this time, however often the same trouble is met. */
const INTERVAL = 60_000;

export interface Complaints {
  /** Tells of a trouble, unless it was told a short while ago. */
  complain(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Tells that the trouble is over and how long it took, if there was one. */
  relieved(message: string): void;
}

/** One lasting trouble is one message a minute, not a storm. */
export function complainTo(log: Log): Complaints {
  let since: number | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    complain(message, fields = {}) {
      since ??= performance.now();
      if (performance.now() - toldAt < INTERVAL) return;
      toldAt = performance.now();
      log.warn(message, fields);
    },
    relieved(message) {
      if (since === null) return;
      log.info(message, { afterSeconds: Math.round((performance.now() - since) / 1000) });
      since = null;
      toldAt = Number.NEGATIVE_INFINITY;
    },
  };
}
