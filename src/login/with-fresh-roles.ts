import type { LoginPolicy, Subject } from "../domain/login";
import type { HeldSubject } from "./ports";

/** How far the clocks of several machines may be apart; milliseconds. */
const CLOCK_TOLERANCE = 60_000;

/**
 * What is left of a person's access when the customer's system cannot be asked: a role that demands freshness counts only while
 * the mirror is young enough; of a mirror as of a time to come nobody can say how old it is. Roles given here are as fresh as ever; permissions go with the last role that grants them.
 */
export function withFreshRoles(
  { subject, asOf, privileged }: HeldSubject,
  freshness: LoginPolicy["freshness"],
  now: number,
): Subject {
  const longest = (role: string): number =>
    (Object.hasOwn(freshness.roles, role) ? freshness.roles[role] : null) ??
    (privileged.has(role) ? freshness.privileged : null) ??
    Number.POSITIVE_INFINITY;
  const age = now - asOf < -CLOCK_TOLERANCE ? Number.POSITIVE_INFINITY : now - asOf;
  const roles = subject.roles.filter(({ key, origin }) => origin !== "upstream" || age <= longest(key));
  const kept = new Set(roles.map(({ key }) => key));
  const permissions = subject.permissions
    .map((permission) => ({ ...permission, via: permission.via.filter((role) => kept.has(role)) }))
    .filter(({ via }) => via.length > 0);
  return { ...subject, roles, permissions };
}
