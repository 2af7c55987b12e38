export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Lets go of the timer, and of the signal that it follows. */
  release(): void;
}

/**
 * Aborted after so many milliseconds, or with the other signal. (What `AbortSignal.any` follows, Node 20 holds weakly: a timeout
 * that only it knows is forgotten at the next garbage collection, and never comes.)
 */
export function limitTime(milliseconds: number, signal?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, milliseconds);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
