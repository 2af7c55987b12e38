import type { HttpPolicy } from "../../domain/job";
import { interrupted, type Sleep } from "./interruption";

export interface Turns {
  /** Waits until a request may start; the returned function gives the turn back. An abort ends the wait with RUN004. */
  take(signal: AbortSignal): Promise<() => void>;
  /**
   * The customer's system refused a request as one too many: nobody starts for `ms` milliseconds, and there is one turn less, if it
   * is not the last. It comes back after `CALM` requests without a refusal.
   */
  slowDown(ms: number): void;
}

/** Requests without a refusal after which one more at once is tried; the few refusals that this provokes are tried again. */
const CALM = 50;

/**
 * At most `concurrency` requests at once, fewer while that is too many, and at most `rate.requests` begun within any `rate.per`
 * milliseconds.
 */
export const createTurns = ({
  policy: { concurrency, rate },
  now,
  sleep,
}: {
  readonly policy: Pick<HttpPolicy, "concurrency" | "rate">;
  readonly now: () => number;
  readonly sleep: Sleep;
}): Turns => {
  let atOnce = concurrency;
  let underWay = 0;
  /** Requests begun since one was refused, or a turn came back. */
  let calm = 0;
  let pausedUntil = 0;
  const queue: (() => void)[] = [];
  /** When the last `rate.requests` requests began. */
  const begun: number[] = [];

  const admit = (): void => {
    if (underWay < atOnce) queue.shift()?.();
  };

  const giveBack = (): void => {
    underWay -= 1;
    admit();
  };

  const regain = (): void => {
    calm += 1;
    if (calm < CALM || atOnce >= concurrency) return;
    atOnce += 1;
    calm = 0;
    admit();
  };

  const slot = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(interrupted());
      const enter = (): void => {
        underWay += 1;
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(enter), 1);
        reject(interrupted());
      };
      if (underWay < atOnce) return enter();
      signal.addEventListener("abort", leave, { once: true });
      queue.push(enter);
    });

  const pace = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const [oldest = 0] = begun;
      const at = now();
      const until = Math.max(pausedUntil, rate && begun.length >= rate.requests ? oldest + rate.per : 0);
      if (until <= at) {
        if (rate && begun.push(at) > rate.requests) begun.shift();
        return;
      }
      await sleep(until - at, signal);
    }
  };

  return {
    async take(signal) {
      await slot(signal);
      try {
        await pace(signal);
        regain();
        return giveBack;
      } catch (error) {
        giveBack();
        throw error;
      }
    },
    slowDown(ms) {
      atOnce = Math.max(1, atOnce - 1);
      calm = 0;
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
  };
};
