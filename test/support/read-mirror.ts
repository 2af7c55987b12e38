import type { Entity, MirrorState } from "./mirror-model";
import type { World } from "./world";

/** What the mirror says, without those who landed by a first load and could not stand: nobody was ever told of them. */
export async function readMirror(world: World): Promise<MirrorState> {
  const [row] = await world.sql<{ records: unknown[]; links: unknown[] }>(READ_MIRROR);
  return row ?? { records: [], links: [] };
}

/** In an order of its own, for comparing. */
export const inOrder = ({ records, links }: MirrorState): MirrorState => ({
  records: sorted(records),
  links: sorted(links),
});

const sorted = (rows: readonly unknown[]): readonly unknown[] =>
  rows
    .map((row) => [JSON.stringify(row, sortedKeys), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);

const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const wasWithdrawn = (key: string, entity: string): string => `coalesce((
  select e.kind = 'tombstone' and e.cause = 'conflict' from audit.entries e
  where e.key = ${key} and e.entity = ${entity} order by e.at desc, e.id desc limit 1), false)`;
const recordsIn = (entity: Entity, values: readonly string[]): string => `
  select jsonb_build_object('entity', '${entity}', 'key', key, 'live', tombstoned_at is null, 'values',
    jsonb_build_object(${[...values, "attributes"].map((name) => `'${name}', ${name}`).join(", ")})) as said from mirror.${entity} m
  where not ${wasWithdrawn("m.key", `'${entity}'`)}`;
const linksIn = (kind: string, left: string, right: string, scope: string): string => `
  select jsonb_build_object('kind', '${kind}', 'left', ${left}, 'right', ${right}, 'scope', ${scope}, 'origin', origin,
    'owner', owner_key, 'effective', effective) as said from mirror.${kind} t
  where effective or not ${wasWithdrawn("t.owner_key", "split_part(t.origin, '.', 1)")}`;
const all = (...queries: string[]): string =>
  `(select coalesce(jsonb_agg(said), '[]') from (${queries.join(" union all ")}) all_of)`;

const READ_MIRROR = `select ${all(
  recordsIn("orgs", ["name", "parent"]),
  recordsIn("permissions", ["name"]),
  recordsIn("roles", ["name", "privileged"]),
  recordsIn("users", ["username", "status", "display_name"]),
)} as records, ${all(
  linksIn("user_roles", "user_key", "role_key", "org_key"),
  linksIn("user_orgs", "user_key", "org_key", "''"),
  linksIn("role_permissions", "role_key", "permission_key", "''"),
)} as links`;
