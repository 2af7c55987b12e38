import { inPatientTransaction } from "../transaction";
import { checkFence } from "./keep-books";
import type { StageContext } from "./stage-context";

/**
 * Everything that a run writes for others to see is written through here: all of it or nothing, only while the source is still
 * held, and again from its beginning after a collision with another transaction.
 *
 * @param work may run several times
 * @throws Failure RUN003 when another run took over
 */
export const writeTransaction = <T>(context: StageContext, work: () => Promise<T>): Promise<T> =>
  inPatientTransaction(context.client, async () => {
    await checkFence(context);
    return work();
  });
