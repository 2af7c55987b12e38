import { INACTIVE } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import { isMet } from "../digests";
import { isLanded, isNewcomer } from "../land/landed";
import { withdrawLanded } from "../land/settle-landed";
import { rowsOf, type StageContext } from "../stage-context";
import { dropOrphanedLinks } from "./settle-stage";

interface Conflict {
  readonly key: string;
  readonly reason: string;
}

/**
 * Usernames that would collide after this run: names taken by its creates, updates and restores, against those names
 * and the ones that stay as they are. Two people may swap, and one may take over a leaver's name. The incumbent stays;
 * newcomers are rejected, and without an incumbent all of them, naming each other. A record that landed is a newcomer
 * too.
 */
const usernameConflicts = (context: StageContext): string => `
  with taken as (
    select c.key, mirror.canonical(coalesce(c.new ->> 'username', m.username)) as name
    from changes c
    left join mirror.users m on m.source = $1 and m.key = c.key
    where c.entity = 'users' and not c.held
      and (c.kind in ('create', 'restore')
        or (c.kind = 'update' and c.new ? 'username' and mirror.canonical(c.new ->> 'username') <> m.unique_name))
  ),
  newcomers as (
    select key, name from taken
    union
    select m.key, m.unique_name
    from mirror.users m
    where ${isNewcomer(context, "users")} and m.source = $1 and m.tombstoned_at is null
      and m.unique_name in (select name from taken)
      and not exists (select from taken t where t.key = m.key)
      and not exists (
        select from changes c where c.entity = 'users' and c.key = m.key and c.kind = 'tombstone' and not c.held)
  ),
  incumbents as (
    select m.key, m.unique_name as name
    from mirror.users m
    where m.source = $1 and m.tombstoned_at is null
      and m.unique_name in (select name from newcomers)
      and not exists (select from newcomers n where n.key = m.key)
      and not exists (
        select from changes c where c.entity = 'users' and c.key = m.key and c.kind = 'tombstone' and not c.held)
  ),
  claims as (
    select name, array_agg(key order by key collate "C") as newcomers, count(*) as wanted from newcomers group by name
  )
  select n.key,
         case when i.key is not null then 'its \`username\` is held by users/' || i.key
              else 'its \`username\` is also that of ' || (
                select string_agg('users/' || other, ', ' order by other collate "C")
                from (select other from unnest(k.newcomers[1:6]) other where other <> n.key limit 5) others)
                || case when k.wanted > 6 then ' and ' || k.wanted - 6 || ' more' else '' end
         end as reason
  from newcomers n
  join claims k using (name)
  left join incumbents i using (name)
  where i.key is not null or k.wanted > 1`;

/**
 * Orgs changed or landed by this run whose parents, as they would be after it, lead back to themselves. An org that is
 * gone ends every path.
 */
const parentCircles = (context: StageContext): string => `
  with recursive parents as materialized (
    select o.key, case when c.new ? 'parent' then c.new ->> 'parent' else o.parent end as parent
    from mirror.orgs o
    left join changes c on c.entity = 'orgs' and c.key = o.key and not c.held
    where o.source = $1 and (o.tombstoned_at is null or c.kind = 'restore') and c.kind is distinct from 'tombstone'
    union all
    select c.key, c.new ->> 'parent' from changes c where c.entity = 'orgs' and c.kind = 'create' and not c.held
  ),
  walk as (
    select c.key as start, p.parent as at
    from changes c join parents p using (key)
    where c.entity = 'orgs' and (c.kind in ('create', 'restore') or c.new ? 'parent') and not c.held and p.parent is not null
    union
    select m.key, p.parent from mirror.orgs m join parents p using (key)
    where ${isNewcomer(context, "orgs")} and m.source = $1 and p.parent is not null
    union
    select w.start, p.parent from walk w join parents p on p.key = w.at where p.parent is not null
  )
  select start as key, 'its \`parent\` leads back to itself' as reason from walk where start = at`;

/** Records that could not be as the change set would have them. */
export const findConflicts = (context: StageContext, entity: "users" | "orgs"): Promise<readonly Conflict[]> =>
  rowsOf<Conflict & Record<string, unknown>>(
    context,
    entity === "users" ? usernameConflicts(context) : parentCircles(context),
    [context.source],
  );

/**
 * Turns changes that cannot stand beside each other into rejects: their records keep their old state, but for who may not sign in
 * any more. Repeats until nothing conflicts, for a rejected rename keeps a name that somebody else may want.
 */
export async function rejectConflicts(context: StageContext, streams: readonly Stream[]): Promise<void> {
  if (!context.contents.hasChanges && context.landed.size === 0) return;
  await context.contents.analyze(context, "changes");
  for (const [entity, code] of [
    ["users", "MAP031"],
    ["orgs", "MAP032"],
  ] as const) {
    const stream = streams.find(({ into }) => into === entity)?.name ?? entity;
    let conflicts: readonly Conflict[];
    do {
      conflicts = await findConflicts(context, entity);
      if (conflicts.length > 0) await reject(context, entity, stream, code, conflicts);
    } while (conflicts.length > 0);
  }
}

async function reject(
  context: StageContext,
  entity: "users" | "orgs",
  stream: string,
  code: string,
  conflicts: readonly Conflict[],
): Promise<void> {
  const keys = conflicts.map((conflict) => conflict.key);
  await context.client.query(
    `insert into stage_rejects (stream, entity, record, key, field, code, reason, page)
     select $1, $2, c.key, c.key, $3, $4, c.reason,
            case when exists (select from stage_${entity} s where s.key = c.key)
                   or exists (select from mirror.${entity} m where m.source = $7 and m.key = c.key
                                and (${isMet(entity)} or ${isLanded(context, entity)})) then 0 else -1 end
     from unnest($5::text[], $6::text[]) as c (key, reason)`,
    [
      stream,
      entity,
      entity === "users" ? "username" : "parent",
      code,
      keys,
      conflicts.map((conflict) => conflict.reason),
      context.source,
    ],
  );
  // That somebody may not sign in any more stands beside anything.
  await context.client.query(
    `update changes
     set cause = 'rejected', old = jsonb_build_object('status', old -> 'status'), new = jsonb_build_object('status', new -> 'status')
     where entity = $1 and key = any ($2) and kind = 'update' and new ->> 'status' = any ($3)
       and not exists (select from mirror.${entity} m where m.source = $4 and m.key = changes.key and ${isNewcomer(context, entity)})`,
    [entity, keys, INACTIVE, context.source],
  );
  await context.client.query(
    `delete from changes
     where (entity = $1 and key = any ($2) and kind in ('create', 'update', 'restore') and cause <> 'rejected')
        or (owner = any ($2) and starts_with(origin, $3) and kind = 'revoke' and not held)`,
    [entity, keys, `${stream}.`],
  );
  await withdrawLanded(context, entity, "select unnest($2::text[])", [keys]);
  await context.client.query(`delete from stage_${entity} where key = any ($1)`, [keys]);
  await dropOrphanedLinks(context, entity, stream);
}
