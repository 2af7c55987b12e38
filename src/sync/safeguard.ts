import type { SafeguardPolicy } from "../domain/job";
import type { HoldEvidence } from "../domain/runs";
import type { Population } from "../domain/staging";

/** What is to be held of one population, and why. */
export interface Verdict extends HoldEvidence {
  readonly holds: "removals" | "changes";
}

/** Removals that no population may lose without a person having looked, however large it is. */
export const REMOVALS_AT_ALL = 500;
/** Below these counts a share says nothing: one of two people is half of them. */
const REMOVALS_BY_SHARE_FROM = 10;
const REMOVALS_BY_HALF_FROM = 3;
const CHANGES_FROM = 20;

/**
 * Judges one population against the limits of its source. Removals count over the run and over the seven days before it.
 * Over the limit means held, with the evidence; everything else lands.
 *
 * Limits after Entra Connect (500 at all), Google Cloud Directory Sync (5 %) and the rule for small populations in the
 * design: over `removals` with at least 10, over half with at least 3, or 500.
 *
 * @param isIncremental only what changed was read, so whoever was not read counts as seen
 */
export function weighPopulation(
  population: Population,
  policy: SafeguardPolicy,
  isIncremental = false,
): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const { entity, before, rejected, changed, complete } = population;
  const fetched = isIncremental ? Math.max(before, population.fetched) : population.fetched;
  const removals = population.removals;
  const inWindow = removals + population.removedBefore;

  const holdRemovals = (rule: HoldEvidence["rule"], message: string): void => {
    if (removals > 0 && !verdicts.some((verdict) => verdict.holds === "removals"))
      verdicts.push({ entity, rule, count: removals, of: before, message, holds: "removals" });
  };

  if (complete && fetched === 0 && before > 0)
    holdRemovals("empty", `the answer was empty, but the mirror holds ${before} ${entity}`);
  if (fetched > 0 && rejected / fetched > policy.rejects)
    holdRemovals(
      "rejects",
      `${rejected} of ${fetched} ${entity} could not be mapped (limit ${percent(policy.rejects)})`,
    );
  if (isOverRemovalLimit(inWindow, before + population.removedBefore, policy.removals))
    holdRemovals(
      "removals",
      `${removals} of ${before} ${entity} would be removed${
        population.removedBefore > 0 ? `, after ${population.removedBefore} in the last 7 days` : ""
      } (limit ${percent(policy.removals)})`,
    );
  if (removals >= REMOVALS_BY_SHARE_FROM && complete && before - fetched > before * policy.shrink)
    holdRemovals("shrink", `the list shrank from ${before} to ${fetched} ${entity} (limit ${percent(policy.shrink)})`);
  if (changed >= CHANGES_FROM && changed > before * policy.changes)
    verdicts.push({
      entity,
      rule: "changes",
      count: changed,
      of: before,
      message: `${changed} of ${before} ${entity} would change (limit ${percent(policy.changes)})`,
      holds: "changes",
    });
  return verdicts;
}

/** @param share the limit as a fraction of 1 */
export function isOverRemovalLimit(removals: number, before: number, share: number): boolean {
  if (removals >= REMOVALS_AT_ALL) return true;
  if (removals >= REMOVALS_BY_SHARE_FROM && removals > before * share) return true;
  return removals >= REMOVALS_BY_HALF_FROM && removals > before / 2;
}

const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`;
