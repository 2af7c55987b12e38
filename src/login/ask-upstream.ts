import { Failure } from "../domain/errors";
import type { Credential, LiveOutcome } from "../domain/login";
import { within } from "../domain/within";
import type { BreakerState, LoginPorts, LoginSource } from "./ports";

/** What came of asking, and how long it took; milliseconds. */
export interface Asked {
  readonly outcome: LiveOutcome;
  readonly afterMs: number;
  /** False when the breaker is open, or a drill forces the fallback: nobody was asked. */
  readonly isAsked: boolean;
}

const NOT_ASKED: Asked = { outcome: { outcome: "unavailable", reason: "breaker" }, afterMs: 0, isAsked: false };

/**
 * Asks the customer's system within the policy's deadline. One dropped connection is tried once more before it counts; what is
 * out of reach then makes the breaker's own probe look, which alone decides that others are not asked.
 */
export async function askUpstream(
  { breaker, clock, journal }: Pick<LoginPorts, "breaker" | "clock" | "journal">,
  source: string,
  { live, policy }: LoginSource,
  credential: Credential,
  state: BreakerState,
): Promise<Asked> {
  const isElsewhere = !isCheckedHere(policy, credential);
  const isTrial = isElsewhere && state === "open" && breaker.mayTry(source);
  if (isElsewhere && state !== "closed" && !isTrial) return NOT_ASKED;
  const begun = clock.elapsed();
  const left = () => policy.deadline - (clock.elapsed() - begun);
  let outcome = await askOnce(live, credential, left());
  if (outcome.outcome === "unavailable" && outcome.reason === "network" && left() > 0)
    outcome = await askOnce(live, credential, left());
  if (outcome.outcome === "unavailable") {
    // A system that answers "not you" is there: a probe would say so, and every login must go on finding out whether
    // that is over.
    if (outcome.reason === "service-account") journal.alert(source, "service-account");
    else if (isElsewhere) breaker.suspect(source);
  } else if (isTrial) await breaker.answered(source);
  return { outcome, afterMs: Math.round(clock.elapsed() - begun), isAsked: true };
}

/**
 * Tokens that are checked by keys which are here need nobody at the other end: no breaker keeps them out, and a key that cannot be
 * had says nothing of where passwords are checked.
 */
const isCheckedHere = ({ token }: LoginSource["policy"], { kind }: Credential): boolean =>
  kind === "token" && token !== null && ["oidc", "jwt", "saml"].includes(token.kind);

/** A check that does not end is late whatever it waits for. */
async function askOnce(live: LoginSource["live"], credential: Credential, deadline: number): Promise<LiveOutcome> {
  const late = new AbortController();
  const lateness = new Failure("RUN004", "the customer's system did not answer a login in time");
  try {
    return await within(deadline, live.check(credential, late.signal), () => lateness);
  } catch (error) {
    if (error instanceof Failure && error.code === "RUN004") return { outcome: "unavailable", reason: "timeout" };
    throw error;
  } finally {
    late.abort(lateness);
  }
}
