import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../../src/mirror/database";
import type { GROUPS } from "../../src/mirror/role-names";

export type Role = Exclude<keyof typeof GROUPS, "loader">;

const SCRIPT = join(__dirname, "..", "..", "deploy", "roles.sql");

/**
 * Does what a database administrator does for separate roles: the groups, and a login in each. They belong to the server, which
 * other tests use at the same time, and so they stay.
 *
 * @param database as a superuser
 * @param url of that database
 * @returns for each role what its processes have as DATABASE_URL
 */
export async function separateRoles(
  database: Pick<Database, "withClient">,
  url: string,
): Promise<Readonly<Record<Role, string>>> {
  const script = await readFile(SCRIPT, "utf8");
  await database.withClient(async (client) => {
    await client.query(script);
    await client.query(`do $$ begin
      perform pg_advisory_xact_lock(hashtext('understudy test logins'));
      if not exists (select from pg_roles where rolname = 'test_migrator') then
        create role test_migrator login password 'secret' in role understudy_migrator;
        alter role test_migrator set role = understudy_migrator;
        create role test_writer login password 'secret' in role understudy_writer;
        create role test_login login password 'secret' in role understudy_login;
        create role test_auditor login password 'secret' in role understudy_auditor;
      end if;
    end $$`);
  });
  const as = (role: Role) => Object.assign(new URL(url), { username: `test_${role}`, password: "secret" }).toString();
  return { migrator: as("migrator"), writer: as("writer"), login: as("login"), auditor: as("auditor") };
}
