import type { HttpPolicy } from "../domain/job";
import { interrupted, type Sleep } from "./interruption";

export interface Turns {
  /** Waits until a request may start; the returned function gives the turn back. An abort ends the wait with RUN004. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Nobody starts for `ms` milliseconds: the customer's system asked for it. */
  pause(ms: number): void;
}

/** At most `concurrency` requests at once, and at most `rate.requests` begun within any `rate.per` milliseconds. */
export const createTurns = ({
  policy: { concurrency, rate },
  now,
  sleep,
}: {
  readonly policy: Pick<HttpPolicy, "concurrency" | "rate">;
  readonly now: () => number;
  readonly sleep: Sleep;
}): Turns => {
  let free = concurrency;
  let pausedUntil = 0;
  const queue: (() => void)[] = [];
  /** When the last `rate.requests` requests began. */
  const begun: number[] = [];

  const giveBack = (): void => {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  };

  const slot = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(interrupted());
      if (free > 0) {
        free -= 1;
        return resolve();
      }
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(enter), 1);
        reject(interrupted());
      };
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
        return giveBack;
      } catch (error) {
        giveBack();
        throw error;
      }
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
  };
};
