import type { ClientBase } from "pg";

/**
 * Lets statements within a transaction join whole tables, whatever the planner takes them for. It knows nothing of what was just
 * written: it takes thousands of changes for a single one, and would look through all of another table for each.
 *
 * Only for tables that hold what changed. Of the mirror's own it would read all.
 */
export async function bySets<T>(client: Pick<ClientBase, "query">, work: () => Promise<T>): Promise<T> {
  await client.query("set local enable_nestloop = off");
  const result = await work();
  await client.query("set local enable_nestloop = on");
  return result;
}
