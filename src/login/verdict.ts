import type { LoginAnswer, LoginCall, LoginStep } from "../domain/login";
import type { HashPlace, Known, LoginPorts, LoginSource } from "./ports";

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
  readonly known: Known;
  readonly place: HashPlace;
  readonly tell: (step: LoginStep) => void;
}

/** As things are now that somebody else was asked. */
export async function lookAgain<A extends Attended>(attended: A): Promise<A> {
  const { ports, call, login } = attended;
  return { ...attended, known: await ports.directory.look(call.source, login, ports.clock.now()) };
}
