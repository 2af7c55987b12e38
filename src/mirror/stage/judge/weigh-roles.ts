import { DAYS_LOOKED_BACK, type RoleGrowth } from "../../../domain/weighing";
import { affected, rowsOf, type StageContext } from "../stage-context";
import { STATED } from "../stage-tables";
import { originOf } from "../supposed-origin";
import { COMPLETE_ONCE, wasComplete } from "../was-complete";

/** Links that somebody who returns, or whose role does, had when they went. What was stated since then they never had. */
const hadBefore = (context: StageContext, entity: "users" | "roles"): string => `
  select t.user_key, t.role_key, t.org_key, ${originOf(context, "t.origin")}, t.owner_key
  from changes n
  join mirror.${entity} gone on gone.source = $1 and gone.key = n.key
  join mirror.user_roles t on t.source = $1 and t.${entity === "users" ? "user_key" : "role_key"} = n.key and t.since <= gone.tombstoned_at
  where n.entity = '${entity}' and n.kind = 'restore'`;

/**
 * Grants that give somebody a role for the first time: newly stated, or alive because one of their ends is, or was and
 * was held then. Somebody who returns, or whose role does, only has what they had. The source is `$1`.
 */
export const newHolders = (
  context: StageContext,
): string => `(kind = 'grant' and effective and entity = 'user_roles' and (${STATED}
  or (changes.key, related, scope, origin, owner) not in (${hadBefore(context, "users")} union all ${hadBefore(context, "roles")})))`;

/** Somebody who holds a role by another link already does not come to hold it. */
const gained = (context: StageContext, which: string): string => `
  gained as (
    select distinct related as role, key as person, scope
    from changes
    where ${newHolders(context)} and ${which} and not exists (
      select from mirror.user_roles t
      where t.source = $1 and t.user_key = changes.key and t.role_key = changes.related and t.org_key = changes.scope
        and t.effective)
  )`;

const PRIVILEGED = `(coalesce(m.privileged, false) or exists (
  select from changes r where r.entity = 'roles' and r.key = g.role and r.new -> 'privileged' = 'true'))`;

/** What each role would gain by this run, also by people who are held themselves; nothing before a source was complete once. */
export async function weighRoles(context: StageContext): Promise<readonly RoleGrowth[]> {
  if (!context.contents.hasChanges || !(await wasComplete(context))) return [];
  const people = (await context.before()).records.users;
  const rows = await rowsOf<Record<string, unknown> & RoleRow>(
    context,
    `with ${gained(context, "true")},
     counted as (
       select role, count(*) as gained,
              count(*) filter (where not exists (
                select from changes n where n.entity = 'users' and n.key = g.person and n.kind in ('create', 'restore'))) as known
       from gained g group by role
     )
     select g.role, g.gained, g.known as "gainedByKnown",
            coalesce(m.name, (select r.new ->> 'name' from changes r where r.entity = 'roles' and r.key = g.role and r.kind = 'create')) as name,
            ${PRIVILEGED} as privileged,
            (select count(distinct (t.user_key, t.org_key)) from mirror.user_roles t
              where t.source = $1 and t.role_key = g.role and t.effective) as holders,
            coalesce((select sum(n.count) from sync.new_holders n
              where n.source = $1 and n.role = g.role and n.at > now() - interval '${DAYS_LOOKED_BACK} days'), 0) as "gainedBefore"
     from counted g left join mirror.roles m on m.source = $1 and m.key = g.role
     order by g.role collate "C"`,
    [context.source],
  );
  return rows.map(({ gainedBefore, ...row }) => ({ ...row, people, gainedBefore: Number(gainedBefore) }));
}

interface RoleRow extends Omit<RoleGrowth, "people" | "gainedBefore"> {
  /** A numeric sum, which arrives as text. */
  readonly gainedBefore: string;
}

/**
 * New holders of privileged roles, for the limit over seven days; holders that a person let through do not count, nor
 * does a first load. Comes before the links are written.
 */
export async function keepNewHolders(context: StageContext): Promise<void> {
  const { source, run } = context;
  await affected(
    context,
    `with ${gained(context, "not held and not released")}
     insert into sync.new_holders (source, role, run, at, count)
     select $1, g.role, $2, sync.moment(), count(*)
     from gained g left join mirror.roles m on m.source = $1 and m.key = g.role
     where ${PRIVILEGED}
       and exists (${COMPLETE_ONCE})
     group by g.role`,
    [source, run],
  );
}
