import type { Knex } from "knex";
import type { RoleHolder, WhoAnswer } from "../domain/audit";
import type { AuditEntry } from "../domain/changes";
import type { EntityName } from "../domain/entities";
import { afterMillisecond, type Bounds, boundsOf, refuseUnknowable } from "./audit-bounds";
import { calledBy } from "./called-by";
import { type EntryRow, entryOf } from "./entry-row";
import { findRole } from "./find-role";
import { ofUsers } from "./of-users";

/**
 * The person or record that had the key when an entry was written has this one now. Few sources ever have a key
 * renamed.
 */
const keyNow = (column: string, entity: EntityName): string =>
  `case when exists (select from sync.rekeys where source = :source and entity = '${entity}')
     then sync.current_key(:source, '${entity}', ${column}, e.at) else ${column} end`;

/**
 * Everything that was written of a person, under whichever key. One who asks by a key that nobody has any more means who had
 * it last.
 */
const OF_PERSON = `
  with person as (
    select case when gone.at is null or exists (select from mirror.users where source = :source and key = :key) then :key
                else sync.current_key(:source, 'users', :key, gone.at - interval '1 microsecond') end as key
    from (select max(at) as at from sync.rekeys where source = :source and entity = 'users' and old_key = :key) gone
  )
  select e.*
  from person
  cross join lateral sync.keys_of(:source, 'users', person.key) had
  join audit.entries e on e.source = :source and e.key = had.key and e.at >= had.since and e.at < had.until
  where ${ofUsers("e.entity")} and e.at >= coalesce(:since::timestamptz, '-infinity')
  order by e.at, e.id`;

/**
 * Who held a role at a moment. A role may be stated by several origins and owners, each of which grants and revokes for itself:
 * it is held while more was granted than revoked, and since the grant that made it so.
 */
const HOLDERS = `
  with written as (
    select ${keyNow("e.key", "users")} as key, ${keyNow("e.scope", "orgs")} as scope,
           e.at, e.id, e.kind, e.run, e.cause, e.actor, e.reason
    from sync.keys_of(:source, 'roles', :role) role
    join audit.entries e on e.source = :source and e.related = role.key and e.at >= role.since and e.at < role.until
    -- The second condition names the partial index that serves the join.
    where e.entity = 'user_roles' and e.related <> '' and e.at < :until
    union all
    -- A role that was given until a moment ends then, whenever that is written down.
    select user_key, org_key, expires_at, 0, 'revoke', 0, 'expired', granted_by, reason
    from mirror.local_grants
    where source = :source and role_key = :role and effective and ended_at is null
      and expires_at <= now() and expires_at < :until
  ),
  told as (
    select *, sum(case kind when 'grant' then 1 else -1 end) over (partition by key, scope order by at, id) as stated
    from written
  ),
  ended as (
    select *, first_value(stated) over (partition by key, scope order by at desc, id desc) as finally from told
  )
  select distinct on (told.key, told.scope)
         told.key, coalesce(u.display_name, u.username) as name, ${calledBy("u")} as "calledBy", nullif(told.scope, '') as org,
         told.at as since, told.run, told.cause, told.actor, told.reason
  from ended told
  left join mirror.users u on u.source = :source and u.key = told.key
  where told.kind = 'grant' and told.stated = 1 and told.finally > 0
  order by told.key, told.scope, told.at desc, told.id desc`;

/** Reads what was written about changes; writing is part of applying them. */
export class AuditStore {
  constructor(private readonly knex: Knex) {}

  /**
   * Everything that happened to one person and to what they hold, oldest first, also under the keys they had before.
   *
   * @param since RFC 3339; what was before is left out
   */
  async ofUser(source: string, key: string, since: string | null): Promise<readonly AuditEntry[]> {
    const { rows } = await this.knex.raw<{ rows: EntryRow[] }>(OF_PERSON, { source, key, since });
    return rows.map(entryOf);
  }

  /** From when on the audit is whole; null while no month was dropped. */
  async keptSince(): Promise<string | null> {
    const { rows } = await this.knex.raw<{ rows: { since: string | null }[] }>("select audit.kept_since() as since");
    return rows[0]?.since ?? null;
  }

  /**
   * Who held a role, from what the audit tells of grants and revokes alone.
   *
   * @param role its key, or a name that no other role has or had
   * @param at RFC 3339; null means now
   * @throws Failure USE003 for a role nobody knows, or two of that name; USE005 for a moment the audit cannot speak of
   */
  async who(source: string, role: string, at: string | null): Promise<WhoAnswer> {
    const bounds = await boundsOf(this.knex, source);
    const moment = at === null ? bounds.now : new Date(at).toISOString();
    refuseUnknowable(source, moment, bounds, "--at");
    const found = await findRole(this.knex, source, role);
    const everybody = await this.knex("mirror.default_roles").where({ source, role_key: found.key }).first();
    const holders = await this.knex.raw<{ rows: RoleHolder[] }>(HOLDERS, {
      source,
      role: found.key,
      until: afterMillisecond(moment),
    });
    return {
      source,
      role: found,
      at: moment,
      holders: holders.rows,
      note: noteOn(source, moment, { ...bounds, everybody: everybody !== undefined }),
    };
  }
}

/** Why the answer may not be the whole truth. */
function noteOn(
  source: string,
  moment: string,
  { everybody, ...bounds }: Bounds & { readonly everybody: boolean },
): string | null {
  const { first_complete_at: complete, retired_at: retired } = bounds;
  if (complete === null) return `\`${source}\` was never read completely: others may hold it too`;
  if (moment < complete)
    return `\`${source}\` was first read completely at ${complete}: until then others may have held it too`;
  if (retired !== null && moment >= retired)
    return `\`${source}\` was retired at ${retired}: this is what was so until then; nothing was read since`;
  if (everybody)
    return `everybody of \`${source}\` holds it now, for its job names it in \`defaultRoles\`; since when, the file's history tells`;
  return null;
}
