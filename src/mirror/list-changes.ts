import type { Knex } from "knex";
import type { ClientBase } from "pg";
import type { AccessChange } from "../domain/answers";
import type { Change } from "../domain/changes";
import { LINK_ENDS, LINK_KINDS, type LinkKind } from "../domain/entities";
import { bySets } from "./by-sets";
import { calledBy } from "./called-by";
import { canSignInBy } from "./can-sign-in";
import { type ChangeRow, changeOf } from "./change-row";
import { quotedList } from "./quoted-list";
import { andScope, LINK_COLUMNS, scopeOf } from "./stage/stage-tables";

/** From so many changes on they are joined as sets. */
const MANY = 1_000;

const effectiveNow = (kind: LinkKind): string => {
  const { left, right } = LINK_COLUMNS[kind];
  return `(select count(*) from mirror.${kind} t
         where t.source = :source and t.${left} = key and t.${right} = related
           ${andScope(kind, "t", "scope")} and t.effective)${kind === "user_roles" ? ` + ${GIVEN_HERE}` : ""}`;
};

/** Roles that we give: no change of the set tells of them, so those that a grant gives turn below, and those of everybody go with their person. */
const GIVEN_HERE = `(
         select count(*) from mirror.held_roles(:source, linked.key) given
         where given.role_key = linked.related and given.org_key = linked.scope
           and (given.given = 'local' or given.given = 'default'
             and exists (select from mirror.users u where u.source = :source and u.key = linked.key and u.tombstoned_at is null)
             and exists (select from mirror.roles r where r.source = :source and r.key = linked.related and r.tombstoned_at is null)
             and linked.key not in (select c.key from change c where c.kind = 'tombstone' and c.entity = 'users')))`;

const endingNow = (kind: LinkKind): string => {
  const { left, right } = LINK_COLUMNS[kind];
  return `select '${kind}', t.${left}, t.${right}, ${scopeOf(kind, "t")}, 'end', true
    from change c join mirror.${kind} t on t.source = :source and t.${right} = c.key and t.effective
    where c.entity = '${LINK_ENDS[kind].right}' and c.kind = 'tombstone' and c.held`;
};

const lives = (entity: "users" | "roles", key: string): string =>
  `('${entity}', g.${key}, exists (select from mirror.${entity} m where m.source = :source and m.key = g.${key} and m.tombstoned_at is null))`;

/** Grants that lose or get back their effect with their person or role, as `settleLocalGrants` will do it. */
const GRANTS_TURNING = `
  select 'user_roles', g.user_key, g.role_key, g.org_key, case when g.effective then 'revoke' else 'grant' end,
         case when g.effective then bool_and(c.held) else bool_or(c.held) end
  from mirror.local_grants g
  cross join lateral (values ${lives("users", "user_key")}, ${lives("roles", "role_key")}) as of_grant (entity, key, lives)
  left join change c on c.entity = of_grant.entity and c.key = of_grant.key and c.kind in ('create', 'restore', 'tombstone')
  where g.source = :source and g.ended_at is null and (g.expires_at is null or g.expires_at > now())
  group by g.id
  having count(c.kind) > 0 and g.effective <> bool_and(coalesce(c.kind <> 'tombstone', of_grant.lives))`;

/** So it is with a role of everybody, when that is what goes or comes. */
const DEFAULTS_TURNING = `
  select 'user_roles', u.key, d.role_key, '',
         case when c.kind <> 'tombstone' then 'grant' when c.held then 'end' else 'revoke' end, c.held
  from change c
  join mirror.default_roles d on d.source = :source and d.role_key = c.key
  join mirror.users u on u.source = :source and u.tombstoned_at is null
  where c.entity = 'roles' and c.kind in ('create', 'restore', 'tombstone')`;

/** Who holds a role that a permission is given to or taken from, by a list or by us; as `mirror.held_roles` says of a person. */
const HOLDERS = `
  select role_key, user_key, org_key from mirror.user_roles
  where source = :source and effective and role_key in (select key from told_roles)
  union
  select role_key, user_key, org_key from mirror.local_grants
  where source = :source and effective and ended_at is null and (expires_at is null or expires_at > now())
    and role_key in (select key from told_roles)
  union
  select d.role_key, u.key, '' from mirror.default_roles d
  join mirror.users u on u.source = d.source and u.tombstoned_at is null
  where d.source = :source and d.role_key in (select key from told_roles)`;

/**
 * Who gains or loses what by a set of changes. Losses come first, then by name. What several origins state is held as long as one of
 * them does: it is gained with the first and lost with the last.
 *
 * With a role, permission or org whose end is held no link ends yet, nor is in the set: those that would are told as held with it.
 */
const accessBy = ({ changes, moment }: Pick<ChangeSet, "changes" | "moment">): string => `
  with change as (
    select * from (${changes}) as all_of_them where effective
  ),
  linked as (
    select entity, key, related, scope, kind, held from change where kind in ('grant', 'revoke')
    ${[...LINK_KINDS.map(endingNow), GRANTS_TURNING, DEFAULTS_TURNING].map((told) => `union all ${told}`).join("\n    ")}
  ),
  counted as (
    select entity, key, related, scope, coalesce(bool_or(held) filter (where kind <> 'end'), false) as held,
           count(*) filter (where kind = 'grant') as grants,
           count(*) filter (where kind = 'revoke') as revokes,
           count(*) filter (where kind = 'end') > 0 as ends,
           case entity ${LINK_KINDS.map((kind) => `when '${kind}' then ${effectiveNow(kind)}`).join("\n           ")} end as had
    from linked
    group by entity, key, related, scope
  ),
  links as (
    select *, had > 0 and had = revokes and grants = 0 as is_lost, had = 0 and grants > 0 as is_gained from counted
  ),
  people as (
    select c.key, c.held,
           c.kind in ('update', 'tombstone') and ${canSignInBy("c.old", "u", moment)} as was_active,
           c.kind <> 'tombstone' and ${canSignInBy("c.new", "u", moment)} as is_active
    from change c
    left join mirror.users u on u.source = :source and u.key = c.key
    where c.entity = 'users'
  ),
  access as (
    select 'user' as subject, key, case when was_active then 'loses' else 'gains' end as effect,
           'sign-in' as what, '' as target, '' as scope, held
    from people
    where was_active <> is_active
    union all
    select case entity when 'role_permissions' then 'role' else 'user' end, key,
           case when had = 0 and not ends then 'gains' else 'loses' end,
           case entity when 'user_roles' then 'role' when 'user_orgs' then 'organization' else 'permission' end, related, scope,
           held or (ends and not is_lost)
    from links
    where is_gained or is_lost or ends
  ),
  told_roles as (select distinct key from access where subject = 'role'),
  holding as (
    select role_key, count(distinct user_key) filter (where is_held) as before, count(distinct user_key) filter (where not is_lost) as after
    from (
      select h.role_key, h.user_key, true as is_held, coalesce(l.is_lost, false) as is_lost
      from (${HOLDERS}) h
      left join links l on l.entity = 'user_roles' and l.key = h.user_key and l.related = h.role_key and l.scope = h.org_key
      union all
      select related, key, false, false from links
      where entity = 'user_roles' and is_gained and related in (select key from told_roles)
    ) holders
    group by role_key
  ),
  named as (
    select key, new ->> 'display_name' as display_name, new ->> 'username' as username, new ->> 'name' as name, entity
    from change where kind = 'create'
  )
  select a.subject, a.key, a.effect, a.what, a.target, nullif(a.scope, '') as scope, a.held,
         case a.subject
           when 'role' then coalesce(subject_role.name, new_role.name)
           else coalesce(u.display_name, u.username, new_user.display_name, new_user.username)
         end as name,
         case when a.subject = 'user' then coalesce(${calledBy("u")}, ${calledBy("new_user")}) end as called_by,
         case a.what
           when 'role' then coalesce(r.name, new_target.name)
           when 'organization' then coalesce(o.name, new_target.name)
           when 'permission' then coalesce(p.name, new_target.name)
         end as target_name,
         case a.subject when 'role' then coalesce(case a.effect when 'gains' then holding.after else holding.before end, 0) end as holders,
         count(*) over () as total
  from access a
  left join mirror.users u on a.subject = 'user' and u.source = :source and u.key = a.key
  left join named new_user on a.subject = 'user' and new_user.entity = 'users' and new_user.key = a.key
  left join mirror.roles subject_role on a.subject = 'role' and subject_role.source = :source and subject_role.key = a.key
  left join named new_role on a.subject = 'role' and new_role.entity = 'roles' and new_role.key = a.key
  left join holding on a.subject = 'role' and holding.role_key = a.key
  left join mirror.roles r on a.what = 'role' and r.source = :source and r.key = a.target
  left join mirror.orgs o on a.what = 'organization' and o.source = :source and o.key = a.target
  left join mirror.permissions p on a.what = 'permission' and p.source = :source and p.key = a.target
  left join named new_target on new_target.key = a.target
    and new_target.entity = case a.what when 'role' then 'roles' when 'organization' then 'orgs' when 'permission' then 'permissions' end
  order by a.effect desc, name nulls last, a.key, a.what desc, a.target, a.scope
  limit :limit`;

interface AccessRow {
  readonly subject: "user" | "role";
  readonly key: string;
  readonly name: string | null;
  readonly called_by: "display_name" | "username" | null;
  readonly effect: AccessChange["effect"];
  readonly what: AccessChange["what"];
  readonly target: string;
  readonly target_name: string | null;
  readonly scope: string | null;
  readonly held: boolean;
  readonly holders: number | null;
  readonly total: number;
}

/** A set of changes, as a plan stored it or as the stage of a run holds it. */
export interface ChangeSet {
  readonly source: string;
  /** A query of them, with `:source` and `:plan`. */
  readonly changes: string;
  /** When they were judged, as SQL with the same names: a time that merely passes takes and gives nothing. */
  readonly moment: string;
  readonly plan: string | null;
  /** The session whose stage holds them. */
  readonly session: ClientBase | null;
}

export interface Listed<T> {
  readonly listed: readonly T[];
  readonly total: number;
}

/** @param limit null lists all */
export async function listAccess(knex: Knex, set: ChangeSet, limit: number | null): Promise<Listed<AccessChange>> {
  const rows = await aware(knex, set, (aware) => rowsOf<AccessRow>(aware, set, accessBy(set), limit));
  return {
    listed: rows.map((row) => ({
      source: set.source,
      subject: row.subject,
      user: row.key,
      name: row.name ?? row.key,
      calledBy: row.called_by,
      effect: row.effect,
      what: row.what,
      target: row.target,
      targetName: row.target_name,
      scope: row.scope,
      holders: row.holders,
      held: row.held,
    })),
    total: rows[0]?.total ?? 0,
  };
}

/**
 * Lets the planner know of a large set. It takes the changes of a plan or a hold that was just written for a single one, and would
 * look through all of them anew for each.
 */
async function aware<T>(knex: Knex, set: ChangeSet, ask: (knex: Knex) => Promise<T>): Promise<T> {
  const [{ count } = { count: 0 }] = await rowsOf<{ count: number }>(
    knex,
    set,
    `select count(*)::integer as count from (select from (${set.changes}) as all_of_them limit :limit) as some_of_them`,
    MANY,
  );
  if (count < MANY) return ask(knex);
  // A stage is in a transaction of its own.
  if (set.session !== null) return bySets(set.session, () => ask(knex));
  return knex.transaction((transaction) => bySets({ query: (sql) => transaction.raw(sql) }, () => ask(transaction)));
}

/** Records before links. @param limit null lists all */
export async function listChanges(knex: Knex, set: ChangeSet, limit: number | null): Promise<Listed<Change>> {
  const rows = await rowsOf<ChangeRow & { readonly held: boolean; readonly total: number }>(
    knex,
    set,
    `select *, count(*) over () as total from (${set.changes}) as all_of_them
     order by entity in (${quotedList(LINK_KINDS)}), entity, kind, key collate "C", related collate "C"
     limit :limit`,
    limit,
  );
  return { listed: rows.map((row) => ({ ...changeOf(row), held: row.held })), total: rows[0]?.total ?? 0 };
}

async function rowsOf<R>(
  knex: Knex,
  { source, plan, session }: ChangeSet,
  sql: string,
  limit: number | null,
): Promise<readonly R[]> {
  const query = knex.raw<{ rows: readonly R[] }>(sql, { source, plan, limit });
  return (await (session === null ? query : query.connection(session))).rows;
}
