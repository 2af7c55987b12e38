import type { LiveAnswer, LoginAnswer, LoginCall, LoginStep } from "../domain/login";
import type { LoginPorts } from "./ports";

export interface Login {
  /** @param tell hears of every step, for `verify` */
  login(call: LoginCall, tell?: (step: LoginStep) => void): Promise<LoginAnswer>;
  /** After the customer's system was asked elsewhere. */
  conclude(answer: LiveAnswer): Promise<LoginAnswer>;
}

/** The login policy over its ports. */
export function createLogin(_ports: LoginPorts): Login {
  throw new Error("being written");
}
