import type { Log } from "./log";
import { within } from "./within";

interface Look<T> {
  readonly answer: Promise<T | null>;
  readonly began: number;
  over: boolean;
}

interface LookOptions {
  /** Nobody waits longer, in milliseconds. */
  readonly timeout: number;
  /** How long an answer serves, in milliseconds from when it was asked for; 0 only those who ask meanwhile. */
  readonly freshFor: number;
  readonly log: Log;
  /** What the log is told when asking fails. */
  readonly trouble: string;
}

/**
 * A question that may be answered late or never, for many who ask it at once: they share one look, and get null when it
 * failed or was late. The log is told once per outage. A look that hangs beyond the timeout is left alone and the next
 * caller looks again, so that one lost answer does not hide that all is well again.
 */
export function shareLook<T>(ask: () => Promise<T>, options: LookOptions): () => Promise<T | null> {
  const { timeout, freshFor, log, trouble } = options;
  let latest: Look<T> | null = null;
  let failing = false;

  async function answerOrNull(): Promise<T | null> {
    try {
      const answer = await within(timeout, ask(), () => new Error(`no answer within ${timeout / 1000} s`));
      failing = false;
      return answer;
    } catch (error) {
      if (!failing) log.warn(trouble, { error });
      failing = true;
      return null;
    }
  }

  return () => {
    // Not the time of day: a clock that is set back must not keep an old answer.
    const now = performance.now();
    if (latest !== null && (!latest.over || now - latest.began < freshFor)) return latest.answer;
    const look: Look<T> = { answer: answerOrNull(), began: now, over: false };
    void look.answer.then(() => {
      look.over = true;
    });
    latest = look;
    return look.answer;
  };
}
