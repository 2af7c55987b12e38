import type { Absence, AbsenceFilter, AbsenceWithdrawal, KnownUnmet } from "../../../domain/comparing";
import { columnsOf, type EntityName } from "../../../domain/entities";
import { attributeLabel } from "../../../domain/field-label";
import type { Stream } from "../../../domain/job";
import { RECORDS_IN_CHUNK } from "../../../domain/staging";
import { countMet, isMet } from "../digests";
import { isLanded, isUnconcluded } from "../land/landed";
import { numberOf, rowsOf, type StageContext } from "../stage-context";

/**
 * Compares the stage of one entity with the mirror, set-wise, into creates, updates, restores and tombstones. Only what the
 * mapping describes is compared: a field nobody describes any more removes nothing.
 *
 * @param removed keys that the upstream called gone before it was read
 * @param sweep what is absent counts as gone, that is, the enumeration was complete; null when it was not
 */
export async function compareRecords(
  context: StageContext,
  entity: EntityName,
  stream: Stream,
  {
    removed,
    sweep,
  }: { readonly removed: readonly string[]; readonly sweep: { readonly known: KnownUnmet | null } | null },
): Promise<void> {
  const { contents } = context;
  if (contents.mayHold(`stage_${entity}`)) {
    const described = describedBy(stream, entity);
    await insertCreates(context, entity, described);
    await insertUpdates(context, entity, described);
  }
  if (entity === "users" && contents.mayHold("stage_rejects")) await insertInactive(context);
  if (contents.mayHold("stage_skips")) await insertLeftOut(context, entity);
  const told = removed.length > 0 ? await insertAbsent(context, entity, { keys: removed }, "deleted") : 0;
  if (sweep === null) return;
  const absent = (await countAbsent(context, entity)) - told;
  if (absent > 0) await insertAbsences(context, entity, sweep.known, absent);
}

/** What a mapping describes of an entity, by the names in the database. */
interface Described {
  readonly columns: readonly string[];
  /** Of the columns those whose difference is a change. */
  readonly compared: readonly string[];
  readonly attributes: readonly string[];
  readonly uncomparedAttributes: readonly string[];
}

function describedBy({ mapping: { fields, attributes } }: Stream, entity: EntityName): Described {
  const described = columnsOf(entity).flatMap(({ name }) => fields.find((rule) => rule.name === name) ?? []);
  return {
    columns: described.map(({ name }) => name),
    compared: described.filter(({ compare }) => compare).map(({ name }) => name),
    attributes: attributes.map(({ name }) => name),
    uncomparedAttributes: attributes.filter(({ compare }) => !compare).map(({ name }) => name),
  };
}

async function insertCreates(context: StageContext, entity: EntityName, { columns }: Described): Promise<void> {
  const values = columns.map((name) => `'${name}', s.${name}`).join(", ");
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, new)
     select '${entity}', s.key, 'create', 'upstream',
            jsonb_strip_nulls(jsonb_build_object(${values}))
              || case when s.attributes = '{}' then '{}'::jsonb else jsonb_build_object('attributes', s.attributes) end
     from stage_${entity} s
     where not exists (select from mirror.${entity} m where m.source = $1 and m.key = s.key)`,
    [context.source],
  );
}

/** Updates, and restores of those that were gone. */
async function insertUpdates(
  context: StageContext,
  entity: EntityName,
  { columns, compared, attributes, uncomparedAttributes }: Described,
): Promise<void> {
  const row = (table: string): string => `row (${compared.map((name) => `${table}.${name}`).join(", ")})`;
  const values = columns.map((name) => `('${name}', to_jsonb(m.${name}), to_jsonb(s.${name}))`).join(", ");
  const changedFields = (which: string): string => `coalesce(fields.${which}, '{}')`;
  // To find no difference takes as long as to find one, and most attributes stay.
  const changedAttributes = (from: string, to: string): string =>
    `case when before.attributes = after.attributes then '{}'
       else sync.nested('attributes', sync.difference(${from}.attributes, ${to}.attributes)) end`;
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, version, old, new)
     select '${entity}', m.key, case when m.tombstoned_at is null then 'update' else 'restore' end, 'upstream', m.version,
            ${changedFields("before")} || ${changedAttributes("after", "before")},
            ${changedFields("after")} || ${changedAttributes("before", "after")}
     from stage_${entity} s
     join mirror.${entity} m on m.source = $1 and m.key = s.key
     cross join lateral (select m.attributes) before
     cross join lateral (select (m.attributes - $2::text[]) || s.attributes as attributes) after
     cross join lateral (
       select jsonb_object_agg(name, coalesce(before, 'null')) as before, jsonb_object_agg(name, coalesce(after, 'null')) as after
       from (values ${values}) as field (name, before, after) where before is distinct from after
     ) fields
     where m.tombstoned_at is not null
        or ${compared.length === 0 ? "false" : `${row("s")} is distinct from ${row("m")}`}
        or (after.attributes - $3::text[]) is distinct from (m.attributes - $3::text[])`,
    [context.source, attributes, uncomparedAttributes],
  );
}

/** A person who is rejected keeps their old state, but may no longer sign in when all their records say so. */
async function insertInactive(context: StageContext): Promise<void> {
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, version, old, new)
     select 'users', m.key, 'update', 'rejected', m.version,
            jsonb_build_object('status', m.status), jsonb_build_object('status', r.status)
     from (
       select key, min(inactive) as status from stage_rejects
       where entity = 'users' and key is not null
       group by key having count(*) = count(inactive)
     ) r
     join mirror.users m on m.source = $1 and m.key = r.key and m.tombstoned_at is null and m.status = 'active'
     -- Whoever landed and cannot stand leaves anyway.
     where not exists (select from changes c where c.entity = 'users' and c.key = m.key)`,
    [context.source],
  );
}

/** Tombstones of those that the mapping leaves out, or that the upstream itself calls gone. */
async function insertLeftOut(context: StageContext, entity: EntityName): Promise<void> {
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, version)
     select '${entity}', m.key, 'tombstone', case k.because when 'skip' then 'skipped' else 'deleted' end, m.version
     from stage_skips k
     join mirror.${entity} m on m.source = $1 and m.key = k.key and m.tombstoned_at is null
     where k.entity = '${entity}'`,
    [context.source],
  );
}

/**
 * Tombstones of those that came in no way at all.
 *
 * @param absent how many these are
 */
async function insertAbsences(
  context: StageContext,
  entity: EntityName,
  known: KnownUnmet | null,
  absent: number,
): Promise<void> {
  await context.client.query("analyze stage_met");
  const before = (await context.before()).records[entity];
  // Who was rejected or held before is not known, and may be absent as well.
  const unmet = known?.unmet(known.size !== before) ?? [];
  // To look for each is dearer than to look at everybody once they are many.
  const isFew = unmet.length > 0 && unmet.length <= RECORDS_IN_CHUNK + before / 4;
  const found = isFew ? await insertAbsent(context, entity, { ids: unmet }, "absent") : 0;
  if (found < absent) await insertAbsent(context, entity, null, "absent");
}

/** @param among null looks at everybody. Who was found before is not found again. */
function insertAbsent(
  context: StageContext,
  entity: EntityName,
  among: { readonly ids: readonly number[] } | { readonly keys: readonly string[] } | null,
  cause: "absent" | "deleted",
): Promise<number> {
  const [which, ...parameters] =
    among === null
      ? [""]
      : "ids" in among
        ? ["and m.id = any ($2::bigint[])", among.ids]
        : ["and m.key = any ($2)", among.keys];
  return context.contents.write(
    context,
    "changes",
    // The planner cannot know that most were met: what looks for the others comes after.
    `with unmet as materialized (
       select m.key, m.version
       from mirror.${entity} m
       where m.source = $1 and m.tombstoned_at is null ${which}
         and not ${isMet(entity)} and not ${isLanded(context, entity)}
     )
     insert into changes (entity, key, kind, cause, version)
     select '${entity}', m.key, 'tombstone', '${cause}', m.version
     from unmet m
     where not exists (select from stage_${entity} s where s.key = m.key)
       and not exists (select from stage_rejects r where r.entity = '${entity}' and r.key = m.key)
       and not exists (select from stage_skips k where k.entity = '${entity}' and k.key = m.key)
       and not exists (select from changes c where c.entity = '${entity}' and c.key = m.key and c.cause in ('absent', 'deleted'))`,
    [context.source, ...parameters],
  );
}

/** Fields whose difference is no change by itself, as changes name them. */
export const uncomparedFields = ({ mapping }: Stream): readonly string[] => [
  ...mapping.fields.filter((rule) => !rule.compare).map((rule) => rule.name),
  ...mapping.attributes.filter((rule) => !rule.compare).map((rule) => attributeLabel(rule.name)),
];

/** How many more the mirror held than were met, in one way or another. */
async function countAbsent(context: StageContext, entity: EntityName): Promise<number> {
  const { contents, source } = context;
  const others = [
    ...(contents.mayHold(`stage_${entity}`) ? [`select key from stage_${entity}`] : []),
    ...["stage_rejects", "stage_skips"]
      .filter((table) => contents.mayHold(table))
      .map((table) => `select key from ${table} where entity = '${entity}'`),
  ];
  const found =
    others.length === 0
      ? "0"
      : `(select count(*) from mirror.${entity} m
          where m.source = $1 and m.tombstoned_at is null and not ${isLanded(context, entity)}
            and m.key in (${others.join(" union ")}))`;
  const met = await numberOf(context, `select ${countMet(`'${entity}'`)} + ${found} from (select $1::text) source`, [
    source,
  ]);
  return (await context.before()).records[entity] - met;
}

/** Removals that rest on absence alone, in canonical order. */
export async function listAbsences(
  context: StageContext,
  entity: EntityName,
  { held, readBy }: AbsenceFilter,
): Promise<readonly Absence[]> {
  return rowsOf<Absence & Record<string, unknown>>(
    context,
    `select c.key, coalesce(a.first_run < $2, false) or ${isUnconcluded("m")} as again
     from changes c
     join mirror.${entity} m on m.source = $1 and m.key = c.key
     left join sync.absences a on a.source = $1 and a.entity = c.entity and a.key = c.key
     where c.entity = $3 and c.kind = 'tombstone' and c.cause = 'absent' and (not c.held or $4)
     order by c.key collate "C"`,
    [context.source, readBy, entity, held],
  );
}

export const isRemovalHeld = async (context: StageContext, entity: EntityName): Promise<boolean> =>
  (await numberOf(context, "select count(*) from changes where entity = $1 and kind = 'tombstone' and held", [
    entity,
  ])) > 0;

/** Takes back removals for absence, all if `keys` is null; when the run is applied they become first witnesses, or none. */
export async function withdrawAbsences(
  context: StageContext,
  entity: EntityName,
  keys: readonly string[] | null,
  { remember, held }: AbsenceWithdrawal,
): Promise<void> {
  await context.client.query(
    `with withdrawn as (
       delete from changes
       where entity = $1 and kind = 'tombstone' and cause = 'absent' and (not held or $4) and ($2::text[] is null or key = any ($2))
       returning entity, key
     )
     insert into stage_absences (entity, key, remembered) select entity, key, $3 from withdrawn`,
    [entity, keys, remember, held],
  );
}

/**
 * A record that the mirror held and this run met: known to be there. Of people one who is not disabled where there is one, so that
 * reading them alone shows whether it tells who is.
 */
export async function findKnownPresent(context: StageContext, entity: EntityName): Promise<string | null> {
  const enabled = (row: string): string => (entity === "users" ? `and ${row}.status <> 'disabled'` : "");
  const find = async (ofMirror: string, ofStage: string): Promise<string | null> => {
    const [row] = await rowsOf<{ key: string }>(
      context,
      `select m.key from mirror.${entity} m
       where m.source = $1 and m.tombstoned_at is null ${ofMirror}
         and (${isMet(entity)} or ${isLanded(context, entity)}
              or exists (select from stage_${entity} s where s.key = m.key ${ofStage}))
       limit 1`,
      [context.source],
    );
    return row?.key ?? null;
  };
  return (await find(enabled("m"), enabled("s"))) ?? (entity === "users" ? find("", "") : null);
}
