import type { Account, LoginAnswer, LoginCall, LoginStep } from "../domain/login";
import type { HashPlace, LoginPorts, LoginSource } from "./ports";

/** An answer, and what it means for the count of failures: only a definite no is one. */
export interface Verdict {
  readonly answer: LoginAnswer;
  readonly counts: "succeeded" | "failed" | "neither";
}

export const REFUSED: Verdict = { answer: { result: "refused" }, counts: "failed" };

/** Neither can say. @param retryAfter seconds */
export const cannotSay = (retryAfter = 30): Verdict => ({
  answer: { result: "unavailable", retryAfter },
  counts: "neither",
});

/** One login by password, while it is attended to. */
export interface Attended {
  readonly ports: LoginPorts;
  readonly call: LoginCall;
  readonly source: LoginSource;
  readonly login: string;
  readonly password: string;
  /** Whom the login leads to in the mirror; null for nobody. */
  readonly account: Account | null;
  readonly place: HashPlace;
  readonly tell: (step: LoginStep) => void;
}
