import type { ClientBase } from "pg";

/** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    const { command } = await client.query("commit");
    // A failed statement that `work` passed over turns COMMIT into a silent ROLLBACK.
    if (command !== "COMMIT") throw new Error("a transaction was committed after one of its statements had failed");
    return result;
  } catch (error) {
    // A connection that is gone has rolled back already.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
