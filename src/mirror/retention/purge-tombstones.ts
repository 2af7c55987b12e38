import type { ClientBase } from "pg";
import { type EntityName, LINK_ENDS, LINK_KINDS } from "../../domain/entities";
import { quotedList } from "../quoted-list";
import { listIn, listOwners } from "../stage/link-owners";
import { LINK_COLUMNS } from "../stage/stage-tables";
import { inTransaction } from "../transaction";
import { writeCommandAudit } from "../write-command-audit";

/** Records that one transaction takes away. */
const BATCH = 5_000;

/** Whether a row `c` of changes or pins is about the record `m`, be it at an end of a link. */
function isAbout(entity: EntityName): string {
  const endAt = (side: "left" | "right" | "scope") => LINK_KINDS.filter((kind) => LINK_ENDS[kind][side] === entity);
  const named = [
    ["key", [entity, ...endAt("left")]],
    ["related", endAt("right")],
    ["scope", endAt("scope")],
  ] as const;
  return named
    .filter(([, names]) => names.length > 0)
    .map(([column, names]) => `(c.entity in (${quotedList(names)}) and c.${column} = m.key)`)
    .join(" or ");
}

/** What people gave here rests on a role, or on an org within which it is held. */
const GIVEN_HERE: Readonly<Record<EntityName, string>> = {
  users: "false",
  roles: "exists (select from mirror.default_roles d where d.source = m.source and d.role_key = m.key)",
  permissions: "false",
  orgs: "exists (select from mirror.local_grants g where g.source = m.source and g.org_key = m.key and g.ended_at is null)",
};

/**
 * Records that are gone for longer than they are kept, and that nobody may still decide about. One of them is gone since a run that
 * came after all before it: a clock that was set back for a while makes nothing older than it is. `$1` is the moment.
 */
const due = (entity: EntityName): string => `
  from mirror.${entity} m
  join (
    select last_run, (select max(queued_at) from sync.runs r where r.id <= d.last_run) as queued_at
    from (select distinct last_run from mirror.${entity} where tombstoned_at < $1) d
  ) ran on ran.last_run = m.last_run
  where m.tombstoned_at < $1 and coalesce(ran.queued_at < $1, true) and not ${GIVEN_HERE[entity]}
    and not exists (select from sync.pins c where c.source = m.source and (${isAbout(entity)}))
    and not exists (
      select from sync.held_changes c join sync.holds o on o.run = c.run
      where o.source = m.source and o.state in ('open', 'released', 'rejected') and (${isAbout(entity)}))`;

/** How many are due, by source. */
export async function countTombstones(
  client: ClientBase,
  entity: EntityName,
  before: string,
): Promise<readonly { readonly source: string; readonly count: number }[]> {
  const { rows } = await client.query<{ source: string; count: number }>(
    `select m.source, count(*) as count ${due(entity)} group by m.source order by m.source`,
    [before],
  );
  return rows;
}

/**
 * The links that a record states go with it, as they would be stated anew if it returned. Those that others state of it stay without
 * effect, for the customer's system still states them.
 */
const withLinks = (entity: EntityName): string =>
  LINK_KINDS.flatMap((kind) =>
    (["left", "right"] as const)
      .filter((side) => LINK_ENDS[kind][side] === entity)
      .map((side) => {
        const lists = listOwners(kind).filter((list) => list.entity === entity);
        return `${kind}_gone as (
          delete from mirror.${kind} t using gone
          where t.source = $2 and t.${LINK_COLUMNS[kind][side]} = gone.key and t.owner_key = gone.key
            and ${listIn("t.origin")} in (${quotedList(["", ...lists.map(({ field }) => field)])})
        ),`;
      }),
  ).join("\n");

/** Whoever returns is somebody else, and does not get what was given to another. */
const withGrants = (entity: EntityName): string =>
  entity === "users" || entity === "roles"
    ? `grants_gone as (
        update mirror.local_grants g set ended_at = sync.moment(), ended_by = $3, end_reason = 'it was of somebody or something gone for good'
        from gone
        where g.source = $2 and g.${entity === "users" ? "user_key" : "role_key"} = gone.key and g.ended_at is null
      ),`
    : "";

const purge = (entity: EntityName): string => `
  with due as (select m.source, m.key ${due(entity)} and m.source = $2 order by m.key limit ${BATCH}),
  gone as (delete from mirror.${entity} m using due where m.source = due.source and m.key = due.key returning m.key),
  ${withLinks(entity)}
  ${withGrants(entity)}
  absences_gone as (
    delete from sync.absences a using gone where a.source = $2 and a.entity = '${entity}' and a.key = gone.key
  )
  select count(*) as count, $3::text as by from gone`;

/**
 * Takes away the records of an entity that are gone for longer than they are kept, some at a time, each time with an entry in the
 * audit. No run works at the source meanwhile.
 *
 * @returns how many went; null while a run works at the source
 */
export async function purgeTombstones(
  client: ClientBase,
  { source, entity, before, by }: { source: string; entity: EntityName; before: string; by: string },
): Promise<number | null> {
  for (let total = 0; ; ) {
    const count = await inTransaction(client, async () => {
      const { rows } = await client.query<{ run: number | null }>(
        "select sync.live_run(source) as run from sync.sources where source = $1 for update skip locked",
        [source],
      );
      if (rows[0]?.run !== null) return null;
      const gone = (await client.query<{ count: number }>(purge(entity), [before, source, by])).rows[0]?.count ?? 0;
      const told = { kind: "tombstone", cause: "retention", actor: by, reason: null } as const;
      if (gone > 0)
        await writeCommandAudit(client, [
          { ...told, source, entity: "tombstones", key: entity, new: { before, records: gone } },
        ]);
      return gone;
    });
    if (count === null) return total > 0 ? total : null;
    total += count;
    if (count < BATCH) return total;
  }
}
