import type { EntityName } from "../../../domain/entities";
import { affected, rowsOf, type StageContext } from "../stage-context";

/**
 * Has the latest page count of a key that is on several pages of a change feed, be it a record, a reject or a removal. With what
 * came before go its password and its raw record. Children were read of the latest alone, after the last page.
 *
 * @returns how many records, rejects and skips it dropped
 */
export async function dropOvertaken(context: StageContext, entity: EntityName, stream: string): Promise<number> {
  const [records, ...notes] = [`stage_${entity}`, "stage_rejects", "stage_skips"];
  const ofEntity = `entity = '${entity}'`;
  const latest = await rowsOf<{ key: string; page: number; ord: number }>(
    context,
    `select key, max(page) as page, max(ord) as ord
     from (
       select key, page, ord from ${records}
       ${notes.map((table) => `union all select key, page, ord from ${table} where ${ofEntity} and key is not null`).join(" ")}
     ) told
     group by key having count(*) > 1`,
  );
  if (latest.length === 0) return 0;
  const places = [latest.map(({ key }) => key), latest.map(({ page }) => page), latest.map(({ ord }) => ord)];
  const drop = (table: string, which: string, ...parameters: unknown[]): Promise<number> =>
    affected(
      context,
      `delete from ${table} s using unnest($1::text[], $2::integer[], $3::bigint[]) as latest (key, page, ord) where ${which}`,
      [...places, ...parameters],
    );
  const isBefore = "s.key = latest.key and s.page < latest.page";
  let dropped = await drop(records, isBefore);
  for (const table of notes) dropped += await drop(table, `s.${ofEntity} and ${isBefore}`);
  if (entity === "users") await drop("stage_passwords", isBefore);
  // Rows are numbered in the order in which they were read.
  await drop("stage_raw", "s.stream = $4 and s.key = latest.key and s.ord < latest.ord", stream);
  return dropped;
}
