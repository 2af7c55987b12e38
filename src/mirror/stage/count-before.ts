import { ENTITY_NAMES, type EntityName, LINK_KINDS, type LinkKind } from "../../domain/entities";

/** What the mirror held of a source when a run began. */
export interface Before {
  /** Live ones. */
  readonly records: Readonly<Record<EntityName, number>>;
  readonly links: Readonly<Record<LinkKind, { readonly all: number; readonly dangling: number }>>;
}

const COUNTS = [
  ...ENTITY_NAMES.map(
    (entity) => `select '${entity}' as name, count(*) as "all", 0 as dangling
      from mirror.${entity} where source = $1 and tombstoned_at is null`,
  ),
  ...LINK_KINDS.map(
    (kind) => `select '${kind}', count(*), count(*) filter (where not effective) from mirror.${kind} where source = $1`,
  ),
].join(" union all ");

interface CountRow {
  readonly name: EntityName | LinkKind;
  readonly all: number;
  readonly dangling: number;
}

/**
 * Counts once what takes long to count. Only the holder of a source writes what belongs to it, so what the run itself writes is
 * all that has to be added.
 *
 * @param query one statement, with the source as its parameter
 */
export async function countBefore(
  query: (sql: string, parameters: readonly unknown[]) => Promise<{ readonly rows: readonly CountRow[] }>,
  source: string,
): Promise<Before> {
  const { rows } = await query(COUNTS, [source]);
  const of = (name: string) => {
    const row = rows.find((one) => one.name === name);
    return { all: row?.all ?? 0, dangling: row?.dangling ?? 0 };
  };
  const { all: orgs } = of("orgs");
  const { all: permissions } = of("permissions");
  const { all: roles } = of("roles");
  const { all: users } = of("users");
  return {
    records: { orgs, permissions, roles, users },
    links: { role_permissions: of("role_permissions"), user_orgs: of("user_orgs"), user_roles: of("user_roles") },
  };
}
