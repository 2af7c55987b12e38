import type { Knex } from "knex";
import type { DiffAnswer, LinkDifference, RecordDifference } from "../domain/audit";
import { ENTITY_NAMES, LINK_ENDS, LINK_KINDS } from "../domain/entities";
import { afterMillisecond, type Bounds, boundsOf, refuseUnknowable } from "./audit-bounds";
import { calledBy } from "./called-by";
import { quotedList } from "./quoted-list";
import { objectOf } from "./stage/object-of";

/**
 * The person or record that had the key when an entry `e` was written has this one now. Few sources ever have a key
 * renamed.
 */
const keyNow = (column: string, entity: string): string =>
  `case when (${column}, ${entity}) in (select old_key, entity from sync.rekeys where source = :source)
     then sync.current_key(:source, ${entity}, ${column}, e.at) else ${column} end`;

const MIRRORED = ENTITY_NAMES.map(
  (entity) => `
    select '${entity}' as entity, key, tombstoned_at, updated_at, ${entity === "users" ? "coalesce(display_name, username)" : "name"} as called,
           ${entity === "users" ? calledBy("m") : "null"} as called_by
    from mirror.${entity} m where source = :source`,
).join(" union all");

const inBetween = (moment: string): string => `${moment} >= :after::timestamptz and ${moment} < :until::timestamptz`;

/** The fields of an entry `w`, each with its value before and after. */
const FIELDS_OF_ENTRY = `
  select false as attribute, name, coalesce(w.old -> name, 'null') as before, after
  from jsonb_each(w.new - 'attributes') as each_of (name, after)
  union all
  select true, name, coalesce(w.old -> 'attributes' -> name, 'null'), after
  from jsonb_each(w.new -> 'attributes') as each_of (name, after)`;

const FIRST = "(array_agg(f.before order by w.at, w.id))[1]";
const LAST = "(array_agg(f.after order by w.at desc, w.id desc))[1]";

/**
 * The fields of all entries of a record, each with its first and its last value.
 *
 * @param kinds of entries `w` that count
 * @param kept which fields
 */
const fieldsOf = (entries: string, kinds: string, kept: string): string => `
  select f.attribute, f.name, ${FIRST} as before, ${LAST} as after
  from unnest(${entries}) w cross join lateral (${FIELDS_OF_ENTRY}) f
  where ${kinds}
  group by f.attribute, f.name having ${kept}`;

/**
 * Whether a record `l`, of which the time in between tells nothing but a new key, lived at the first moment. Of one that was not
 * touched since the mirror, `m`, says it. Of others it is told by what last became of them until then: of one that lives, the audit
 * never drops that entry.
 */
const LIVED_BEFORE = `
  case when m.updated_at < :until::timestamptz then m.tombstoned_at is null else coalesce((
    select e.kind <> 'tombstone'
    from sync.keys_of(:source, l.entity, l.key) had
    join audit.entries e on e.source = :source and e.key = had.key and e.at >= had.since and e.at < had.until
    where e.entity = l.entity and e.kind in ('create', 'restore', 'tombstone') and e.at < :after::timestamptz
    order by e.at desc, e.id desc limit 1), false) end`;

/**
 * What became of each record in all, however often it changed: whether it was there before is told by the first entry, whether it
 * is there after by the last one, and its fields are compared with what they were at first.
 *
 * A record carries its entries along. The planner does not know how many were written lately, and would join them one by one.
 */
const RECORDS = `
  with lived as (
    -- Who is gone may be renamed, too.
    select entity, key, array_agg(entry) as entries,
           (array_agg(kind order by at, id) filter (where cause <> 'rekey'))[1] as first,
           (array_agg(kind order by at desc, id desc) filter (where cause <> 'rekey'))[1] as last
    from (
      select e.entity, ${keyNow("e.key", "e.entity")} as key, e.at, e.id, e.kind, e.cause, e as entry
      from audit.entries e
      where e.source = :source and ${inBetween("e.at")} and e.entity in (${quotedList(ENTITY_NAMES)})
    ) written
    group by entity, key
  ),
  judged as (
    select l.entity, l.key, l.entries, m.called, m.called_by,
           case when first in ('create', 'restore') and last = 'tombstone' then null
                when last = 'tombstone' then 'removed'
                when first = 'create' then 'created'
                when first = 'restore' then 'restored'
                when first is null and not ${LIVED_BEFORE} then null
                else 'changed' end as kind
    from lived l left join (${MIRRORED}) m on m.entity = l.entity and m.key = l.key
  ),
  listed as (
    select j.*, differing.old, differing.new, count(*) over () as total
    from judged j
    left join lateral (
      select count(*) as fields, ${objectOf("before")} as old, ${objectOf("after")} as new
      from (${fieldsOf("j.entries", "w.kind in ('update', 'restore')", `${FIRST} <> ${LAST}`)}) field
    ) differing on j.kind in ('changed', 'restored')
    where j.kind is not null and (j.kind <> 'changed' or differing.fields > 0)
    order by j.entity, j.kind, j.key collate "C"
    limit :limit
  )
  select l.entity, l.key, l.called as name, l.called_by as "calledBy", l.kind, l.total, l.old,
         coalesce(l.new, brought.new) as new
  from listed l
  left join lateral (
    select ${objectOf("after")} as new
    from (${fieldsOf("l.entries", "w.kind <> 'tombstone'", `${LAST} <> 'null'`)}) field
  ) brought on l.kind = 'created'
  order by l.entity, l.kind, l.key collate "C"`;

/** The entity at an end of the link that a row tells of. */
const endOf = (row: string, end: "left" | "right" | "scope"): string =>
  `case ${row}.entity ${LINK_KINDS.map((kind) => `when '${kind}' then '${LINK_ENDS[kind][end] ?? ""}'`).join(" ")} end`;

/**
 * What was granted and revoked. A role that was given until a moment ends then, whenever that is written down; its keys are those of
 * now.
 *
 * @param entries which entries `e`
 * @param ended which of such roles, `g`
 */
const linksTold = (entries: string, ended: string): string => `
  select e.entity, ${keyNow("e.key", endOf("e", "left"))} as key, ${keyNow("e.related", endOf("e", "right"))} as related,
         ${keyNow("e.scope", endOf("e", "scope"))} as scope, case e.kind when 'grant' then 1 else -1 end as sign
  from audit.entries e
  where e.source = :source and e.entity in (${quotedList(LINK_KINDS)}) and ${entries}
  union all
  select 'user_roles', g.user_key, g.role_key, g.org_key, -1
  from mirror.local_grants g
  where g.source = :source and g.effective and g.ended_at is null and g.expires_at <= now() and ${ended}`;

/**
 * Links held at one of the moments alone. Several origins and owners may state a link, each of which grants and revokes for itself:
 * it is held while more was granted than revoked, ever. So of links that were granted and revoked unequally in between, what was
 * told before is counted as well.
 */
const LINKS = `
  with touched as materialized (
    select entity, key, related, scope, sum(sign) as net
    from (${linksTold(inBetween("e.at"), inBetween("g.expires_at"))}) told
    group by entity, key, related, scope having sum(sign) <> 0
  ),
  told as (
    select entity, key, related, scope, net, 0 as stated from touched
    union all
    select entity, key, related, scope, 0, sign from (${linksTold(
      `e.at < :after::timestamptz
      and e.key in (select key from touched union select old_key from sync.rekeys where source = :source)`,
      "g.expires_at < :after::timestamptz and g.user_key in (select key from touched)",
    )}) earlier
  ),
  counted as (
    select entity, key, related, scope, sum(net) as net, sum(stated) as stated
    from told group by entity, key, related, scope having sum(net) <> 0
  )
  select c.entity as kind, c.key, subject.called as name, subject.called_by as "calledBy", c.related, target.called as "relatedName",
         nullif(c.scope, '') as scope, case when stated > 0 then 'lost' else 'gained' end as effect, count(*) over () as total
  from counted c
  left join (${MIRRORED}) subject on subject.entity = ${endOf("c", "left")} and subject.key = c.key
  left join (${MIRRORED}) target on target.entity = ${endOf("c", "right")} and target.key = c.related
  where (stated > 0) <> (stated + net > 0)
  order by stated > 0 desc, name nulls last, c.key collate "C", kind desc, c.related collate "C", c.scope collate "C"
  limit :limit`;

/** What two moments of a source differ in. */
interface DiffRequest {
  readonly source: string;
  /** RFC 3339; of both moments everything counts that was written in their millisecond. */
  readonly from: string;
  /** Null for now. */
  readonly to: string | null;
  /** So many records and links are listed; null lists all. */
  readonly limit: number | null;
}

/** Compares what was so at two moments, by what was written in between. */
export class AuditDiff {
  constructor(private readonly knex: Knex) {}

  /** @throws Failure USE005 for a moment that the audit cannot speak of */
  async between({ source, from, to: asked, limit }: DiffRequest): Promise<DiffAnswer> {
    const bounds = await boundsOf(this.knex, source);
    const to = asked ?? bounds.now;
    refuseUnknowable(source, from, bounds, "--from");
    refuseUnknowable(source, to, bounds, "--to");
    const moments = { source, after: afterMillisecond(from), until: afterMillisecond(to), limit };
    const records = await this.#rows<RecordDifference>(RECORDS, moments);
    const links = await this.#rows<LinkDifference>(LINKS, moments);
    return {
      source,
      from,
      to,
      records: records.listed,
      recordsTotal: records.total,
      links: links.listed,
      linksTotal: links.total,
      note: noteOn(source, { from, to }, bounds),
    };
  }

  async #rows<T extends object>(
    sql: string,
    bindings: { readonly [name: string]: string | number | null },
  ): Promise<{ readonly listed: readonly T[]; readonly total: number }> {
    const { rows } = await this.knex.raw<{ rows: (T & { total: number })[] }>(sql, bindings);
    return { listed: rows.map(({ total: _total, ...row }) => row as unknown as T), total: rows[0]?.total ?? 0 };
  }
}

/** Why the answer may not be the whole truth. */
function noteOn(source: string, { from, to }: Pick<DiffAnswer, "from" | "to">, bounds: Bounds): string | null {
  const { first_complete_at: complete, retired_at: retired } = bounds;
  if (complete === null) return `\`${source}\` was never read completely: what came may have been there before`;
  if (from < complete)
    return `\`${source}\` was first read completely at ${complete}: what came until then may have been there before`;
  if (retired !== null && to >= retired)
    return `\`${source}\` was retired at ${retired}: what changed there since, nobody has read`;
  return null;
}
