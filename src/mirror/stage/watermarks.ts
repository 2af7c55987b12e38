import type { IncrementFacts, KnownWatermark, WatermarkChange } from "../../domain/increments";
import { affected, rowsOf, type StageContext } from "./stage-context";

/** What decides whether this run may ask for changes alone. */
export async function readIncrementFacts(context: StageContext): Promise<IncrementFacts> {
  const { source } = context;
  const watermarks = await rowsOf<{ stream: string; fingerprint: string; value: string; run: number; full_at: string }>(
    context,
    "select stream, fingerprint, value, run, full_at from sync.watermarks where source = $1",
    [source],
  );
  const rejected = await rowsOf<{ stream: string; keys: readonly string[] }>(
    context,
    `select stream, array_agg(key order by key) as keys from sync.rejects
     where source = $1 and key is not null and healed_at is null group by stream`,
    [source],
  );
  const absent = await rowsOf<{ entity: string; count: number; run: number }>(
    context,
    `select a.entity, count(*) as count, max(a.first_run) as run from sync.absences a
     where a.source = $1 and not exists (
       select from sync.held_changes c join sync.holds h on h.run = c.run
       where h.source = a.source and h.state in ('open', 'released', 'rejected')
         and c.entity = a.entity and c.key = a.key and c.kind = 'tombstone')
     group by a.entity`,
    [source],
  );
  return {
    watermarks: watermarks.map(({ full_at: fullAt, ...watermark }): KnownWatermark => ({ ...watermark, fullAt })),
    rejected: new Map(rejected.map(({ stream, keys }) => [stream, keys])),
    absent: new Map(absent.map(({ entity, ...known }) => [entity, known])),
  };
}

/** Written with the run that read everything before them. An incremental run leaves the time of the last full pass as it is. */
export async function keepWatermarks(context: StageContext, changes: readonly WatermarkChange[]): Promise<void> {
  for (const { stream, mark, fullAt } of changes) {
    if (mark === null)
      await affected(context, "delete from sync.watermarks where source = $1 and stream = $2", [
        context.source,
        stream,
      ]);
    else
      await affected(
        context,
        `insert into sync.watermarks (source, stream, fingerprint, value, run, full_at)
         values ($1, $2, $3, $4, $5, coalesce($6::timestamptz, sync.moment()))
         on conflict (source, stream) do update
         set fingerprint = excluded.fingerprint, value = excluded.value, run = excluded.run,
             full_at = coalesce($6::timestamptz, watermarks.full_at)`,
        [context.source, stream, mark.fingerprint, mark.value, context.run, fullAt],
      );
  }
}
