import type { EntityName } from "../../../domain/entities";
import type { RevertRequest } from "../../../domain/revert";
import { objectOf } from "../object-of";
import type { StageContext } from "../stage-context";

/** What a run did to each record in all, whatever it did first: a record that landed may have been changed by the same run. */
const NET = (entity: EntityName): string => `
  select key, (array_agg(kind order by ord))[1] in ('create', 'restore') as came,
         (array_agg(kind order by ord desc))[1] = 'tombstone' as went
  from reversed where entity = '${entity}' group by key`;

/** Whether a record `m` that came or went is as before the run already. */
const IS_BACK = "(m.key is not null and m.tombstoned_at is null) <> n.came";

/** Why a record `m` that came or went is not as the run left it; `$2` is the run. */
const TOUCHED = `case
  when m.key is null then 'was gone for longer than it is kept; if it comes back, it is new'
  when m.last_run = $2 then null
  when n.came then 'was changed since'
  else 'came back and went again since' end`;

/**
 * Adds to the change set what undoes a run's doing to the records of one entity. Values are compared field by field, so
 * that other changes since do not matter; a record that came or went must not have been touched since. What is as
 * before the run already needs nothing.
 */
export async function revertRecords(
  context: StageContext,
  entity: EntityName,
  { run, field }: RevertRequest,
): Promise<void> {
  await revertComings(context, entity, run);
  await revertValues(context, entity, field);
}

/** Records that came go, and records that went come back. */
async function revertComings(context: StageContext, entity: EntityName, run: number): Promise<void> {
  await context.contents.write(
    context,
    "changes",
    `with judged as materialized (
       select n.key, n.came, m.version, m.last_run, ${TOUCHED} as because
       from (${NET(entity)}) n
       left join mirror.${entity} m on m.source = $1 and m.key = n.key
       where n.came <> n.went and not ${IS_BACK}
     ),
     noted as (
       insert into newer (entity, key, because, run)
       select '${entity}', key, because, last_run from judged where because is not null
     )
     insert into changes (entity, key, kind, cause, version, old, new)
     select '${entity}', key, case when came then 'tombstone' else 'restore' end, 'reverted', version,
            case when not came then '{}'::jsonb end, case when not came then '{}'::jsonb end
     from judged where because is null`,
    [context.source, run],
  );
}

/** @param field the one field whose values come back; null for all */
async function revertValues(context: StageContext, entity: EntityName, field: string | null): Promise<void> {
  await context.contents.write(
    context,
    "changes",
    `with told as (
       select r.key, r.ord, f.attribute, f.name, f.before, f.after
       from reversed r
       join (${NET(entity)}) n on n.key = r.key and not n.came and not n.went
       cross join lateral (
         select false as attribute, name, r.old -> name as before, after from jsonb_each(r.new - 'attributes') as each (name, after)
         union all
         select true, name, r.old -> 'attributes' -> name, after from jsonb_each(r.new -> 'attributes') as each (name, after)
       ) f
       where r.entity = '${entity}'
         and ($2::text is null or f.name = $2 or (f.attribute and 'attributes.' || f.name = $2))
     ),
     fields as (
       select key, attribute, name, coalesce((array_agg(before order by ord))[1], 'null') as before,
              coalesce((array_agg(after order by ord desc))[1], 'null') as after
       from told group by key, attribute, name
     ),
     judged as materialized (
       select f.*, m.version, m.last_run,
              case when m.key is null then 'its record is not in the mirror any more'
                   when m.tombstoned_at is not null then 'its record is gone since'
                   when v.current is distinct from ${asStored("f.after")} then 'has another value since' end as because
       from fields f
       left join mirror.${entity} m on m.source = $1 and m.key = f.key
       cross join lateral (
         select case when f.attribute then coalesce(m.attributes -> f.name, 'null') else to_jsonb(m) -> f.name end as current
       ) v
       where f.before <> f.after and v.current is distinct from ${asStored("f.before")}
     ),
     noted as (
       insert into newer (entity, key, field, because, run)
       select '${entity}', key, case when attribute then 'attributes.' else '' end || name, because, last_run
       from judged where because is not null
     )
     insert into changes (entity, key, kind, cause, version, old, new)
     select '${entity}', key, 'update', 'reverted', version, ${objectOf("after")}, ${objectOf("before")}
     from judged where because is null
     group by key, version`,
    [context.source, field],
  );
}

/** A value of the field `f` as its column has it: a time may be written in several ways. */
const asStored = (value: string): string => `
  (case when f.attribute then ${value} else to_jsonb(jsonb_populate_record(m, jsonb_build_object(f.name, ${value}))) -> f.name end)`;
