import { type EntityName, isEntity } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import { isMet } from "../digests";
import { affected, numberOf, type StageContext } from "../stage-context";

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

const entitiesOf = (streams: readonly Stream[]): readonly EntityName[] =>
  streams.map((stream) => stream.into).filter(isEntity);
