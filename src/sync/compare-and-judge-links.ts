import type { HoldEvidence } from "../domain/holds";
import type { Stream } from "../domain/job";
import { holdExcess, type Judging, limitsOf } from "./judge/hold-excess";
import { type Verdict, weighPopulation } from "./judge/safeguard";
import { weighRole } from "./judge/weigh-role";

/**
 * Compares the links that were read with the mirror, and judges them as records are judged. Revokes are judged before grants are
 * compared, because a link that stays loses or regains its effect with its ends, unless its own revoke goes through: for that it
 * must be known which revokes are held.
 *
 * @returns why anything is held
 */
export async function compareAndJudgeLinks({
  stage,
  job,
  completeness,
  isUnwatchedEdit,
}: Judging): Promise<readonly HoldEvidence[]> {
  const { believed } = completeness;
  const read = { streams: believed, isComplete: (stream: Stream) => completeness.isComplete(stream) };

  const swept = believed.filter((stream) => completeness.isSwept(stream)).map(({ name }) => name);
  await stage.compareRevokes(believed, new Set(swept));
  await stage.holdReverted("revokes", read);
  // Where only changes were asked for, all of the few records that came may truly have lost their links.
  const readInFull = believed.filter((stream) => !completeness.isIncremental(stream)).map(({ name }) => name);
  const shrinking: Verdict[] = [];
  for (const population of await stage.weighLinks(readInFull))
    shrinking.push(...weighPopulation(population, limitsOf(job, population.entity), isUnwatchedEdit));
  const heldRevokes = await holdExcess(stage, shrinking);

  await stage.compareGrants();
  const reverted = await stage.holdReverted("grants", read);
  const growing: Verdict[] = [];
  for (const growth of await stage.weighRoles()) {
    const verdict = weighRole(growth, limitsOf(job, "user_roles"));
    if (verdict !== null) growing.push(verdict);
  }
  const heldGrants = await holdExcess(stage, growing);

  return [...reverted, ...heldRevokes, ...heldGrants];
}
