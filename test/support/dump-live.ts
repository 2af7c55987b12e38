import type { World } from "./world";

/**
 * What the mirror answers from: its live records with their local ids, and the links that have effect, with who states them.
 * Left out is what the mirror keeps besides: tombstones and links without effect, which a record that was there for a while leaves
 * behind so that it may come back; and of the rows themselves their versions, times and runs.
 */
export async function dumpLive(world: World): Promise<unknown> {
  const [row] = await world.sql<{ dump: unknown }>(DUMP);
  return row?.dump;
}

const LEFT_OUT = "array['version', 'created_at', 'updated_at', 'last_run', 'since', 'tombstoned_at']";

const rowsOf = (table: string, condition: string): string =>
  `'${table}', (select coalesce(jsonb_agg(said order by said), '[]') from (
     select to_jsonb(t) - ${LEFT_OUT} as said from mirror.${table} t where ${condition}) rows)`;

const DUMP = `select jsonb_build_object(${[
  ...["users", "roles", "permissions", "orgs"].map((table) => rowsOf(table, "tombstoned_at is null")),
  ...["user_roles", "user_orgs", "role_permissions"].map((table) => rowsOf(table, "effective")),
].join(", ")}) as dump`;
