/** A session within a transaction. */
interface Session {
  query(sql: string): PromiseLike<unknown>;
}

/**
 * Lets statements within a transaction join whole tables, whatever the planner takes them for. It knows nothing of what was just
 * written: it takes thousands of changes for a single one, and would look through all of another table for each.
 *
 * Only for tables that hold what changed. Of the mirror's own it would read all.
 */
export async function bySets<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query("set local enable_nestloop = off");
  const result = await work();
  await session.query("set local enable_nestloop = on");
  return result;
}
