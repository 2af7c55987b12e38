import type { ClientBase } from "pg";

/** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await commit(client);
    return result;
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}

export async function commit(client: ClientBase): Promise<void> {
  const { command } = await client.query("commit");
  // A failed statement that somebody passed over turns COMMIT into a silent ROLLBACK.
  if (command !== "COMMIT") throw new Error("a transaction was committed after one of its statements had failed");
}

/** A connection that is gone has rolled back already. */
export const rollBack = (client: ClientBase): Promise<unknown> => client.query("rollback").catch(() => undefined);
