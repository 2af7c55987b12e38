import { grouped } from "../../domain/grouped";
import type { Limits } from "../../domain/job";
import type { RoleGrowth } from "../../domain/weighing";
import { exceeds, LATELY, percent, type Verdict } from "./safeguard";

/** New holders of a privileged role that say nothing: somebody is hired, somebody stands in. */
const PRIVILEGED_FROM = 4;
const PRIVILEGED_AT_ALL = 50;
const HOLDERS_FROM = 20;
const HOLDERS_AT_ALL = 500;

/**
 * Judges how many would newly hold one role. For a privileged one a few suffice, those over the last seven days count
 * too, and so do its first holders: a role that appears with many administrators is what an accident looks like, and
 * one release lets them through. Any other role is judged by the people who were there before and come to hold it, and
 * not by its first holders: new people bring their roles, and a new role is given to those it is meant for.
 */
export function weighRole(growth: RoleGrowth, limits: Limits): Verdict | null {
  const { role, privileged, gained, gainedByKnown, gainedBefore, holders, people } = growth;
  const held = { entity: "user_roles", role, holds: { what: "grants", role } } as const;
  if (privileged) {
    const since = Math.max(0, holders - gainedBefore);
    const all = gained + gainedBefore;
    const isOver = all >= PRIVILEGED_AT_ALL || (all >= PRIVILEGED_FROM && exceeds(all, since, limits.privileged));
    if (gained === 0 || !isOver) return null;
    const message = `${grouped(gained)} would newly hold the privileged role ${named(growth)}, which ${grouped(holders)} hold${
      gainedBefore > 0 ? `, ${grouped(gainedBefore)} of them gained ${LATELY}` : ""
    } (limit ${percent(limits.privileged)})`;
    return { ...held, rule: "privileged", count: gained, of: holders, message };
  }
  if (holders === 0) return null;
  const isOver =
    gainedByKnown >= HOLDERS_AT_ALL ||
    (gainedByKnown >= HOLDERS_FROM && exceeds(gainedByKnown, people, limits.holders));
  if (!isOver) return null;
  const message = `${grouped(gained)} would newly hold the role ${named(growth)}, which ${grouped(holders)} of ${grouped(people)} people hold (limit ${percent(limits.holders)} of them)`;
  return { ...held, rule: "holders", count: gained, of: people, message };
}

export const named = ({ role, name }: Pick<RoleGrowth, "role" | "name">): string =>
  name === null || name === role ? `\`${role}\`` : `\`${name}\` (${role})`;
