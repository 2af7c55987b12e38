import type { EntityName } from "../../../domain/entities";
import { parseFieldLabel } from "../../../domain/field-label";
import { rowsOf, type StageContext } from "../stage-context";

interface Held {
  readonly entity: EntityName;
  /** Fields, as changes name them. */
  readonly fields: readonly string[];
  /** Fields whose difference is no change by itself. */
  readonly uncompared: readonly string[];
}

/**
 * Holds what updates do to some fields. An update of other fields too becomes two: one that is held, of these fields alone, and one
 * that goes through. What is no change by itself goes through with others only.
 *
 * @param which of the updates, by default all that change one of the fields; the source is `$1`
 */
export async function holdFields(
  { client, source }: Pick<StageContext, "client" | "source">,
  { entity, fields, uncompared }: Held,
  which = "true",
): Promise<void> {
  const has = "(jsonb_exists_any(new, $2) or jsonb_exists_any(new -> 'attributes', $3))";
  const pick = (values: string, names: string): string =>
    `coalesce((select jsonb_object_agg(name, value) from jsonb_each(${values}) told (name, value) where name = any (${names})), '{}')`;
  const only = (values: string): string =>
    `(${pick(`${values} - 'attributes'`, "$2")} || sync.nested('attributes', ${pick(`${values} -> 'attributes'`, "$3")}))`;
  const rest = (values: string): string =>
    `((${values} - 'attributes' - $2::text[]) || sync.nested('attributes', coalesce(${values} -> 'attributes', '{}') - $3::text[]))`;
  const goesOn = `((${rest("new")} - 'attributes' - $4::text[]) <> '{}'
    or (coalesce(${rest("new")} -> 'attributes', '{}') - $5::text[]) <> '{}')`;
  const isMeant = `$1::text is not null and entity = '${entity}' and kind = 'update' and not held and ${has} and ${which}`;
  await client.query(
    `with parted as (
       insert into changes (entity, key, kind, cause, version, held, old, new)
       select entity, key, kind, cause, version, true, ${only("old")}, ${only("new")}
       from changes where ${isMeant} and ${goesOn}
     )
     update changes set held = not ${goesOn},
       old = case when ${goesOn} then ${rest("old")} else old end,
       new = case when ${goesOn} then ${rest("new")} else new end
     where ${isMeant}`,
    [source, ...columnsAndAttributes(fields), ...columnsAndAttributes(uncompared)],
  );
}

function columnsAndAttributes(labels: readonly string[]): readonly [string[], string[]] {
  const fields = labels.map(parseFieldLabel);
  const named = (areAttributes: boolean): string[] =>
    fields.filter(({ isAttribute }) => isAttribute === areAttributes).map(({ name }) => name);
  return [named(false), named(true)];
}

/** Makes one update of a record again of those it was parted into, as far as none of them is held. */
export async function joinFields(context: Pick<StageContext, "client">): Promise<void> {
  await rowsOf(
    context,
    `with parted as (
       select entity, key from changes where kind = 'update' and not held group by entity, key having count(*) > 1
     ),
     parts as (
       delete from changes c using parted p
       where c.entity = p.entity and c.key = p.key and c.kind = 'update' and not c.held
       returning c.*
     ),
     columns as (
       select p.entity, p.key, jsonb_object_agg(f.name, p.old -> f.name) as old, jsonb_object_agg(f.name, f.value) as new
       from parts p cross join lateral jsonb_each(p.new - 'attributes') f (name, value)
       group by p.entity, p.key
     ),
     attributes as (
       select p.entity, p.key, jsonb_object_agg(f.name, p.old -> 'attributes' -> f.name) as old, jsonb_object_agg(f.name, f.value) as new
       from parts p cross join lateral jsonb_each(p.new -> 'attributes') f (name, value)
       group by p.entity, p.key
     )
     insert into changes (entity, key, kind, cause, version, old, new)
     select p.entity, p.key, 'update', min(p.cause), min(p.version),
            coalesce(min(c.old::text)::jsonb, '{}') || sync.nested('attributes', coalesce(min(a.old::text)::jsonb, '{}')),
            coalesce(min(c.new::text)::jsonb, '{}') || sync.nested('attributes', coalesce(min(a.new::text)::jsonb, '{}'))
     from parts p left join columns c using (entity, key) left join attributes a using (entity, key)
     group by p.entity, p.key`,
  );
}
