import { type EntityName, isEntity } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import { isKeyLanded } from "../land/landed";
import { affected, rowsOf, type StageContext } from "../stage-context";

interface StreamsRead {
  readonly streams: readonly Stream[];
  /** Those whose enumeration came to its end. */
  readonly ended: readonly Stream[];
  /** Those read completely. */
  readonly complete: readonly Stream[];
}

/** Whether the record of a reject `r` maps again; the source is `$1`. */
const mapsAgain = (context: StageContext, entity: EntityName): string =>
  `(${isKeyLanded(context, entity, "r.key")} or (r.key in (select s.key from stage_${entity} s)) is true)`;

/** Whether it is left out on purpose by now. */
const isSkipped = (entity: EntityName): string =>
  `(r.key in (select k.key from stage_skips k where k.entity = '${entity}')) is true`;

/** How many rejects of a stream this run heals; the source is `$1`. @param stream the SQL parameter that holds its name */
export const countHealed = (context: StageContext, entity: EntityName, stream: string): string =>
  `(select count(*) from sync.rejects r
    where r.source = $1 and r.stream = ${stream} and r.healed_at is null
      and (${mapsAgain(context, entity)} or ${isSkipped(entity)}))`;

/**
 * Rejects stay until their record maps again, or is missing from a complete read, and are remembered for some time
 * after that (decision 0040). Those without a key cannot be told from one run to the next; they are replaced whenever
 * the enumeration came to its end.
 */
export async function keepRejects(context: StageContext, { streams, ended, complete }: StreamsRead): Promise<void> {
  const { source, run } = context;
  await context.client.query(
    `insert into sync.rejects as r
       (source, stream, record, entity, key, field, code, reason, payload, first_run, first_at, last_run, last_at)
     select distinct on (stream, record) $1, stream, record, entity, key, field, code, reason, payload,
            $2, sync.moment(), $2, sync.moment()
     from stage_rejects order by stream, record, page desc
     on conflict (source, stream, record) do update
     set field = excluded.field, code = excluded.code, reason = excluded.reason,
         payload = coalesce(excluded.payload, r.payload),
         first_run = case when r.healed_at is null then r.first_run else excluded.first_run end,
         first_at = case when r.healed_at is null then r.first_at else excluded.first_at end,
         runs = case when r.healed_at is null then r.runs + 1 else 1 end,
         last_run = excluded.last_run, last_at = excluded.last_at, healed_at = null, healed_run = null, healed_as = null`,
    [source, run],
  );
  const [known] = await rowsOf<{ open: boolean }>(
    context,
    "select coalesce(bool_or(healed_at is null and last_run <> $2), false) as open from sync.rejects where source = $1",
    [source, run],
  );
  if (known?.open !== true) return;
  for (const stream of streams) {
    const isIn = (list: readonly Stream[]): boolean => list.some(({ name }) => name === stream.name);
    await heal(context, stream, isIn(complete));
    if (isIn(ended) || isIn(complete))
      await affected(
        context,
        "delete from sync.rejects where source = $1 and stream = $2 and last_run <> $3 and key is null and healed_at is null",
        [source, stream.name, run],
      );
  }
}

async function heal(context: StageContext, { name, into }: Stream, complete: boolean): Promise<void> {
  const [maps, skipped] = isEntity(into) ? [mapsAgain(context, into), isSkipped(into)] : ["false", "false"];
  await affected(
    context,
    `update sync.rejects r
     set healed_at = sync.moment(), healed_run = $3,
         healed_as = case when ${maps} then 'mapped' when ${skipped} then 'skipped' else 'gone' end
     where r.source = $1 and r.stream = $2 and r.last_run <> $3 and r.key is not null and r.healed_at is null
       and ($4 or ${maps} or ${skipped})`,
    [context.source, name, context.run, complete],
  );
}
