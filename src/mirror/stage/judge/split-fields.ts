import type { EntityName } from "../../../domain/entities";
import { parseFieldLabel } from "../../../domain/field-label";
import { rowsOf, type StageContext } from "../stage-context";

/**
 * Holds what updates do to one field. An update of other fields too becomes two: one that is held, of this field alone, and one
 * that goes through. What is no change by itself goes through with others only.
 *
 * @param uncompared such fields, as changes name them @param which of the updates, by default all that change the field
 */
export async function holdField(
  { client }: Pick<StageContext, "client">,
  {
    entity,
    field,
    uncompared,
  }: { readonly entity: EntityName; readonly field: string; readonly uncompared: readonly string[] },
  which = "true",
): Promise<void> {
  const { name, isAttribute } = parseFieldLabel(field);
  const has = isAttribute ? "new -> 'attributes' ? $2::text" : "new ? $2::text";
  const only = (values: string): string =>
    isAttribute
      ? `jsonb_build_object('attributes', jsonb_build_object($2::text, ${values} -> 'attributes' -> $2::text))`
      : `jsonb_build_object($2::text, ${values} -> $2::text)`;
  const rest = (values: string): string =>
    isAttribute
      ? `(${values} - 'attributes' || sync.nested('attributes', (${values} -> 'attributes') - $2::text))`
      : `(${values} - $2::text)`;
  const goesOn = `((${rest("new")} - 'attributes' - $3::text[]) <> '{}'
    or (coalesce(${rest("new")} -> 'attributes', '{}') - $4::text[]) <> '{}')`;
  const fields = uncompared.map(parseFieldLabel);
  await client.query(
    `with parted as (
       insert into changes (entity, key, kind, cause, version, held, old, new)
       select entity, key, kind, cause, version, true, ${only("old")}, ${only("new")}
       from changes where entity = $1 and kind = 'update' and not held and ${has} and ${which} and ${goesOn}
     )
     update changes set held = not ${goesOn},
       old = case when ${goesOn} then ${rest("old")} else old end,
       new = case when ${goesOn} then ${rest("new")} else new end
     where entity = $1 and kind = 'update' and not held and ${has} and ${which}`,
    [
      entity,
      name,
      fields.filter((one) => !one.isAttribute).map((one) => one.name),
      fields.filter((one) => one.isAttribute).map((one) => one.name),
    ],
  );
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
