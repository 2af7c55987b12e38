/**
 * Asks again where that can help: statuses and network trouble the job names, after a pause of full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/) or of the length the answer asks for.
 */
import { Failure } from "../../domain/errors";
import type { HttpPolicy } from "../../domain/job";
import type { Log } from "../../domain/log";
import { duration } from "./duration";
import type { Answer } from "./http-client";
import type { Sleep } from "./interruption";
import type { Limits } from "./limits";
import { isLasting } from "./network-failure";
import { readHeader } from "./places";

/** So many retries are free; beyond them, one in ten requests, so that a system on its knees is not kicked. */
const FREE_RETRIES = 10;
const RETRY_SHARE = 0.1;
/** RFC 6585, 4. */
const TOO_MANY = 429;
/** From this pause on, in milliseconds, people wonder why nothing happens. */
const WONDERING_FROM = 5_000;

export interface Tried {
  readonly answer: Answer;
  /** Where it was given up: how often it was asked and why not more often, to end a message with. Otherwise empty. */
  readonly tries: string;
  /** What to do about that, where it is not what the answer itself suggests. */
  readonly fix: string | null;
}

/** Why it is not tried again. */
interface Stop {
  readonly because: string;
  readonly fix: string | null;
}

/** Repeats `attempt` as the policy says; gives the last answer, or throws the last failure, with the tries told. */
export type Retry = (
  attempt: () => Promise<Answer>,
  signal: AbortSignal,
  /** Statuses that are an answer here, and no error of the server; those that the policy names are tried again all the same. */
  also?: readonly number[],
) => Promise<Tried>;

export const createRetry = ({
  policy,
  limits,
  log,
  now,
  random,
  sleep,
  slowDown,
}: {
  readonly policy: HttpPolicy["retry"];
  readonly limits: Limits;
  readonly log: Log;
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly sleep: Sleep;
  /** Told when an answer says that it was asked too much, with the pause it asks for, in milliseconds, which all requests then keep. */
  readonly slowDown: (ms: number) => void;
}): Retry => {
  let requests = 0;
  let retries = 0;
  /** Until when all requests pause because they were asked to, and how long all such pauses are together. */
  let pausedUntil = 0;
  let paused = 0;
  const pausedSoFar = (): number => paused - Math.max(0, pausedUntil - now());
  const pause = (asked: number): void => {
    const until = now() + asked;
    paused += Math.max(0, until - Math.max(pausedUntil, now()));
    pausedUntil = Math.max(pausedUntil, until);
    slowDown(asked);
  };

  const mayHelp = (result: Answer | Failure, also: readonly number[]): boolean => {
    if (result instanceof Failure && isLasting(result)) return false;
    if (result instanceof Failure) return policy.network && (result.code === "UPS001" || result.code === "UPS002");
    return (
      policy.statuses.includes(result.status) ||
      (policy.serverErrors && result.status >= 500 && !also.includes(result.status))
    );
  };

  return async (attempt, signal, also = []) => {
    requests += 1;
    const began = now() - pausedSoFar();
    /** Of its own accord, and because it was asked to. */
    let waited = 0;
    let kept = 0;
    for (let attempts = 1; ; attempts += 1) {
      const result = await attempt().catch((error: unknown) => {
        if (error instanceof Failure) return error;
        throw error;
      });
      if (!mayHelp(result, also)) return outcome(result, { tries: "", fix: null });

      const asked = result instanceof Failure ? 0 : retryAfter(result, now());
      const jitter = random() * Math.min(policy.backoff.to, policy.backoff.from * 2 ** (attempts - 1));
      const wait = Math.max(asked, jitter);
      // What slow attempts took counts too, or a system that hangs would be waited for ten times over; what it asks for does not.
      const own = Math.max(waited, now() - pausedSoFar() - began) + wait - asked;
      const stop = stopReason(asked, kept + asked, own);
      if (stop !== null) return outcome(result, { tries: ` (attempt ${attempts}; ${stop.because})`, fix: stop.fix });

      retries += 1;
      waited += wait - asked;
      kept += asked;
      const because = result instanceof Failure ? result.code : `status ${result.status}`;
      const facts = { because, attempt: attempts, waitMs: Math.round(wait) };
      if (wait < WONDERING_FROM) log.info("upstream request failed and is tried again", facts);
      else log.warn("upstream request failed and is tried again after a while", facts);
      if (asked > 0 || (!(result instanceof Failure) && result.status === TOO_MANY)) pause(asked);
      await sleep(wait, signal);
    }
  };

  function stopReason(asked: number, askedInAll: number, own: number): Stop | null {
    const most = duration(limits.retryAfter);
    const fix = "run it again when that is over; where fewer requests help, lower `http.rate`";
    if (asked > limits.retryAfter)
      return { because: `it asks for a pause of ${duration(asked)}, and ${most} is the longest that is kept`, fix };
    if (askedInAll > limits.retryAfter)
      return {
        because: `it has asked for pauses of ${duration(askedInAll)} in all, and ${most} is the most that is kept`,
        fix,
      };
    if (own > policy.budget) return { because: `\`retry.budget\` of ${duration(policy.budget)} is used up`, fix: null };
    return retries >= FREE_RETRIES + Math.floor(requests * RETRY_SHARE)
      ? { because: "too many requests had to be tried again in this run", fix: null }
      : null;
  }
};

const outcome = (result: Answer | Failure, { tries, fix }: Omit<Tried, "answer">): Tried => {
  if (!(result instanceof Failure)) return { answer: result, tries, fix };
  if (tries === "") throw result;
  throw new Failure(result.code, `${result.message}${tries}`, {
    ...(result.fix === null ? {} : { fix: result.fix }),
    data: result.data,
    cause: result.cause,
  });
};

/** Milliseconds, from seconds or a date (RFC 9110, 10.2.3); 0 where nothing readable is asked for. */
export const retryAfter = ({ headers }: Pick<Answer, "headers">, now: number): number => {
  const value = readHeader(headers, "retry-after")?.trim() ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
};
