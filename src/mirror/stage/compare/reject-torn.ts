import type { ParentOf } from "../../../domain/comparing";
import type { EntityName } from "../../../domain/entities";
import { DIFFERS } from "../../../domain/mapping";
import { rowsOf, type StageContext } from "../stage-context";

interface Told {
  readonly [column: string]: unknown;
  readonly key: string;
  readonly page: number;
  /** A hash of all that the record says, its lists included. */
  readonly said: string;
}

/**
 * Rejects records that are listed below several parents and map to something else below each: nobody can tell which is true, and
 * which of the parents answers last is chance. Of one that came again below the same parent the latest counts.
 *
 * @returns how many
 */
export async function rejectTorn(
  context: StageContext,
  entity: EntityName,
  stream: string,
  parentOf: ParentOf,
): Promise<number> {
  const told = await rowsOf<Told>(
    context,
    `with repeated as materialized (
       select * from stage_${entity} where key in (select key from stage_${entity} group by key having count(*) > 1)
     ),
     lists as (
       select ord, jsonb_agg(said order by said) as said
       from (
         select ord, jsonb_build_array(kind, origin, right_key, left_key, scope) as said from stage_links
         where starts_with(origin, $1) and ord in (select ord from repeated)
       ) l
       group by ord
     )
     select r.key, r.page, md5((to_jsonb(r) - '{ord,page,digest}'::text[])::text || coalesce(l.said::text, '')) as said
     from repeated r left join lists l using (ord)
     order by r.key collate "C", r.ord`,
    [`${stream}.`],
  );
  const torn = tornAmong(told, parentOf);
  if (torn.length === 0) return 0;
  await context.client.query(
    `with torn as (select * from unnest($2::text[], $3::text[]) as t (key, reason)),
     dropped as (delete from stage_${entity} s using torn where s.key = torn.key returning s.key, torn.reason)
     insert into stage_rejects (stream, entity, record, key, field, code, reason, page)
     select $1, '${entity}', key, key, null, '${DIFFERS.code}', reason, 0 from dropped`,
    [stream, torn.map(({ key }) => key), torn.map(({ reason }) => reason)],
  );
  context.contents.nowHolds("stage_rejects");
  if (entity === "users" && context.contents.mayHold("stage_passwords"))
    await context.client.query("delete from stage_passwords where key = any ($1)", [torn.map(({ key }) => key)]);
  return torn.length;
}

/** Where a record stood, for people. */
export const placeOf = (page: number, parentOf: ParentOf | null): string => {
  const parent = parentOf?.get(page);
  return parent === undefined ? `on page ${page}` : `below \`${parent}\``;
};

/** @param told in the order in which they were read, those of a key together */
function tornAmong(told: readonly Told[], parentOf: ParentOf): readonly { key: string; reason: string }[] {
  const byKey = new Map<string, Map<string, string>>();
  for (const { key, page, said } of told) {
    const places = byKey.get(key) ?? new Map<string, string>();
    places.set(placeOf(page, parentOf), said);
    byKey.set(key, places);
  }
  return [...byKey].flatMap(([key, places]) => {
    if (new Set(places.values()).size < 2) return [];
    // In an order of their own, for which of them answered first is chance.
    const [first, ...others] = [...places.keys()].sort();
    return [{ key, reason: `it is ${first} and ${others[0]}${more(others.length - 1)}, and differs` }];
  });
}

const more = (count: number): string => (count === 0 ? "" : ` and ${count} more`);
