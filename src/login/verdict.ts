import type { Account, LoginAnswer, Subject } from "../domain/login";

/** An answer, and what it means for the count of failures: only a definite no is one. */
export interface Verdict {
  readonly answer: LoginAnswer;
  readonly counts: "succeeded" | "failed" | "neither";
}

export const REFUSED: Verdict = { answer: { result: "refused" }, counts: "failed" };

/** The password was right, but the person may not come in here: nothing was guessed. */
export const REFUSED_HERE: Verdict = { ...REFUSED, counts: "neither" };

/** Neither can say. @param retryAfter seconds */
export const cannotSay = (retryAfter = 30): Verdict => ({
  answer: { result: "unavailable", retryAfter },
  counts: "neither",
});

type Accepted = Extract<LoginAnswer, { result: "accepted" }>;
export type UpstreamState = Accepted["upstream"];

interface Admitted extends Pick<Accepted, "basis" | "upstream"> {
  readonly account: Account;
  readonly subject: Subject;
  /** As of when the answer is true, and when it is given; milliseconds since 1970. */
  readonly asOf: number;
  readonly at: number;
}

/** Somebody is let in. */
export const accepted = ({ basis, account, subject, asOf, at, upstream }: Admitted): Verdict => ({
  answer: {
    result: "accepted",
    basis,
    asOf: new Date(asOf).toISOString(),
    ageSeconds: Math.max(0, Math.floor((at - asOf) / 1000)),
    upstream,
    subject,
    passwordChangedAt: account.passwordChangedAt === null ? null : new Date(account.passwordChangedAt).toISOString(),
  },
  counts: "succeeded",
});
