import type { PoolClient } from "pg";
import { Failure } from "../../domain/errors";
import type { CreateAdministrator, LocalAdministrator } from "../../domain/local-access";
import { LOCAL_SOURCE } from "../../domain/login";
import type { Database } from "../database";
import { endGrants } from "../end-grants";
import { writeCommandAudit } from "../write-command-audit";
import { refusePast } from "./refuse-past";

const ADMINISTRATOR = `
  select u.key as name, u.created_at as "createdAt", u.valid_until as "validUntil", l.mirror_at as "lastLogin",
         (select coalesce(array_agg(r.role_key order by r.role_key), '{}') from mirror.user_roles r
          where r.source = u.source and r.user_key = u.key and r.effective) as roles
  from mirror.users u
  left join login.last_logins l on l.source = u.source and l.key = u.key
  where u.source = $1 and u.tombstoned_at is null`;

/** Administrators that are made here: people of a source of their own, which no job reads and nobody is asked about. */
export class AdministratorStore {
  constructor(private readonly database: Database) {}

  async list(): Promise<readonly LocalAdministrator[]> {
    return this.database.withClient(async (client) => {
      const { rows } = await client.query<LocalAdministrator>(`${ADMINISTRATOR} order by u.key`, [LOCAL_SOURCE]);
      return rows;
    });
  }

  /**
   * @param hash of the password, bound to the local id that it is given
   * @throws Failure USE004 for a name that is taken, and for an end that is past
   */
  async create(
    { name, roles, until, by, reason }: Omit<CreateAdministrator, "password">,
    hash: (id: string) => Promise<string>,
  ): Promise<LocalAdministrator> {
    return this.database.transaction(async (client) => {
      await refusePast(client, until, "the administrator");
      await client.query(
        `insert into sync.sources (source, first_complete_at, last_complete_at) values ($1, now(), now())
         on conflict (source) do update
         set first_complete_at = coalesce(sync.sources.first_complete_at, now()), last_complete_at = now(), retired_at = null`,
        [LOCAL_SOURCE],
      );
      const id = await insertPerson(client, name, until);
      const told = { source: LOCAL_SOURCE, key: name, cause: "administrator", actor: by, reason };
      const given = [...new Set(roles)];
      await writeCommandAudit(client, [
        { ...told, entity: "users", kind: "create", new: { status: "active" } },
        ...given.map((role) => ({ ...told, ...linkOf(role), kind: "grant" as const })),
      ]);
      for (const role of given) {
        await client.query(
          `insert into mirror.roles (source, key, name, privileged, created_at, updated_at, last_run)
           values ($1, $2, $2, true, now(), now(), 0) on conflict (source, key) do nothing`,
          [LOCAL_SOURCE, role],
        );
        await client.query(
          `insert into mirror.user_roles (source, user_key, role_key, origin, owner_key, effective, since, last_run)
           values ($1, $2, $3, 'administrator', $2, true, now(), 0)`,
          [LOCAL_SOURCE, name, role],
        );
      }
      await client.query("insert into login.verifiers (source, key, hash, vouched_at) values ($1, $2, $3, now())", [
        LOCAL_SOURCE,
        name,
        await hash(id),
      ]);
      const { rows } = await client.query<LocalAdministrator>(`${ADMINISTRATOR} and u.key = $2`, [LOCAL_SOURCE, name]);
      const [made] = rows;
      if (made === undefined) throw new Error(`the administrator ${name} vanished as soon as it was made`);
      return made;
    });
  }

  /** Ends the sessions too. @throws Failure USE003 for nobody of that name */
  async remove({ name, by, reason }: { name: string; by: string; reason: string | null }): Promise<void> {
    await this.database.transaction(async (client) => {
      const gone = await client.query<{ id: string }>(
        `update mirror.users set tombstoned_at = now(), updated_at = now(), version = version + 1
         where source = $1 and key = $2 and tombstoned_at is null returning id::text as id`,
        [LOCAL_SOURCE, name],
      );
      const [person] = gone.rows;
      if (person === undefined)
        throw new Failure("USE003", `there is no administrator \`${name}\``, {
          fix: "see who there is: understudy admin list",
        });
      for (const table of ["verifiers", "sessions", "last_logins"])
        await client.query(`delete from login.${table} where source = $1 and key = $2`, [LOCAL_SOURCE, name]);
      // They counted against the old password: an administrator who is made again has another one, and must get in.
      await client.query(
        "delete from login.failures where source = $1 and kind = 'login' and subject = int8send($2::bigint)",
        [LOCAL_SOURCE, person.id],
      );
      const { rows } = await client.query<{ role_key: string }>(
        "delete from mirror.user_roles where source = $1 and user_key = $2 returning role_key",
        [LOCAL_SOURCE, name],
      );
      const told = { source: LOCAL_SOURCE, key: name, cause: "administrator", actor: by, reason };
      await writeCommandAudit(client, [
        { ...told, entity: "users", kind: "tombstone" },
        ...rows.map(({ role_key: role }) => ({ ...told, ...linkOf(role), kind: "revoke" as const })),
      ]);
      // The name may be somebody else's next.
      await endGrants(client, { source: LOCAL_SOURCE, user: name }, { cause: "administrator", by, reason });
    });
  }
}

const linkOf = (role: string) => ({ entity: "user_roles", related: role, origin: "administrator" });

/** @returns the local id; an administrator who was removed and is made again has the same one */
async function insertPerson(client: PoolClient, name: string, until: string | null): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into mirror.users as u (source, key, username, status, realm, valid_until, created_at, updated_at, last_run)
     values ($1, $2, $2, 'active', $1, $3, now(), now(), 0)
     on conflict (source, key) do update
     set tombstoned_at = null, status = 'active', valid_until = excluded.valid_until, created_at = now(), updated_at = now(),
         version = u.version + 1
     where u.tombstoned_at is not null
     returning u.id::text as id`,
    [LOCAL_SOURCE, name, until],
  );
  const [made] = rows;
  if (made !== undefined) return made.id;
  throw new Failure("USE004", `there is an administrator \`${name}\` already; nothing was done`, {
    fix: `to give another password, remove and make them anew: understudy admin remove ${name}`,
  });
}
