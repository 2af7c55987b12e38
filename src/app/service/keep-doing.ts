import type { Log } from "../../domain/log";
import { pause } from "../../domain/pause";

/** What a process that stays does again and again in the background. */
export interface Chore {
  /** @param signal aborted when the process is to end; what takes its time ends with it */
  readonly work: (signal: AbortSignal) => Promise<unknown>;
  /** What the log says, at the level `debug`, when it failed: it is done again anyway. */
  readonly trouble: string;
}

/** Until the signal is aborted. @param interval milliseconds between two times */
export async function keepDoing(
  { work, trouble }: Chore,
  { interval, signal, log }: { readonly interval: number; readonly signal: AbortSignal; readonly log: Log },
): Promise<void> {
  while (!signal.aborted) {
    await work(signal).catch((error: unknown) => log.debug(trouble, { error }));
    await pause(interval, signal);
  }
}
