import { type EntityName, isEntity } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import type { Stream } from "../../domain/job";
import type { RunReport } from "../../domain/runs";
import { overtaken } from "../fence";
import type { HoldTransition } from "./decide-hold";
import { isMet } from "./digests";
import { WAS_CUT_OFF } from "./landed";
import { affected, numberOf, rowsOf, type StageContext } from "./stage-context";
import { REMOVALS } from "./weigh-changes";

/**
 * Part of every write transaction: only the newest holder of a source may write. From here on others wait for this session's
 * locks, so it may not be idle for long; and what is written is told as of this moment.
 */
export async function checkFence(context: Pick<StageContext, "client" | "source" | "fence">): Promise<void> {
  const [row] = await rowsOf<{ fence: string | number }>(
    context,
    // Of all writers of the row only `claimSource` must wait: the holder goes on saying that it lives.
    `select fence, set_config('idle_in_transaction_session_timeout', '1min', true),
            set_config('understudy.moment', clock_timestamp()::text, true)
     from sync.sources where source = $1 for key share`,
    [context.source],
  );
  if (Number(row?.fence) !== context.fence) throw overtaken(context.source);
}

/** First witnesses: kept for absences that wait or are held, dropped when disproved and for records met again or gone. */
export async function keepAbsences(context: StageContext, streams: readonly Stream[]): Promise<void> {
  await context.client.query(
    `insert into sync.absences (source, entity, key, first_run, first_at)
     select $1, entity, key, $2, sync.moment()
     from (
       select entity, key from stage_absences where remembered
       union
       select entity, key from changes where kind = 'tombstone' and cause = 'absent' and held
     ) as absent
     order by entity, key
     on conflict do nothing`,
    [context.source, context.run],
  );
  const known = "select count(*) from sync.absences where source = $1 and first_run <> $2";
  if ((await numberOf(context, known, [context.source, context.run])) === 0) return;
  await affected(
    context,
    `delete from sync.absences a
     where a.source = $1
       and (exists (select from changes c where c.entity = a.entity and c.key = a.key and c.kind = 'tombstone' and not c.held)
         or exists (select from stage_absences s where s.entity = a.entity and s.key = a.key and not s.remembered))`,
    [context.source],
  );
  for (const entity of entitiesOf(streams))
    await affected(
      context,
      `delete from sync.absences a
       where a.source = $1 and a.entity = '${entity}'
         and (exists (select from stage_${entity} s where s.key = a.key)
           or exists (select from stage_rejects r where r.entity = a.entity and r.key = a.key)
           or exists (select from mirror.${entity} m where m.source = $1 and m.key = a.key and ${isMet(entity)}))`,
      [context.source],
    );
}

/** Removals of this run, for the limit over seven days; what a person released was looked at and does not count. */
export async function keepRemovals(context: StageContext): Promise<void> {
  await context.client.query(
    `insert into sync.removals (source, entity, run, at, count)
     select $1, entity, $2, sync.moment(), count(*) from changes where not held and not released and ${REMOVALS} group by entity`,
    [context.source, context.run],
  );
}

export async function keepHold(context: StageContext, transition: HoldTransition): Promise<void> {
  const { closes, opens, hold } = transition;
  if (closes !== null) await closeHold(context, closes);
  if (!opens || hold === null) return;
  await context.client.query(
    `insert into sync.holds (run, source, hash, count, state, evidence, held_at) values ($1, $2, $3, $4, 'open', $5, sync.moment())`,
    [context.run, context.source, hold.hash, hold.count, JSON.stringify(hold.evidence)],
  );
  await context.client.query(
    `insert into sync.held_changes (run, entity, key, related, scope, origin, kind, effective, old, new, cause)
     select $1, entity, key, related, scope, origin, kind, effective, old, new, cause from changes where held`,
    [context.run],
  );
}

/** A release may be taken back, or expire, while the run that relies on it is under way. */
async function closeHold(context: StageContext, { run, state }: NonNullable<HoldTransition["closes"]>): Promise<void> {
  const closed = await affected(
    context,
    `update sync.holds set state = $2, decided_at = coalesce(decided_at, sync.moment())
     where run = $1 and ($2 <> 'applied' or (state = 'released' and expires_at > sync.moment()))`,
    [run, state],
  );
  if (closed === 0)
    throw new Failure(
      "RUN002",
      `the release of run ${run} was taken back or expired during this run; nothing was written`,
      {
        fix: "see what is held now: understudy hold list",
      },
    );
}

/** The mirror must hold as many live records as the books say, or nothing is written. */
export async function checkAfter(context: StageContext, after: Readonly<Record<string, number>>): Promise<void> {
  const entities = Object.entries(after);
  if (entities.length === 0) return;
  const live = entities.map(
    ([entity]) => `(select count(*) from mirror.${entity} where source = $1 and tombstoned_at is null) as ${entity}`,
  );
  const [found] = await rowsOf<Record<string, unknown>>(context, `select ${live.join(", ")}`, [context.source]);
  for (const [entity, expected] of entities)
    if (Number(found?.[entity]) !== expected)
      throw new Error(`the mirror holds ${found?.[entity]} ${entity}, the books say ${expected}`);
}

/** The run's end. @param completeAt when the whole source was read: it answers questions from then on; null if it was not */
export async function endRun(context: StageContext, report: RunReport, completeAt: string | null): Promise<void> {
  await context.client.query(
    `update sync.runs set state = 'finished', finished_at = $2, outcome = $3, exit_code = $4, report = $5 where id = $1`,
    [context.run, report.finishedAt, report.outcome, report.exitCode, JSON.stringify(report)],
  );
  if (completeAt === null) return;
  await context.client.query(
    `with told as (
       update sync.runs r set told_by = $3 where r.source = $1 and r.told_by is null and ${WAS_CUT_OFF}
     )
     update sync.sources
     set first_complete_at = coalesce(first_complete_at, $2), last_complete_at = greatest(last_complete_at, $2),
         retired_at = null
     where source = $1`,
    [context.source, completeAt, context.run],
  );
}

const entitiesOf = (streams: readonly Stream[]): readonly EntityName[] =>
  streams.map((stream) => stream.into).filter(isEntity);
