import type { KeyPair, RekeyRequest } from "../../domain/rekey";
import type { RunReport } from "../../domain/runs";
import { analyzeRekeys } from "./apply/analyze-tables";
import { endRun } from "./apply/end-run";
import { acceptKey, renameKeys } from "./rename/rename-keys";
import { pairKeys, weighRekey } from "./rename/weigh-rekey";
import type { StageContext } from "./stage-context";
import type { StageLifetime } from "./stage-lifetime";
import type { WriteOrder } from "./write-order";
import type { WriteTransaction } from "./write-transaction";

interface Collaborators {
  readonly lifetime: StageLifetime;
  readonly order: WriteOrder;
  readonly transaction: WriteTransaction;
}

/** How the keys of an entity are renamed; everything is read before as for any run. */
export const rekeySteps = (context: StageContext, { lifetime, order, transaction }: Collaborators) => ({
  pairKeys: (pairs: readonly KeyPair[]) => order.next(() => pairKeys(context, pairs)),
  weighRekey: ({ into }: RekeyRequest["stream"]) => weighRekey(context, into),
  async applyRekey(request: RekeyRequest): Promise<RunReport> {
    const report = await transaction.commit(async () => {
      await renameKeys(context, request);
      await acceptKey(context, request);
      const told = request.report();
      await endRun(context, told, null);
      await lifetime.end(true);
      return told;
    });
    await analyzeRekeys(context);
    return report;
  },
});
