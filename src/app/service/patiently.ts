import { complainTo } from "../../domain/complain";
import { Failure } from "../../domain/errors";
import type { Log } from "../../domain/log";
import { pause } from "../../domain/pause";
import { asDatabaseFailure } from "../../mirror/database-failure";

/** Milliseconds between two attempts. */
const RETRY_INTERVAL = 2_000;

/**
 * Opens what a lasting process cannot be without, for as long as it takes: a database or a queue that starts later than we do
 * is waited for. What waiting cannot mend is thrown at once, as is the reason of the signal.
 */
export async function patiently<T>(open: () => Promise<T>, signal: AbortSignal, log: Log): Promise<T> {
  const complaints = complainTo(log);
  for (;;) {
    signal.throwIfAborted();
    try {
      const opened = await open();
      complaints.relieved("it answers now");
      return opened;
    } catch (thrown) {
      // Opening asks, too, and what a driver says of that is no `Failure` yet.
      const error = asDatabaseFailure(thrown);
      if (!(error instanceof Failure) || !error.retryable) throw error;
      complaints.complain(`waiting: ${error.message}`, { code: error.code, fix: error.fix });
      await pause(RETRY_INTERVAL, signal);
    }
  }
}
