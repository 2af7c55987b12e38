import { setTimeout as delay } from "node:timers/promises";
import { isNativeError } from "node:util/types";
import type { ClientBase } from "pg";

/** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await commit(client);
    return result;
  } catch (error) {
    // A connection that is gone has rolled back already.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

export async function commit(client: ClientBase): Promise<void> {
  const { command } = await client.query("commit");
  // A failed statement that somebody passed over turns COMMIT into a silent ROLLBACK.
  if (command !== "COMMIT") throw new Error("a transaction was committed after one of its statements had failed");
}

/** Serialization failure, deadlock, and a lock that was waited for too long: the next time the others are through. */
const COLLISIONS: ReadonlySet<string> = new Set(["40001", "40P01", "55P03"]);

const ATTEMPTS = 5;
/** Before the second attempt, in milliseconds; doubled for each further one, and random below that. */
const PAUSE = 50;

/**
 * As `inTransaction`, done again from its beginning when it collided with another transaction: Postgres has rolled all of it
 * back. A lost connection is not for here: nobody knows then what became of the COMMIT.
 *
 * @param work may run several times, so it keeps nothing in memory that a second time would double
 */
export const inPatientTransaction = <T>(client: ClientBase, work: () => Promise<T>): Promise<T> =>
  patiently(() => inTransaction(client, work));

/** The last part of a transaction that is open: done again in the same way, while what came before it stays. */
export async function inPatientSavepoint<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("savepoint patient");
  return patiently(async () => {
    try {
      return await work();
    } catch (error) {
      await client.query("rollback to savepoint patient").catch(() => undefined);
      throw error;
    }
  });
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isCollision(error)) throw error;
    }
    await delay(Math.random() * PAUSE * 2 ** (attempt - 1));
  }
}

const isCollision = (error: unknown): boolean =>
  isNativeError(error) && "code" in error && typeof error.code === "string" && COLLISIONS.has(error.code);
