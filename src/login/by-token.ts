import type { LoginAnswer, LoginCall, LoginStep } from "../domain/login";
import { type Asked, askUpstream } from "./ask-upstream";
import { decideWithinLimits } from "./decide-within-limits";
import { dropVerifier } from "./drop-verifier";
import { letIn } from "./let-in";
import type { Known, LoginPorts, LoginSource } from "./ports";
import { cannotSay, REFUSED, type Verdict } from "./verdict";

/** A token is checked with the customer's system or not at all: the mirror keeps nothing to check it against. */
export async function byToken(
  ports: LoginPorts,
  { source: name, credential, client }: LoginCall,
  source: LoginSource,
  tell: (step: LoginStep) => void,
): Promise<LoginAnswer> {
  const attempt = { source: name, login: null, address: client.address };
  const decide = async ({ breaker }: Known): Promise<Verdict> => {
    if (source.policy.mode === "mirror-only") return cannotSay();
    const asked = await askUpstream(ports, name, source, credential, breaker);
    tell({ step: "the customer's system", found: `${asked.outcome.outcome} after ${asked.afterMs} ms` });
    return concludeToken(ports, name, asked, tell);
  };
  return decideWithinLimits(ports, attempt, { decide, tell });
}

/** What the customer's system said of a token, or in a sign-in by browser, becomes an answer. */
export async function concludeToken(
  ports: LoginPorts,
  source: string,
  { outcome, afterMs }: Pick<Asked, "outcome" | "afterMs">,
  tell: (step: LoginStep) => void,
): Promise<Verdict> {
  switch (outcome.outcome) {
    case "accepted":
      return letIn(ports, source, { key: outcome.key, known: null, afterMs, keeping: null }, tell);
    case "refused":
      return REFUSED;
    case "disabled":
      await dropVerifier(ports, { source, key: outcome.key, known: null, askedAt: ports.clock.now() });
      return REFUSED;
    case "unavailable":
    case "indeterminate":
      return cannotSay();
  }
}
