import type { EntityName } from "../../domain/entities";
import { RECORDS_IN_CHUNK } from "../../domain/staging";
import { isMet } from "./digests";
import { isLanded, landedRecords } from "./landed";
import { affected, numberOf, rowsOf, type StageContext } from "./stage-context";

/**
 * Makes the stage of one entity hold every key once. A key met on several pages keeps what the latest page said; a key that is
 * rejected anywhere keeps its old state; a key that is skipped on one page and mapped on another is mapped.
 *
 * @returns `distinct` keys staged, and the rows dropped as `duplicates`
 */
export async function settleStage(
  context: StageContext,
  entity: EntityName,
  stream: string,
  known: KnownPages,
): Promise<{ distinct: number; duplicates: number }> {
  const stage = `stage_${entity}`;
  const { contents } = context;
  // Whoever is not there cannot be there twice.
  const isAnybodyStaged = [stage, "stage_rejects", "stage_skips"].some((table) => contents.mayHold(table));
  const duplicates = !isAnybodyStaged
    ? 0
    : (await settleMet(context, entity, stream, known)) +
      (await affected(
        context,
        `delete from stage_rejects r using stage_rejects later
       where r.entity = $1 and later.entity = $1 and r.key = later.key and r.page < later.page`,
        [entity],
      )) +
      (await affected(context, `delete from ${stage} s using stage_rejects r where r.entity = $1 and r.key = s.key`, [
        entity,
      ])) +
      (await affected(
        context,
        `delete from ${stage} s
       using (select key, max(ord) as latest from ${stage} group by key having count(*) > 1) met_again
       where s.key = met_again.key and s.ord < met_again.latest`,
      )) +
      (await affected(
        context,
        `delete from stage_skips k
       where k.entity = $1
         and (exists (select from ${stage} s where s.key = k.key)
           or exists (select from stage_rejects r where r.entity = $1 and r.key = k.key)
           or exists (select from stage_skips later where later.entity = $1 and later.key = k.key and later.page > k.page))`,
        [entity],
      ));
  const landed = await settleLanded(context, entity);
  if (duplicates + landed.duplicates > 0) await dropOrphanedLinks(context, entity, stream);
  const distinct = !isAnybodyStaged
    ? 0
    : await numberOf(
        context,
        `select (select count(*) from ${stage})
          + (select count(distinct key) from stage_rejects where entity = $1)
          + (select count(*) from stage_skips where entity = $1)`,
        [entity],
      );
  return { distinct: distinct + landed.distinct, duplicates: duplicates + landed.duplicates };
}

/**
 * What came again after it had landed, or before: the later page counts, by an ordinary update where it is staged. A record that
 * is rejected anywhere is taken back, and one that is left out on another page stays.
 *
 * @returns how many `distinct` keys are in no table of the stage
 */
async function settleLanded(
  context: StageContext,
  entity: EntityName,
): Promise<{ distinct: number; duplicates: number }> {
  const landed = context.landed.get(entity);
  if (landed === undefined) return { distinct: 0, duplicates: 0 };
  const { source } = context;
  const same = (alias: string): string => `m.source = $1 and m.key = ${alias}.key and ${isLanded(context, entity)}`;
  const overtaken = await affected(
    context,
    `delete from stage_${entity} s using mirror.${entity} m where ${same("s")} and s.page < $2`,
    [source, landed.fromPage],
  );
  const leftOut = await affected(
    context,
    `delete from stage_skips k using mirror.${entity} m where k.entity = '${entity}' and ${same("k")}`,
    [source],
  );
  const takenBack = await withdrawLanded(
    context,
    entity,
    `select key from stage_rejects where entity = '${entity}' and key is not null`,
  );
  const again = await numberOf(
    context,
    `select count(*) from stage_${entity} s join mirror.${entity} m on ${same("s")}`,
    [source],
  );
  return {
    distinct: landedRecords(context, entity) - takenBack - again,
    duplicates: overtaken + leftOut + takenBack + again,
  };
}

/** Has records that landed, and cannot stand, leave the mirror again. @param keys a query */
export function withdrawLanded(
  context: StageContext,
  entity: EntityName,
  keys: string,
  parameters: readonly unknown[] = [],
): Promise<number> {
  return context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, version)
     select '${entity}', m.key, 'tombstone', 'conflict', m.version
     from mirror.${entity} m
     where m.source = $1 and m.tombstoned_at is null and ${isLanded(context, entity)} and m.key in (${keys})
       and not exists (select from changes c where c.entity = '${entity}' and c.key = m.key and c.kind = 'tombstone')`,
    [context.source, ...parameters],
  );
}

/** On which pages records were met as they are known, by their local ids. */
interface KnownPages {
  pageOf(id: number): number | null;
  unmeet(id: number): void;
}

/**
 * Records that were met as they are known, and otherwise in another place. Of two on one page nobody can tell which is true. Else
 * the later page counts, a reject in any case, and being left out in none.
 */
async function settleMet(
  context: StageContext,
  entity: EntityName,
  stream: string,
  known: KnownPages,
): Promise<number> {
  const twice = await rowsOf<{ id: number; key: string; page: number; as: "record" | "reject" | "skip" }>(
    context,
    `with known as materialized (
       select m.id, m.key, s.page, s.as
       from (
         select key, page, 'record' as as from stage_${entity}
         union all select key, page, 'reject' from stage_rejects where entity = '${entity}' and key is not null
         union all select key, page, 'skip' from stage_skips where entity = '${entity}' and key is not null
       ) s
       join mirror.${entity} m on m.source = $1 and m.key = s.key
     )
     select m.* from known m where ${isMet(entity)}`,
    [context.source],
  );
  if (twice.length === 0) return 0;
  const [staged, met, twins]: [string[], string[], string[]] = [[], [], []];
  for (const { id, key, page, as } of twice) {
    const metOn = known.pageOf(Number(id)) ?? 0;
    if (as === "record" && page === metOn) twins.push(key);
    if (as === "reject" || (as === "record" && page >= metOn)) {
      known.unmeet(Number(id));
      met.push(key);
    }
    if (as === "skip" || (as === "record" && page <= metOn)) staged.push(key);
  }
  await context.client.query(`delete from stage_${entity} where key = any ($1)`, [staged]);
  await context.client.query(`delete from stage_skips where entity = '${entity}' and key = any ($1)`, [staged]);
  await context.client.query(
    `update stage_met k set met = set_bit(k.met, (m.id % ${RECORDS_IN_CHUNK})::integer, 0)
     from mirror.${entity} m
     where k.entity = '${entity}' and m.source = $1 and m.key = any ($2) and k.chunk = m.id / ${RECORDS_IN_CHUNK}`,
    [context.source, met],
  );
  await context.client.query(
    `insert into stage_rejects (stream, entity, record, key, field, code, reason, page)
     select $1, '${entity}', key, key, null, 'MAP030', $3, 0 from unnest($2::text[]) as twin (key), generate_series(1, 2)`,
    [stream, twins, "two records on one page have this key and differ"],
  );
  return twice.length - twins.length;
}

/** A list belongs to one row of the stage; when that row is dropped, so is its list. */
export async function dropOrphanedLinks(context: StageContext, entity: EntityName, stream: string): Promise<void> {
  await context.client.query(
    `delete from stage_links l
     where starts_with(l.origin, $1) and not exists (select from stage_${entity} s where s.ord = l.ord)`,
    [`${stream}.`],
  );
}
