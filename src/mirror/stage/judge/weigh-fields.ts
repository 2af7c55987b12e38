import { columnsOf, type EntityName } from "../../../domain/entities";
import { parseFieldLabel } from "../../../domain/field-label";
import type { Json } from "../../../domain/json";
import type { DriftFrom, FieldDrift } from "../../../domain/weighing";
import { isKeyLanded, isUnconcluded } from "../land/landed";
import { rowsOf, type StageContext } from "../stage-context";

interface ToldRow {
  readonly [column: string]: unknown;
  readonly field: string;
  readonly value: Json;
  readonly count: number;
  readonly changed: number;
  readonly from: FieldDrift["from"] | null;
}

/**
 * Fields that updates change to one and the same value for many records. The mirror is looked through only for those.
 *
 * @param from how many records those must be
 * @param uncompared fields that are left out, for a difference of theirs is no change by itself
 */
export async function weighFields(
  context: StageContext,
  entity: EntityName,
  from: DriftFrom,
  uncompared: readonly string[],
): Promise<readonly FieldDrift[]> {
  const { source } = context;
  const updates = `c.entity = $2 and c.kind = 'update' and not c.held and not ${isKeyLanded(context, entity, "c.key")} and not exists (
    select from mirror.${entity} m where m.source = $1 and m.key = c.key and ${isUnconcluded("m")})`;
  const told = await rowsOf<ToldRow>(
    context,
    `with field as (
       select f.name, c.old -> f.name as old, f.value as new
       from changes c cross join lateral jsonb_each(c.new - 'attributes') f (name, value)
       where ${updates}
       union all
       select 'attributes.' || f.name, c.old -> 'attributes' -> f.name, f.value
       from changes c cross join lateral jsonb_each(c.new -> 'attributes') f (name, value)
       where ${updates}
     ),
     common as (
       select name, new, count(*) as count from field where name <> all ($3::text[]) group by name, new
       having count(*) >= case when new = 'null' then $4::bigint else $5::bigint end
     )
     select t.name as field, t.new as value, t.count,
            (select count(*) from field f where f.name = t.name) as changed,
            (select jsonb_agg(jsonb_build_object('value', was.old, 'count', was.count) order by was.count desc, was.old)
             from (
               select f.old, count(*) as count from field f where f.name = t.name and f.new = t.new
               group by f.old order by count(*) desc, f.old limit 4
             ) was) as from
     from common t
     order by t.count desc, t.name, t.new`,
    // Of a bookkeeping time nobody wonders that it is the same for many.
    [source, entity, [...uncompared, "changed_at"], from.emptied, from.given],
  );
  const drifts: FieldDrift[] = [];
  for (const row of told) {
    const held = await lookThrough(context, entity, row.field, row.value);
    const { field, value } = row;
    drifts.push({
      entity,
      field,
      value,
      from: row.from ?? [],
      count: row.count,
      changed: row.changed,
      before: (await context.before()).records[entity],
      ...held,
    });
  }
  return drifts;
}

/** What the mirror holds of one field. */
async function lookThrough(
  context: StageContext,
  entity: EntityName,
  field: string,
  value: Json,
): Promise<Pick<FieldDrift, "filled" | "distinct" | "seen">> {
  const { name, isAttribute } = parseFieldLabel(field);
  if (!isAttribute && !columnsOf(entity).some((column) => column.name === name))
    throw new Error(`${entity} have no column ${name}`);
  const said = isAttribute ? "nullif(m.attributes -> $2, 'null')" : `to_jsonb(m.${name})`;
  const [found] = await rowsOf<{ filled: string | null; distinct: number; seen: boolean | null }>(
    context,
    `select sum(count) as filled, count(*) as distinct, bool_or(said = $3::jsonb) as seen
     from (
       select said, count(*) as count
       from (select ${said} as said from mirror.${entity} m where m.source = $1 and m.tombstoned_at is null) m
       where said is not null and $2::text is not null
       group by said
     ) held`,
    [context.source, name, JSON.stringify(value)],
  );
  return {
    filled: Number(found?.filled ?? 0),
    distinct: found?.distinct ?? 0,
    seen: found?.seen === true,
  };
}
