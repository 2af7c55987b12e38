import type { ClientBase } from "pg";
import { checkFence } from "./keep-books";
import type { StageContext } from "./stage-context";

/** The transaction in which a run compares and applies what it read. */
export interface FencedTransaction {
  /** Begins it, if it has not begun. */
  begin(): Promise<void>;
  /** Does `work` at its end and commits, if the source is still held; all of it is rolled back otherwise. */
  commit<T>(work: () => Promise<T>): Promise<T>;
  /** Rolls back what was not committed. */
  abandon(): Promise<void>;
}

/** It waits for the customer's answers in between, and until it is committed it locks only what belongs to its stage. */
const BEGIN = "begin; set local idle_in_transaction_session_timeout = '1h'";

/** @param begin the statement that begins it, where that is a special one */
export function openFencedTransaction(context: StageContext, begin: string = BEGIN): FencedTransaction {
  const { client } = context;
  let open = false;
  const transaction: FencedTransaction = {
    async begin() {
      if (open) return;
      await client.query(begin);
      open = true;
    },
    async commit(work) {
      await transaction.begin();
      try {
        await checkFence(context);
        const result = await work();
        await commit(client);
        open = false;
        return result;
      } catch (error) {
        await transaction.abandon();
        throw error;
      }
    },
    async abandon() {
      if (!open) return;
      open = false;
      await rollBack(client);
    },
  };
  return transaction;
}

/** One transaction by itself. */
export async function atomically<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
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

async function commit(client: ClientBase): Promise<void> {
  const { command } = await client.query("commit");
  // A failed statement that somebody passed over turns COMMIT into a silent ROLLBACK.
  if (command !== "COMMIT") throw new Error("a transaction was committed after one of its statements had failed");
}

/** A connection that is gone has rolled back already. */
const rollBack = (client: ClientBase): Promise<unknown> => client.query("rollback").catch(() => undefined);
