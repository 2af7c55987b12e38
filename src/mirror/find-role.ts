import type { Knex } from "knex";
import type { WhoAnswer } from "../domain/audit";
import { canonicalName } from "../domain/canonical-name";
import { Failure } from "../domain/errors";
import { suggestion } from "../domain/suggest";

/** Every name that a role has or had; a role that is gone is told by the audit, however little the mirror keeps of it. */
const NAMES = `
  select key, name, tombstoned_at is null as live, true as latest
  from mirror.roles
  where source = :source
  union
  select sync.current_key(:source, 'roles', e.key, e.at), told.name, false, false
  from audit.entries e
  cross join lateral (values (e.old ->> 'name'), (e.new ->> 'name')) as told (name)
  where e.source = :source and e.entity = 'roles' and told.name is not null`;

/** Roles that had this key before it was renamed, by the keys they have now. */
const RENAMED_FROM = `
  select sync.current_key(:source, 'roles', :meant, at - interval '1 microsecond') as key
  from sync.rekeys
  where source = :source and entity = 'roles' and old_key = :meant`;

interface NameRow {
  readonly key: string;
  readonly name: string;
  readonly live: boolean;
  /** As the mirror has it. */
  readonly latest: boolean;
}

/** More than this many are not listed to somebody who mistyped one. */
const LISTED = 12;

/**
 * The role that a person means: by its key, or by a key of before a rekey or a name, in any case, that no other role has or had. Roles
 * that are gone count too: a name that was given again must not hide who held the role that had it before.
 *
 * @throws Failure USE003
 */
export async function findRole(knex: Knex, source: string, meant: string): Promise<WhoAnswer["role"]> {
  const { rows } = await knex.raw<{ rows: NameRow[] }>(NAMES, { source });
  const name = canonicalName(meant);
  const byName = rows.filter((row) => canonicalName(row.name) === name).map((row) => row.key);
  const keys = rows.some((row) => row.key === meant)
    ? [meant]
    : [...new Set([...byName, ...(await renamedFrom(knex, source, meant))])].sort();
  const [key] = keys;
  if (key === undefined) throw unknownRole(source, meant, rows);
  if (keys.length > 1) throw severalRoles(source, meant, keys, rows);
  return { key, name: latestName(key, rows) };
}

async function renamedFrom(knex: Knex, source: string, meant: string): Promise<readonly string[]> {
  const { rows } = await knex.raw<{ rows: { key: string }[] }>(RENAMED_FROM, { source, meant });
  return rows.map(({ key }) => key);
}

const latestName = (key: string, rows: readonly NameRow[]): string | null => {
  const own = rows.filter((row) => row.key === key);
  return (own.find((row) => row.latest) ?? own[0])?.name ?? null;
};

function unknownRole(source: string, meant: string, rows: readonly NameRow[]): Failure {
  const live = rows.filter((row) => row.live).map(({ key, name }) => (key === name ? key : `${name} (${key})`));
  const known =
    live.length === 0 || live.length > LISTED ? "give its key, or its whole name" : `known: ${live.sort().join(", ")}`;
  return new Failure("USE003", `\`${source}\` has no role \`${meant}\`, and never had one`, {
    fix: suggestion(meant, [...rows.map((row) => row.name), ...rows.map((row) => row.key)], null) ?? known,
  });
}

function severalRoles(source: string, meant: string, keys: readonly string[], rows: readonly NameRow[]): Failure {
  const isLive = (key: string): boolean => rows.some((row) => row.key === key && row.live);
  const told = keys.map((key) => (isLive(key) ? key : `${key} (gone)`)).join(", ");
  return new Failure("USE003", `several roles of \`${source}\` have or had the name \`${meant}\`: ${told}`, {
    fix: "name one by its key",
  });
}
