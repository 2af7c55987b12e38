import { ENTITY_NAMES, type Into, isEntity, LINK_KINDS } from "../../../domain/entities";
import type { StageContext } from "../stage-context";
import { LINK_COLUMNS } from "../stage-tables";

/** After so many changes the planner's picture of the tables is wrong until they are analyzed, and the next run slow. */
const MANY = 10_000;

/**
 * Comes after the commit: within the transaction it would keep other sources from analyzing until then. What is applied stays
 * applied, whatever becomes of this.
 *
 * @param changes how many were written
 * @param raw how many raw records were kept
 */
export async function analyzeAfterMany({ client }: StageContext, changes: number, raw: number): Promise<void> {
  try {
    if (changes >= MANY) await client.query(`analyze ${[...ENTITY_NAMES, ...LINK_KINDS].map(looked).join(", ")}`);
    if (raw >= MANY) await client.query("analyze sync.raw_records");
  } catch {
    // The database analyzes by itself, only later.
  }
}

/** The audit asks of every entry which key that of its time has become. Comes after the commit. */
export async function analyzeRekeys({ client }: Pick<StageContext, "client">): Promise<void> {
  await client.query("analyze sync.rekeys").catch(() => undefined);
}

/** A table with the columns by which the runs look for its rows; the others are left to the database, which takes its time. */
function looked(table: Into): string {
  const columns = isEntity(table)
    ? ["id", "source", "key", "tombstoned_at", ...(table === "users" ? ["realm", "unique_name"] : [])]
    : ["source", LINK_COLUMNS[table].left, LINK_COLUMNS[table].right, "origin", "owner_key", "effective"];
  return `mirror.${table} (${columns.join(", ")})`;
}

/** What landed is compared with what was staged, so the planner must know of it before. */
export async function analyzeLanded({ client, landed }: StageContext): Promise<void> {
  const tables = [...landed].flatMap(([entity, { links }]) => [
    entity,
    ...LINK_KINDS.filter((kind) => links[kind] > 0),
  ]);
  if (tables.length > 0) await client.query(`analyze ${[...new Set<Into>(tables)].map(looked).join(", ")}`);
}
