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
}

/** Repeats `attempt` as the policy says; gives the last answer, or throws the last failure, with the tries told. */
export type Retry = (attempt: () => Promise<Answer>, signal: AbortSignal) => Promise<Tried>;

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

  const mayHelp = (result: Answer | Failure): boolean => {
    // A name that does not exist is a mistake in the job, not a moment's trouble.
    if (result instanceof Failure && result.data.cause === "ENOTFOUND") return false;
    if (result instanceof Failure) return policy.network && (result.code === "UPS001" || result.code === "UPS002");
    return policy.statuses.includes(result.status) || (policy.serverErrors && result.status >= 500);
  };

  return async (attempt, signal) => {
    requests += 1;
    const began = now();
    let waited = 0;
    for (let attempts = 1; ; attempts += 1) {
      const result = await attempt().catch((error: unknown) => {
        if (error instanceof Failure) return error;
        throw error;
      });
      if (!mayHelp(result)) return outcome(result, "");

      const asked = result instanceof Failure ? 0 : retryAfter(result, now());
      const jitter = random() * Math.min(policy.backoff.to, policy.backoff.from * 2 ** (attempts - 1));
      const wait = Math.max(asked, jitter);
      // What slow attempts took counts too, or a system that hangs would be waited for ten times over.
      const stop = stopReason(asked, Math.max(waited, now() - began) + wait);
      if (stop !== null) return outcome(result, ` (attempt ${attempts}; ${stop})`);

      retries += 1;
      waited += wait;
      const because = result instanceof Failure ? result.code : `status ${result.status}`;
      const facts = { because, attempt: attempts, waitMs: Math.round(wait) };
      if (wait < WONDERING_FROM) log.info("upstream request failed and is tried again", facts);
      else log.warn("upstream request failed and is tried again after a while", facts);
      if (asked > 0 || (!(result instanceof Failure) && result.status === TOO_MANY)) slowDown(asked);
      await sleep(wait, signal);
    }
  };

  function stopReason(asked: number, waiting: number): string | null {
    if (asked > limits.retryAfter)
      return `it asks for a pause of ${duration(asked)}, and ${duration(limits.retryAfter)} is the longest that is kept`;
    if (waiting > policy.budget) return `\`retry.budget\` of ${duration(policy.budget)} is used up`;
    return retries >= FREE_RETRIES + Math.floor(requests * RETRY_SHARE)
      ? "too many requests had to be tried again in this run"
      : null;
  }
};

const outcome = (result: Answer | Failure, tries: string): Tried => {
  if (!(result instanceof Failure)) return { answer: result, tries };
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
