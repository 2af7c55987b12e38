import { checkFence } from "../fence";
import { commit, rollBack } from "../transaction";
import type { StageContext } from "./stage-context";

/**
 * The one transaction in which a run compares what it read and writes for others to see: all of it or nothing, only while the
 * source is still held. A run that is interrupted in it leaves its stage as it was read.
 */
export interface WriteTransaction {
  /** Begins it, if it has not begun. */
  begin(): Promise<void>;
  /**
   * Does `work` at its end and commits.
   *
   * @throws Failure RUN003 when another run took over
   */
  commit<T>(work: () => Promise<T>): Promise<T>;
  /** Rolls back what was not committed. */
  abandon(): Promise<void>;
}

/** It waits for the customer's answers in between, and until its last part it locks only what belongs to its stage. */
const BEGIN = "begin; set local idle_in_transaction_session_timeout = '1h'; set local synchronous_commit to default";

/** @param begin the statement that begins it, where that is a special one */
export function openWriteTransaction(context: StageContext, begin: string = BEGIN): WriteTransaction {
  const { client } = context;
  let open = false;
  const transaction: WriteTransaction = {
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
      if (open) await rollBack(client);
      open = false;
    },
  };
  return transaction;
}
