import type { HoldEvidence } from "../../domain/holds";
import type { Job, Limits } from "../../domain/job";
import type { Population } from "../../domain/weighing";
import type { Completeness } from "../completeness";
import type { ComparingStage, JudgingStage, ReadingStage } from "../ports";
import type { Verdict } from "./safeguard";

/** A run while its changes are judged. */
export interface Judging {
  readonly stage: ComparingStage & JudgingStage & Pick<ReadingStage, "wasComplete">;
  readonly job: Job;
  readonly completeness: Completeness;
  /** The files were edited, nobody has looked at their plan, and nobody watches this run. */
  readonly isUnwatchedEdit: boolean;
}

/** Holds the changes that are beyond a limit; all others land. @returns why they are held */
export async function holdExcess(stage: JudgingStage, verdicts: readonly Verdict[]): Promise<readonly HoldEvidence[]> {
  for (const { entity, holds } of verdicts) await stage.hold(entity, holds);
  return verdicts.map(({ holds: _holds, ...evidence }) => evidence);
}

export const limitsOf = ({ safeguard }: Job, entity: Population["entity"]): Limits => safeguard.of[entity] ?? safeguard;
