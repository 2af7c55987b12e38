import type { SourceStatus } from "../../domain/answers";
import type { Log } from "../../domain/log";
import { pause } from "../../domain/pause";

/** Milliseconds from the start to the first look, and from one look to the next. */
const FIRST_LOOK = 10_000;
const POLL_INTERVAL = 30_000;

/**
 * Logs when a source becomes overdue, and when it is fresh again: once each, in the words of `status`.
 *
 * @param seen is given the status at every look, to tell others
 */
export async function watchOverdue(
  status: () => Promise<readonly SourceStatus[]>,
  seen: (all: readonly SourceStatus[]) => Promise<void>,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const overdue = new Set<string>();
  // Not before the clock has looked: after an outage it starts what was missed.
  await pause(FIRST_LOOK, signal);
  while (!signal.aborted) {
    try {
      const all = await status();
      await seen(all);
      for (const { source, state, sentence } of all) {
        if (state === "late" && !overdue.has(source)) log.error("a source is overdue", { source, status: sentence });
        if (state === "fresh" && overdue.has(source)) log.info("a source is fresh again", { source });
        if (state === "late") overdue.add(source);
        else if (state === "fresh") overdue.delete(source);
      }
    } catch (error) {
      // A database out of reach is reported elsewhere.
      log.debug("the sources could not be looked at", { error });
    }
    await pause(POLL_INTERVAL, signal);
  }
}
