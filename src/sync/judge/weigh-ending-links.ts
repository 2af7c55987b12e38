import { grouped } from "../../domain/grouped";
import type { Limits } from "../../domain/job";
import type { EndingLinks } from "../../domain/weighing";
import { afterOthers, isOverRemovalLimit, percent, type Verdict } from "./safeguard";
import { named } from "./weigh-role";

const NAMED_AT_MOST = 3;

/**
 * Judges what roles, permissions or orgs take along as if it were revoked: to everybody who has it that is the same. Those with the
 * most links wait, and the others go as soon as these alone are under the limit.
 */
export function weighEndingLinks(ending: EndingLinks, limits: Limits): Verdict | null {
  const { kind, entity, records, before, removedBefore, by } = ending;
  const all = by.reduce((sum, { count }) => sum + count, 0);
  const keys: string[] = [];
  let going = all;
  for (const { key, count } of by) {
    if (!isOverRemovalLimit(going + removedBefore, before + removedBefore, limits.removals, limits.most)) break;
    keys.push(key);
    going -= count;
  }
  if (keys.length === 0) return null;
  const names = by.slice(0, NAMED_AT_MOST).map(({ key, name }) => named({ role: key, name }));
  const message = `${grouped(all)} of ${grouped(before)} ${kind} would end with ${names.join(", ")}${
    by.length > names.length ? ", others" : ""
  }${afterOthers(removedBefore)} (limit ${percent(limits.removals)})`;
  return { entity, rule: "removals", count: keys.length, of: records, message, holds: { what: "tombstones", keys } };
}
