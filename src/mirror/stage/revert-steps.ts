import type { ReversalFacts, RevertRequest } from "../../domain/reversal";
import type { RunReport } from "../../domain/runs";
import type { ReversalRequest } from "../../domain/staging";
import { analyzeAfterMany } from "./apply/analyze-tables";
import { applyReversal } from "./reverse/apply-reversal";
import { reverseRun } from "./reverse/reverse-run";
import type { StageContext } from "./stage-context";
import type { StageLifetime } from "./stage-lifetime";
import type { WriteTransaction } from "./write-transaction";

interface Collaborators {
  readonly lifetime: StageLifetime;
  readonly transaction: WriteTransaction;
}

/** How a run is undone, without anything being read. */
export const revertSteps = (context: StageContext, { lifetime, transaction }: Collaborators) => ({
  async reverse(request: RevertRequest): Promise<ReversalFacts> {
    await transaction.begin();
    return reverseRun(context, request);
  },
  async applyReversal(request: ReversalRequest): Promise<RunReport> {
    const { changes, report } = await transaction.commit(async () => {
      const applied = await applyReversal(context, request);
      await lifetime.end(true);
      return applied;
    });
    await analyzeAfterMany(context, changes, 0);
    return report;
  },
});
