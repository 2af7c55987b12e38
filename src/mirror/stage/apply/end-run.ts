import type { RunReport } from "../../../domain/runs";
import { ENDS_ALONG, REMOVALS } from "../judge/weigh-changes";
import { WAS_CUT_OFF } from "../land/landed";
import { rowsOf, type StageContext } from "../stage-context";

/** Removals of this run, for the limit over seven days; what a person released was looked at and does not count. */
export async function keepRemovals(context: StageContext): Promise<void> {
  await context.client.query(
    `insert into sync.removals (source, entity, run, at, count)
     select $1, entity, $2, sync.moment(), count(*) from changes
     where not held and not released and (${REMOVALS} or ${ENDS_ALONG}) group by entity`,
    [context.source, context.run],
  );
}

/** The mirror must hold as many live records as the books say, or nothing is written. */
export async function checkAfter(context: StageContext, after: Readonly<Record<string, number>>): Promise<void> {
  const entities = Object.entries(after);
  if (entities.length === 0) return;
  const live = entities.map(
    ([entity]) => `(select count(*) from mirror.${entity} where source = $1 and tombstoned_at is null) as ${entity}`,
  );
  const [found] = await rowsOf<Record<string, number>>(context, `select ${live.join(", ")}`, [context.source]);
  for (const [entity, expected] of entities)
    if (found?.[entity] !== expected)
      throw new Error(`the mirror holds ${found?.[entity]} ${entity}, the books say ${expected}`);
}

/** One of a time to come was written while the database's clock was wrong, or by an earlier version; it would count as fresh until then. */
const unlessToCome = (moment: string): string => `case when ${moment} <= sync.moment() then ${moment} end`;

/** The run's end. @param completeAt when the whole source was read: it answers questions from then on; null if it was not */
export async function endRun(context: StageContext, report: RunReport, completeAt: string | null): Promise<void> {
  await context.client.query(
    `update sync.runs set state = 'finished', finished_at = $2, outcome = $3, exit_code = $4, report = $5 where id = $1`,
    [context.run, report.finishedAt, report.outcome, report.exitCode, JSON.stringify(report)],
  );
  if (completeAt === null) return;
  const at = "least($2, sync.moment())";
  await context.client.query(
    `update sync.sources
     set first_complete_at = coalesce(${unlessToCome("first_complete_at")}, ${at}),
         last_complete_at = greatest(${unlessToCome("last_complete_at")}, ${at}),
         retired_at = null
     where source = $1`,
    [context.source, completeAt],
  );
}

/**
 * What runs that were cut off have landed is told of by this one, or missed by it: from here on it is guarded like anything else.
 * Comes after the changes were judged, and in no run that is to be resumed.
 */
export async function tellCutOff(context: StageContext): Promise<void> {
  await context.client.query(
    `update sync.runs r set told_by = $2 where r.source = $1 and r.told_by is null and ${WAS_CUT_OFF}`,
    [context.source, context.run],
  );
}
