import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../domain/errors";

/** Waits `ms` milliseconds; an abort ends it at once with RUN004. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const interrupted = (): Failure =>
  new Failure("RUN004", "interrupted while reading from the customer's system; nothing was removed");

export const sleep: Sleep = (ms, signal) =>
  delay(ms, undefined, { signal }).catch(() => {
    throw interrupted();
  });

/** Waits for something shared: an abort ends this wait only, not the work behind it. */
export const orInterrupted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(interrupted());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });

export interface Scope {
  readonly signal: AbortSignal;
  abort(): void;
  /** Lets go of the parents, which outlive it. */
  release(): void;
}

/** Aborts with any of its parents or by itself. (`AbortSignal.any` keeps what long-lived parents begot alive in Node 20.) */
export const openScope = (...parents: readonly AbortSignal[]): Scope => {
  const controller = new AbortController();
  // Every request under way listens, and Node takes more than ten for a leak.
  setMaxListeners(0, controller.signal);
  const abort = (): void => controller.abort();
  for (const parent of parents) {
    if (parent.aborted) abort();
    parent.addEventListener("abort", abort, { once: true });
  }
  return {
    signal: controller.signal,
    abort,
    release() {
      for (const parent of parents) parent.removeEventListener("abort", abort);
    },
  };
};
