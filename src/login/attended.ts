import type { Account, LoginCall, LoginStep } from "../domain/login";
import type { HashPlace, Known, LoginPorts, LoginSource, Verified } from "./ports";

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

/** Looks at the login again, after another system was asked. */
export async function lookAgain<A extends Attended>(attended: A): Promise<A> {
  const { ports, call, login } = attended;
  return { ...attended, known: await ports.directory.look(call.source, login, ports.clock.now()) };
}

/** The password that was brought, bound to an account as its hash is. */
export const boundTo = ({ id, key }: Account, { call, password }: Pick<Attended, "call" | "password">): Verified => ({
  source: call.source,
  account: id,
  key,
  password,
});
