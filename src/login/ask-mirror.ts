import type { Account } from "../domain/login";
import { admit } from "./admit";
import { type Attended, boundTo, lookAgain } from "./attended";
import { isActive } from "./is-active";
import type { Known, Verifier } from "./ports";
import { accepted, cannotSay, REFUSED, REFUSED_HERE, type UpstreamState, type Verdict } from "./verdict";
import { withFreshRoles } from "./with-fresh-roles";

/** However far away it is, nothing is believed for longer; milliseconds. */
const LONGEST_OFFLINE = 120 * 3_600_000;
/** How far the clocks of several machines may be apart. */
const CLOCK_TOLERANCE = 60_000;

/**
 * The mirror's own answer to a password. Whatever keeps it from one takes as long as a wrong password, so that nobody learns
 * who is there.
 */
export async function askMirror(attended: Attended, upstream: UpstreamState): Promise<Verdict> {
  const { ports, call, source, known, tell } = attended;
  const { account, verifier } = known;
  const { mode } = source.policy;
  const now = ports.clock.now();
  const stop = async (found: string, verdict: Verdict): Promise<Verdict> => {
    tell({ step: "the mirror", found });
    await pretend(attended);
    return verdict;
  };
  if (!isRightClock(known, now)) {
    ports.journal.alert(call.source, "clock-set-back");
    return stop("the clock was set back: how old anything is cannot be told", cannotSay());
  }
  if (source.policy.offline === 0)
    return stop("`offline: 0` lets nobody in without the customer's system", cannotSay());
  if (account === null) return stop("nobody of that name is there", REFUSED);
  if (!isActive(account, now)) return stop(`the account is ${inactive(account)}`, REFUSED);
  if (verifier === null)
    return mode === "mirror-only"
      ? stop("no password is known of this person", REFUSED)
      : stop("this person was not let in by the customer's system lately, so no password is known", cannotSay());
  const age = ageOf(verifier, account, now);
  if (age === null) return stop("the verifier is of a time to come, or older than the password", cannotSay());
  if (age > offlineFor(source.policy.offline))
    return stop(`the verifier is ${hours(age)} old, which is too old`, cannotSay());
  return checkVerifier({ ...attended, account }, verifier, upstream, age);
}

/** A password that was good a short while ago is good enough for `mirror-first`; whatever else is found asks on. */
export async function askRecent(attended: Attended): Promise<Verdict | null> {
  const { ports, source, known, tell } = attended;
  const { account, verifier } = known;
  const now = ports.clock.now();
  const age = account === null || verifier === null ? null : ageOf(verifier, account, now);
  const longest = Math.min(source.policy.maxAge, offlineFor(source.policy.offline));
  const isRecent = isRightClock(known, now) && source.policy.offline > 0 && age !== null && age <= longest;
  if (account === null || verifier === null || !isRecent || !isActive(account, now)) {
    tell({ step: "the mirror first", found: "no recent answer" });
    await pretend(attended);
    return null;
  }
  const verdict = await checkVerifier({ ...attended, account }, verifier, { state: "not-asked", afterMs: 0 }, age);
  return verdict.answer.result === "accepted" ? verdict : null;
}

/** A process whose clock was set back cannot tell how old anything is. */
const isRightClock = ({ seenAt }: Known, now: number): boolean => now >= seenAt - CLOCK_TOLERANCE;

const offlineFor = (offline: number): number => Math.min(offline, LONGEST_OFFLINE);

const inactive = ({ status }: Account): string => (status === "active" ? "outside its time" : status);

/** Null when it cannot be told, or the password was changed since. */
function ageOf({ vouchedAt }: Verifier, { passwordChangedAt }: Account, now: number): number | null {
  if (vouchedAt > now + CLOCK_TOLERANCE || (passwordChangedAt ?? 0) > vouchedAt) return null;
  return now - vouchedAt;
}

const hours = (age: number): string => (age < HOUR ? "less than 1 h" : `${Math.floor(age / HOUR)} h`);
const HOUR = 3_600_000;

/** Takes as long as `checkVerifier` does for a wrong password. */
async function pretend({ ports, call, known, place }: Attended): Promise<void> {
  await Promise.all([place.pretend(), ports.directory.subject(call.source, known.account?.key ?? "")]);
}

async function checkVerifier(
  attended: Attended & { readonly account: Account },
  verifier: Verifier,
  upstream: UpstreamState,
  age: number,
): Promise<Verdict> {
  const { ports, call, source, account, login, place, tell } = attended;
  const bound = boundTo(account, attended);
  // What the person holds is read beside the hashing, which takes a hundred times as long.
  const [found, held] = await Promise.all([
    place.verify(verifier.hash, bound),
    ports.directory.subject(call.source, account.key),
  ]);
  const against = `checked against one that was confirmed ${hours(age)} ago`;
  tell({
    step: "the mirror",
    found: found === "unreadable" ? "the verifier cannot be read" : `the password is ${found}: ${against}`,
  });
  if (found === "unreadable") return cannotSay();
  if (found === "wrong") return REFUSED;
  const at = ports.clock.now();
  const away = upstream.state === "down" && attended.known.breaker !== "drill";
  const entry = { source: call.source, account, at, basis: "mirror", away, verifier, login } as const;
  const admitted = await admit(ports.journal, held, entry);
  if (admitted === null) return lookOnceMore(attended, verifier, upstream);
  if (verifier.isForeign) await ports.verifiers.renew(call.source, account, verifier, await place.hash(bound));
  const subject = withFreshRoles(admitted, source.policy.freshness, at);
  const left = admitted.subject.roles.length - subject.roles.length;
  if (left > 0) tell({ step: "roles", found: `${left} left out: the mirror is not fresh enough for them` });
  return accepted({ basis: "mirror", account, subject, asOf: admitted.asOf, at, upstream });
}

/** Between the first look and the last the account or the verifier went away, or the same password was made into another one. */
async function lookOnceMore(attended: Attended, before: Verifier, upstream: UpstreamState): Promise<Verdict> {
  const again = await lookAgain(attended);
  const { account, verifier } = again.known;
  attended.tell({ step: "the last look", found: "the account or its verifier changed meanwhile" });
  if (account === null || verifier === null || verifier.hash === before.hash) return REFUSED_HERE;
  return askMirror(again, upstream);
}
