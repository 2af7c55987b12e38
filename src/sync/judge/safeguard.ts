import { grouped } from "../../domain/grouped";
import type { HoldEvidence, HoldRule } from "../../domain/holds";
import type { Limits } from "../../domain/job";
import { DAYS_LOOKED_BACK, type Excess, type Population } from "../../domain/weighing";

/** What is to be held of one population, and why. */
export interface Verdict extends HoldEvidence {
  readonly holds: Excess;
}

/** Removals that no population may lose without a person having looked, however large it is. */
export const REMOVALS_AT_ALL = 500;
/** Below these counts a share says nothing: one of two people is half of them. */
const BY_SHARE_FROM = 10;
const BY_HALF_FROM = 3;
const CHANGES_FROM = 20;

/**
 * Judges what one population would lose, and what would come in its place, against its limits. Removals count over the run and
 * over the seven days before it. Over the limit means held, with the evidence; everything else lands.
 *
 * Limits after Entra Connect (500 at all), Google Cloud Directory Sync (5 %) and the rule for small populations in the
 * design: over `removals` with at least 10, over half with at least 3, or 500.
 *
 * @param edited by files whose effect nobody has looked at, in a run that nobody watches
 */
export function weighPopulation(population: Population, limits: Limits, edited = false): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const { entity, before, fetched, rejected, complete, emptied, removals, removedBefore } = population;

  const holdRemovals = (rule: HoldRule, message: string): void => {
    if (removals > 0 && !verdicts.some((verdict) => verdict.holds.what === "removals"))
      verdicts.push({ entity, rule, count: removals, of: before, message, holds: { what: "removals" } });
  };

  if (complete && fetched === 0 && before > 0)
    holdRemovals("empty", `the answer was empty, but the mirror holds ${grouped(before)} ${entity}`);
  if (emptied > 0)
    holdRemovals("empty", `every answer about ${entity} was empty, but the mirror holds ${grouped(emptied)} of theirs`);
  if (isReplaced(population, limits)) {
    const message = complete
      ? `${grouped(before - population.known)} of ${grouped(before)} ${entity} are missing, and ${grouped(population.created)} that nobody knows came (limit ${percent(limits.replaced)})`
      : `${grouped(population.created)} ${entity} that nobody knows came, and ${grouped(population.known)} of ${grouped(before)} that are known (limit ${percent(limits.replaced)})`;
    holdRemovals("replaced", message);
    verdicts.push({
      entity,
      rule: "replaced",
      count: population.created,
      of: before,
      message,
      holds: { what: "creates" },
    });
  }
  if (fetched > 0 && exceeds(rejected, fetched, limits.rejects))
    holdRemovals(
      "rejects",
      `${grouped(removals)} of ${grouped(before)} ${entity} would be removed, but ${grouped(rejected)} of ${grouped(fetched)} could not be mapped (limit ${percent(limits.rejects)})`,
    );
  if (isOverRemovalLimit(removals + removedBefore, before + removedBefore, limits.removals, limits.most))
    holdRemovals(
      "removals",
      `${grouped(removals)} of ${grouped(before)} ${entity} would be removed${afterOthers(removedBefore)} (limit ${percent(limits.removals)})`,
    );
  if (removals >= BY_SHARE_FROM && complete && exceeds(before - fetched, before, limits.shrink))
    holdRemovals(
      "shrink",
      `the list shrank from ${grouped(before)} to ${grouped(fetched)} ${entity} (limit ${percent(limits.shrink)})`,
    );
  if (edited)
    holdRemovals(
      "edited",
      `${grouped(removals)} of ${grouped(before)} ${entity} would be removed after an edit of the job or a mapping whose plan nobody has looked at`,
    );
  return verdicts;
}

/** Judges how many records would change, apart from what is held already. @param changed of those that would go through */
export function weighChanges(
  { entity, before }: Pick<Population, "entity" | "before">,
  changed: number,
  limits: Limits,
): Verdict | null {
  if (changed < CHANGES_FROM || !exceeds(changed, before, limits.changes)) return null;
  const message = `${grouped(changed)} of ${grouped(before)} ${entity} would change (limit ${percent(limits.changes)})`;
  return { entity, rule: "changes", count: changed, of: before, message, holds: { what: "changes" } };
}

/** Of removals before the run, which count with its own. */
export const afterOthers = (removed: number): string => (removed > 0 ? `, after ${grouped(removed)} ${LATELY}` : "");

export const LATELY = `in the last ${DAYS_LOOKED_BACK} days`;

/** @param share the limit as a fraction of 1 @param most removals at all */
export function isOverRemovalLimit(removals: number, before: number, share: number, most = REMOVALS_AT_ALL): boolean {
  return removals >= most || isOverShare(removals, before, share);
}

/** Over the share with at least 10, or over half with at least 3. */
function isOverShare(count: number, before: number, share: number): boolean {
  return (
    (count >= BY_SHARE_FROM && exceeds(count, before, share)) || (count >= BY_HALF_FROM && exceeds(count, before, 0.5))
  );
}

/**
 * Whether somebody else's records came: many are missing and as many are new. An enumeration that broke off proves nobody
 * missing; there it is told by more strangers than people one knows.
 */
function isReplaced({ before, created, known, complete }: Population, { replaced }: Limits): boolean {
  if (before === 0 || !isOverShare(created, before, replaced)) return false;
  return complete ? isOverShare(before - known, before, replaced) : created > known;
}

/** Whether it is more than the share. Exactly so: 57 of 100 are not over 57 %, whatever 100 * 0.57 is. */
export const exceeds = (count: number, whole: number, share: number): boolean =>
  count * WHOLE > whole * Math.round(share * WHOLE);

/** The smallest count that is more than the share. */
export const leastOver = (whole: number, share: number): number =>
  Math.floor((whole * Math.round(share * WHOLE)) / WHOLE) + 1;

/** Shares are written in percent, with up to two decimals. */
const WHOLE = 10_000;

export const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`;
