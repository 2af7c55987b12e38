import type { EntityName } from "../../domain/entities";
import { affected, numberOf, type StageContext } from "./stage-context";

/**
 * Makes the stage of one entity hold every key once. A key met on several pages keeps what the latest page said; a key that is
 * rejected anywhere keeps its old state; a key that is skipped on one page and mapped on another is mapped.
 *
 * @returns `distinct` keys met, and the rows dropped as `duplicates`
 */
export async function settleStage(
  context: StageContext,
  entity: EntityName,
  stream: string,
): Promise<{ distinct: number; duplicates: number; keyless: number }> {
  const stage = `stage_${entity}`;
  await context.client.query(`analyze ${stage}; analyze stage_links`);
  const duplicates =
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
  if (duplicates > 0) await dropOrphanedLinks(context, entity, stream);
  const distinct = await numberOf(
    context,
    `select (select count(*) from ${stage})
          + (select count(distinct key) from stage_rejects where entity = $1)
          + (select count(*) from stage_skips where entity = $1)`,
    [entity],
  );
  const keyless = await numberOf(context, `select count(*) from stage_rejects where entity = $1 and key is null`, [
    entity,
  ]);
  return { distinct, duplicates, keyless };
}

/** A list belongs to one row of the stage; when that row is dropped, so is its list. */
export async function dropOrphanedLinks(context: StageContext, entity: EntityName, stream: string): Promise<void> {
  await context.client.query(
    `delete from stage_links l
     where starts_with(l.origin, $1) and not exists (select from stage_${entity} s where s.ord = l.ord)`,
    [`${stream}.`],
  );
}
