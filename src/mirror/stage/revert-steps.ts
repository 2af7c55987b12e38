import type { RevertFacts, RevertRequest } from "../../domain/revert";
import type { RunReport } from "../../domain/runs";
import type { ApplyRevertRequest } from "../../domain/staging";
import { analyzeAfterMany } from "./apply/analyze-tables";
import { applyRevert } from "./revert/apply-revert";
import { revertRun } from "./revert/revert-run";
import type { StageContext } from "./stage-context";
import type { StageLifetime } from "./stage-lifetime";
import type { WriteTransaction } from "./write-transaction";

interface Collaborators {
  readonly lifetime: StageLifetime;
  readonly transaction: WriteTransaction;
}

/** How a run is undone, without anything being read. */
export const revertSteps = (context: StageContext, { lifetime, transaction }: Collaborators) => ({
  async revert(request: RevertRequest): Promise<RevertFacts> {
    await transaction.begin();
    return revertRun(context, request);
  },
  async applyRevert(request: ApplyRevertRequest): Promise<RunReport> {
    const { changes, report } = await transaction.commit(async () => {
      const applied = await applyRevert(context, request);
      await lifetime.end(true);
      return applied;
    });
    await analyzeAfterMany(context, changes, 0);
    return report;
  },
});
