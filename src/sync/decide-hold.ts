import type { HoldEvidence } from "../domain/holds";
import type { HoldDecision } from "../domain/weighing";
import type { Completeness } from "./completeness";
import type { ComparingStage, EndingStage } from "./ports";

/**
 * Looks up what a person decided about the set that this run holds. After a release other records stay than was assumed until now,
 * so conflicts are looked for once more, and grants are compared anew.
 */
export async function decideHold(
  evidence: readonly HoldEvidence[],
  completeness: Completeness,
  stage: ComparingStage & EndingStage,
): Promise<HoldDecision> {
  const decision = await stage.decideHold(evidence, completeness.isWholeSourceComplete());
  if (decision.released) {
    await stage.rejectConflicts(completeness.streams);
    await stage.compareGrants();
  }
  // A run of one person or of some entities cannot meet the released set, and nobody expects it to.
  return completeness.isWholeSourceAsked ? decision : { ...decision, missed: null };
}
