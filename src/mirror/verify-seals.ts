import type { ClientBase } from "pg";
import type { KeptSeal, SealFinding, SealsAnswer } from "../domain/audit";
import type { ChangeKind } from "../domain/changes";
import type { Into } from "../domain/entities";

/** Seals whose entries are looked at in one statement. */
const SEALS = 100;

const SUMMARY = `
  select count(*) as seals, coalesce(sum(length(leaves) / 24), 0)::bigint as entries, coalesce(max(number), 0) as last,
         (select count(*) from audit.entries where id > (select coalesce(max(last_entry), 0) from audit.seals)) as unsealed
  from audit.seals`;

const SEAL = `select number as seal, encode(head, 'hex') as hash, sealed_at as "sealedAt" from audit.seals where number = $1`;

/** Each seal's head follows from the head before it; which is the last one is told in a second place. */
const CHAIN = `
  with linked as (
    select number, lag(number, 1, 0::bigint) over chain as before, head,
           sha256(lag(head, 1, ''::bytea) over chain || audit.seal_content(number, sealed_at, last_entry, leaves)) as follows
    from audit.seals window chain as (order by number)
  ),
  ends as (
    select coalesce(seal.number, 0) as number, seal.head, coalesce(last.number, 0) as told, last.head as told_head
    from (select) once
    left join (select number, head from audit.seals order by number desc limit 1) seal on true
    left join sync.last_seal last on true
  ),
  found as (
    select 'seal-missing' as kind, seal from linked cross join generate_series(before + 1, number - 1) seal
    union all select 'seal-missing', seal from ends cross join generate_series(number + 1, told) seal
    union all select 'seal-added', seal from ends cross join generate_series(told + 1, number) seal
    union select 'seal-edited', number from linked where before = number - 1 and head <> follows
    union select 'seal-edited', number from ends where number = told and head <> told_head
  )
  select kind, seal, count(*) over () as total from found order by seal, kind limit $1`;

/**
 * What the audit says it dropped, in which seal or the next; and whether that is so, and it was old enough. Of one that is told of a time
 * to come the database's clock proves nothing: where its seal was made at that time, too, it is taken at its word, and told.
 */
const DROPS = `
  select entry, holds, is_to_come as "isToCome", before, (select coalesce(sum(upper(gone) - lower(gone)), 0)::bigint from unnest(ids) gone) as count,
         coalesce((select min(number) from audit.seals where last_entry >= entry), (select max(number) from audit.seals) + 1, 1) as seal
  from audit.told_drops order by before, entry`;

/**
 * What erasures took away of what was told before them, and how much. One that was changed or added among what is sealed takes nothing away; one that came after
 * the last seal counts already, for it will be sealed as it is.
 */
const ERASED = `
  with told as materialized (
    select audit.entries_of(e.new) * int8multirange(int8range(1, e.id)) as entries from audit.entries e
    where e.entity = 'erasures' and (
      e.id > (select coalesce(max(last_entry), 0) from audit.seals)
      or exists (
        select from (select leaves, salts from audit.seals where last_entry >= e.id order by number limit 1) seal
        cross join lateral audit.leaves_of(seal.leaves, seal.salts) leaf
        where leaf.id = e.id and leaf.digest = audit.leaf(e, leaf.salt)))
  )
  select coalesce(range_agg(erased), '{}')::text as ids, coalesce(sum(upper(erased) - lower(erased)), 0)::bigint as count
  from told cross join lateral unnest(entries) erased`;

const NO_SALT = "decode(repeat('00', 16), 'hex')";

/**
 * Entries of some seals that say something else, are gone, or were not there. Those whose seal is missing are not asked about. An entry
 * may be gone that a drop names, if its seal was made by a day after the bound of that drop; or that an erasure names, if its salt is
 * gone, too.
 */
const ENTRIES = `
  with chunk as materialized (
    select number, sealed_at, last_entry, leaves || ''::bytea as leaves, salts || ''::bytea as salts,
           lag(number) over chain as before, lag(last_entry) over chain as after
    from audit.seals where number between $1 - 1 and $2
    window chain as (order by number)
  ),
  sealed as (
    select c.number, c.sealed_at, leaf.* from chunk c cross join lateral audit.leaves_of(c.leaves, c.salts) leaf where c.number >= $1
  ),
  covered as (
    select number, last_entry,
           case when number = 1 then 0 when before = number - 1 then after
                else (select min(id) - 1 from sealed s where s.number = c.number) end as after
    from chunk c where number >= $1
  ),
  told as (
    select e as entry, e.id, e.at, e.kind, e.source, e.entity, e.key from audit.entries e
    where e.id > (select min(after) from covered) and e.id <= (select max(last_entry) from covered)
  ),
  dropped as (
    select id, max(d.before) as before
    from (select min(after) as after, max(last_entry) as last_entry from covered) ids
    cross join audit.drops d
    cross join unnest(d.ids * int8multirange(int8range(ids.after, ids.last_entry, '(]'))) gone
    cross join generate_series(lower(gone), upper(gone) - 1) id
    where d.entry = any ($4::bigint[])
    group by id
  ),
  found as (
    select case when told.id is null then 'gone' when sealed.id is null then 'added' else 'edited' end as what,
           coalesce(sealed.number, (select number from covered c where told.id > c.after and told.id <= c.last_entry)) as seal,
           coalesce(sealed.id, told.id) as id, told.at, told.kind, told.source, told.entity, told.key
    from sealed full join told on told.id = sealed.id
    left join dropped on dropped.id = sealed.id
    where case
      when told.id is null then
        not coalesce(sealed.sealed_at < dropped.before + interval '1 day', false)
        and not (sealed.salt = ${NO_SALT} and $5::int8multirange @> sealed.id)
      else sealed.id is null or audit.leaf(told.entry, sealed.salt) <> sealed.digest end
  )
  select *, count(*) over () as total from found where seal is not null order by id limit $3`;

interface FoundEntry {
  readonly what: "edited" | "gone" | "added";
  readonly seal: number;
  readonly id: number;
  readonly at: string | null;
  readonly kind: ChangeKind;
  readonly source: string;
  readonly entity: Into;
  readonly key: string;
  readonly total: number;
}

interface FoundDrop {
  readonly entry: number;
  readonly holds: boolean;
  readonly isToCome: boolean;
  readonly before: string;
  readonly count: number;
  readonly seal: number;
}

/** What `SealStore.verify` promises, some seals at a time. All of it is to be of one moment. */
export async function verifySeals(client: ClientBase, kept: KeptSeal | null, most: number): Promise<SealsAnswer> {
  const rowsOf = async <R extends object>(query: string, parameters: readonly unknown[] = []): Promise<readonly R[]> =>
    (await client.query<R>(query, [...parameters])).rows;
  const sealOf = async (number: number) => (await rowsOf<NonNullable<SealsAnswer["head"]>>(SEAL, [number]))[0] ?? null;

  const [summary] = await rowsOf<Record<"seals" | "entries" | "last" | "unsealed", number>>(SUMMARY);
  if (summary === undefined) throw new Error("a count without a row");
  const { seals, last, unsealed } = summary;
  const drops = await rowsOf<FoundDrop>(DROPS);
  const trusted = drops.filter(({ holds, isToCome }) => holds || isToCome);
  const dropped = trusted.reduce((sum, { count }) => sum + count, 0);
  const chain = await rowsOf<Pick<SealFinding, "kind" | "seal"> & { readonly total: number }>(CHAIN, [most]);
  const [erased] = await rowsOf<{ ids: string; count: number }>(ERASED);
  const findings = chain.map(({ kind, seal }): SealFinding => ({ kind, seal, entry: null, says: null }));
  let total = chain[0]?.total ?? 0;
  const unproven = drops.filter(({ holds }) => !holds);
  findings.push(
    ...unproven.map(
      ({ entry, seal, isToCome }): SealFinding => ({
        kind: isToCome ? "clock-behind" : "drop-edited",
        seal,
        entry,
        says: null,
      }),
    ),
  );
  total += unproven.length;
  if (kept !== null && (await sealOf(kept.seal))?.hash !== kept.hash) {
    findings.push({ kind: "not-kept", seal: kept.seal, entry: null, says: null });
    total += 1;
  }
  const entriesOfDrops = trusted.map(({ entry }) => entry);
  for (let first = 1; first <= last; first += SEALS) {
    const found = await rowsOf<FoundEntry>(ENTRIES, [first, first + SEALS - 1, most, entriesOfDrops, erased?.ids]);
    total += found[0]?.total ?? 0;
    findings.push(...found.map(findingOf));
    findings.length = Math.min(findings.length, most);
  }
  return {
    holds: total === 0,
    entries: summary.entries - dropped,
    erased: erased?.count ?? 0,
    seals,
    head: await sealOf(last),
    unsealed,
    dropped,
    auditSince: trusted.at(-1)?.before ?? null,
    findings,
    findingsTotal: total,
  };
}

function findingOf({ what, seal, id, at, kind, source, entity, key }: FoundEntry): SealFinding {
  return { kind: what, seal, entry: id, says: at === null ? null : { at, kind, source, entity, key } };
}
