import { randomUUID } from "node:crypto";
import { type LoginAnswer, PASSWORD_BYTES } from "../domain/login";
import { isStorable } from "../domain/storable";
import { askLocal } from "./ask-local";
import { askMirror, askRecent } from "./ask-mirror";
import { type Asked, askUpstream } from "./ask-upstream";
import { type Attended, boundTo, lookAgain } from "./attended";
import { decideWithinLimits } from "./decide-within-limits";
import { dropVerifier } from "./drop-verifier";
import { letIn } from "./let-in";
import type { Pace } from "./pace";
import { cannotSay, REFUSED, type Verdict } from "./verdict";

/** How long a user name may be, in characters; a longer one belongs to nobody. */
const LOGIN_LENGTH = 1024;

/** @param pace of the customers' systems' refusals */
export async function byPassword(begun: Omit<Attended, "known">, pace: Pace): Promise<LoginAnswer> {
  const { ports, call, login, password, place, tell } = begun;
  const { address } = call.client;
  if (!isPossible(login, password)) {
    const decide = async () => {
      tell({ step: "the input", found: "no user name or no password that anybody could have" });
      await place.pretend();
      return REFUSED;
    };
    return decideWithinLimits(ports, { source: call.source, login: null, address }, { decide, tell });
  }
  return decideWithinLimits(
    ports,
    { source: call.source, login, address },
    {
      decide: (known) => decide({ ...begun, known }, pace),
      lockedOut: (known) => decideLockedOut({ ...begun, known }, pace),
      tell,
    },
  );
}

/** An empty password is none: there are systems that let everybody in with it. */
const isPossible = (login: string, password: string): boolean =>
  [login, password].every((text) => text !== "" && isStorable(text)) &&
  login.length <= LOGIN_LENGTH &&
  Buffer.byteLength(password) <= PASSWORD_BYTES;

async function decide(attended: Attended, pace: Pace): Promise<Verdict> {
  const { account } = attended.known;
  const { mode } = attended.source.policy;
  if (account?.isLocal) return askLocal({ ...attended, account });
  if (mode === "mirror-only") return askMirror(attended, { state: "not-asked", afterMs: 0 });
  if (mode !== "mirror-first") return askOn(attended, pace);
  // Its hash takes long enough for others to change what is known.
  return (await askRecent(attended)) ?? askOn(await lookAgain(attended), pace);
}

/** Asks the customer's system, and the mirror when that is out of reach. */
async function askOn(attended: Attended, pace: Pace): Promise<Verdict> {
  const { ports, call, source, known, tell } = attended;
  const { account } = known;
  const { mode } = source.policy;
  const askedAt = ports.clock.now();
  const asked = await askUpstream(ports, call.source, source, call.credential, known.breaker);
  tell({ step: "the customer's system", found: describe(asked) });
  const { outcome, afterMs } = asked;
  switch (outcome.outcome) {
    case "accepted": {
      const { login, password, place } = attended;
      const keeping = { offline: source.policy.offline, askedAt, login, password, place };
      return letIn(ports, call.source, { key: outcome.key, known: account, afterMs, keeping }, tell);
    }
    case "refused":
      pace.note(call.source, afterMs);
      return takeNo(attended, askedAt);
    case "disabled":
      await dropVerifier(ports, { source: call.source, key: outcome.key, known: account, askedAt });
      await pretendToHash(attended);
      return REFUSED;
    case "unavailable":
      if (mode === "live-only") return cannotSay();
      return askMirror(asked.isAsked ? await lookAgain(attended) : attended, { state: "down", afterMs });
    case "indeterminate":
      return cannotSay();
  }
}

/**
 * The customer's system said no, which is final: a verifier that this password would open is dropped. One that it would not
 * stays, or anybody could take away a person's login by guessing.
 */
async function takeNo(attended: Attended, askedAt: number): Promise<Verdict> {
  const { ports, call, place, tell } = attended;
  const { account, verifier } = (await lookAgain(attended)).known;
  if (account === null || verifier === null || attended.source.policy.offline === 0) {
    await pretendToHash(attended);
    return REFUSED;
  }
  const found = await place.verify(verifier.hash, boundTo(account, attended));
  if (found === "right") {
    await ports.verifiers.drop({ source: call.source, account, askedAt, hash: verifier.hash });
    tell({ step: "the verifier", found: "dropped: it is of a password that the customer's system refuses now" });
  }
  return REFUSED;
}

/** As much hashing as `takeNo` does for anybody. */
async function pretendToHash({ source, place }: Attended): Promise<void> {
  if (source.policy.offline > 0) await place.pretend();
}

/**
 * Somebody who is locked out is asked about nowhere, and must not learn it by that: the time passes as for a wrong
 * password.
 */
async function decideLockedOut(begun: Attended, pace: Pace): Promise<Verdict> {
  const { ports, call, source } = begun;
  const { mode } = source.policy;
  const inVain = { ...begun, password: randomUUID(), tell: () => undefined };
  if (begun.known.account?.isLocal) return askLocal({ ...inVain, account: begun.known.account });
  if (mode === "mirror-only") return askMirror(inVain, { state: "not-asked", afterMs: 0 });
  if (mode === "mirror-first") await askRecent(inVain);
  const attended = mode === "mirror-first" ? await lookAgain(inVain) : inVain;
  if (attended.known.breaker !== "closed")
    return mode === "live-only" ? cannotSay() : askMirror(attended, { state: "down", afterMs: 0 });
  await ports.clock.sleep(pace.usual(call.source));
  return takeNo(attended, ports.clock.now());
}

function describe({ outcome, afterMs, isAsked }: Asked): string {
  if (!isAsked) return "not asked: it is known to be out of reach, or a drill says so";
  const reason = "reason" in outcome ? ` (${outcome.reason})` : "";
  return `${outcome.outcome}${reason} after ${afterMs} ms`;
}
