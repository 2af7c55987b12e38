import { affected, rowsOf, type StageContext } from "../stage-context";

/**
 * Roles given here lose their effect with the person or the role, and get it back with them; the audit tells both. Comes after
 * the changes were applied.
 */
export async function settleLocalGrants(context: StageContext, actor: string, reason: string | null): Promise<void> {
  const standing = await context.client.query(
    "select from mirror.local_grants where source = $1 and ended_at is null limit 1",
    [context.source],
  );
  if (standing.rowCount === 0) return;
  const lives = (entity: "users" | "roles", key: string): string =>
    `exists (select from mirror.${entity} m where m.source = g.source and m.key = g.${key} and m.tombstoned_at is null)`;
  const touched = (entity: "users" | "roles", key: string): string =>
    `g.${key} in (select c.key from changes c where c.entity = '${entity}' and not c.held and c.kind in ('create', 'restore', 'tombstone'))`;
  await context.client.query(
    `with settled as (
       update mirror.local_grants g set effective = not g.effective
       where g.source = $1 and g.ended_at is null
         and (${touched("users", "user_key")} or ${touched("roles", "role_key")})
         and g.effective <> (${lives("users", "user_key")} and ${lives("roles", "role_key")})
       returning g.*
     )
     insert into audit.entries (at, run, source, entity, key, related, scope, origin, kind, cause, actor, reason)
     select sync.moment(), $2, $1, 'user_roles', user_key, role_key, org_key, 'local',
            case when effective then 'grant' else 'revoke' end,
            case when effective then 'end-returned' else 'end-gone' end, $3, $4
     from settled order by user_key, role_key, org_key`,
    [context.source, context.run, actor, reason],
  );
}

/** Roles that everybody of the source holds are those that its job names at a run. */
export async function keepDefaultRoles(context: StageContext, roles: readonly string[]): Promise<void> {
  await affected(
    context,
    `with gone as (delete from mirror.default_roles where source = $1 and role_key <> all ($2::text[]))
     insert into mirror.default_roles (source, role_key) select $1, role from unnest($2::text[]) as named (role)
     on conflict do nothing`,
    [context.source, [...new Set(roles)]],
  );
}

/** Of these keys those that no role of the source has once the run's changes are written. */
export async function missingRoles(context: StageContext, keys: readonly string[]): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const rows = await rowsOf<{ key: string }>(
    context,
    `select named.key
     from unnest($2::text[]) with ordinality as named (key, place)
     left join changes c
       on c.entity = 'roles' and c.key = named.key and not c.held and c.kind in ('create', 'restore', 'tombstone')
     where not coalesce(c.kind <> 'tombstone', exists (
       select from mirror.roles m where m.source = $1 and m.key = named.key and m.tombstoned_at is null))
     order by named.place`,
    [context.source, keys],
  );
  return rows.map(({ key }) => key);
}
