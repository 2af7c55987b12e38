import type { LoginAnswer } from "../domain/login";

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
