import { setTimeout as delay } from "node:timers/promises";
import { isNativeError } from "node:util/types";
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
export async function inPatientTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(client, work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isCollision(error)) throw error;
    }
    await delay(Math.random() * PAUSE * 2 ** (attempt - 1));
  }
}

const isCollision = (error: unknown): boolean =>
  isNativeError(error) && "code" in error && typeof error.code === "string" && COLLISIONS.has(error.code);
