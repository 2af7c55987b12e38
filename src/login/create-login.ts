import { Failure } from "../domain/errors";
import type { LiveAnswer, LoginAnswer, LoginCall, LoginStep } from "../domain/login";
import { byPassword } from "./by-password";
import { byToken, concludeToken } from "./by-token";
import { decideWithinLimits } from "./decide-within-limits";
import { Pace } from "./pace";
import type { LoginPorts, LoginSource } from "./ports";
import { cannotSay } from "./verdict";

export interface Login {
  /**
   * @param tell hears of every step, for `verify`
   * @throws Failure USE002, LOG001, LOG002, USE005, and what is wrong with the files of the source
   */
  login(call: LoginCall, tell?: (step: LoginStep) => void): Promise<LoginAnswer>;
  /** After the customer's system was asked elsewhere, in a sign-in by browser. */
  conclude(answer: LiveAnswer): Promise<LoginAnswer>;
}

/** Seconds until a full queue has places again. */
const BUSY = 1;

const ignore = (): void => undefined;

/**
 * The login policy: the customer's system is asked first, and only when it is out of reach the mirror answers. A no from there
 * is final, and what says neither yes nor no lets nobody in.
 */
export function createLogin(ports: LoginPorts): Login {
  const pace = new Pace();
  return {
    async login(call, tell = ignore) {
      const source = await ports.sources.find(call.source);
      const { credential } = call;
      refuseKind(call, source);
      if (credential.kind === "token") return byToken(ports, call, source, tell);
      // Taken before anybody is asked: whatever follows hashes, or must take as long as what does.
      const place = ports.hasher.enter(call.source);
      if (place === null) {
        tell({ step: "the queue", found: "too many logins at once" });
        return cannotSay(BUSY).answer;
      }
      try {
        return await byPassword({ ports, call, source, place, tell, ...credential }, pace);
      } finally {
        place.leave();
      }
    },
    async conclude({ source: name, outcome, client }) {
      await ports.sources.find(name);
      const attempt = { source: name, login: null, address: client.address };
      return decideWithinLimits(ports, attempt, {
        decide: () => concludeToken(ports, name, { outcome, afterMs: 0 }, ignore),
        tell: ignore,
      });
    },
  };
}

/** @throws Failure LOG002 */
function refuseKind({ source: name, credential: { kind } }: LoginCall, { policy }: LoginSource): void {
  // Where nobody is asked, no way to ask is needed.
  if (policy[kind] !== null || (kind === "password" && policy.mode === "mirror-only")) return;
  throw new Failure("LOG002", `\`${name}\` takes no ${kind} for a login`, {
    fix: `say under \`login:\` in jobs/${name}.yaml how a ${kind} is checked`,
  });
}
