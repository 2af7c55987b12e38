/** What the mirror says at a moment: its records, and which of its links have effect. */
import type { JsonObject } from "../../src/domain/json";
import type { World } from "./world";

export interface Snapshot {
  readonly at: string;
  readonly records: ReadonlyMap<string, RecordThen>;
  readonly links: ReadonlySet<string>;
}

export interface RecordThen {
  readonly entity: string;
  readonly key: string;
  readonly live: boolean;
  readonly values: JsonObject;
  readonly attributes: JsonObject;
}

const OWN = ["id", "source", "key", "attributes", "version", "created_at", "updated_at", "tombstoned_at", "last_run"];
const OTHERS = ["realm", "unique_name"];
const RECORDS_NOW = ["users", "roles", "permissions", "orgs"]
  .map(
    (entity) => `select '${entity}' as entity, key, tombstoned_at is null as live, attributes,
      to_jsonb(m) - array[${[...OWN, ...OTHERS].map((name) => `'${name}'`).join(", ")}] as values
      from mirror.${entity} m where source = 'acme'`,
  )
  .join(" union all ");
const LINKS_NOW = `
  select distinct jsonb_build_array(kind, l, r, nullif(scope, ''))::text as link from (
    select 'user_roles' as kind, user_key as l, role_key as r, org_key as scope from mirror.user_roles where effective
    union all select 'user_roles', user_key, role_key, org_key from mirror.local_grants
      where effective and ended_at is null and (expires_at is null or expires_at > now())
    union all select 'user_orgs', user_key, org_key, '' from mirror.user_orgs where effective
    union all select 'role_permissions', role_key, permission_key, '' from mirror.role_permissions where effective) now`;

export async function look(world: World): Promise<Snapshot> {
  const records = await world.sql<RecordThen & Record<string, unknown>>(RECORDS_NOW);
  const links = await world.sql<{ link: string }>(LINKS_NOW);
  const [{ at } = { at: "" }] = await world.sql<{ at: string }>("select clock_timestamp() as at");
  // Whatever is written from here on is of a later millisecond.
  await world.sql("select pg_sleep(0.003)");
  return {
    at,
    records: new Map(records.map((record) => [`${record.entity} ${record.key}`, record])),
    links: new Set(links.map(({ link }) => link)),
  };
}
