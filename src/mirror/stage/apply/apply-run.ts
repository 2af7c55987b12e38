import type { EntityName } from "../../../domain/entities";
import type { RunReport } from "../../../domain/runs";
import type { ApplyRequest } from "../../../domain/staging";
import { expireGrants } from "../../expire-grants";
import { keepRejects } from "../compare/keep-rejects";
import { keepMappings } from "../compare/name-causes";
import { keepDigests } from "../digests";
import { type HoldTransition, keepHold, markReleased } from "../judge/decide-hold";
import type { RevertedChanges } from "../judge/hold-reverted";
import { releasePins } from "../judge/pins";
import { keepNewHolders } from "../judge/weigh-roles";
import { keepLookedAt } from "../looked-at";
import { keepPages } from "../remembered-pages";
import type { StageContext } from "../stage-context";
import { keepWatermarks } from "../watermarks";
import { applyChanges, writeAudit } from "./apply-changes";
import { checkAfter, endRun, keepRemovals } from "./end-run";
import { keepDefaultRoles, settleLocalGrants } from "./given-roles";
import { keepAbsences } from "./keep-absences";
import { keepPasswords } from "./keep-passwords";
import { keepRawRecords } from "./keep-raw-records";

interface Decided {
  readonly transition: HoldTransition;
  readonly reverted: Pick<RevertedChanges, "any" | "lapsed">;
}

/**
 * Writes what a run found, with its audit and all that is remembered of it, and ends the run. Part of the run's one transaction.
 *
 * @returns how many changes were written and raw records kept, and the run's report
 */
export async function applyRun(
  context: StageContext,
  request: ApplyRequest,
  { transition, reverted }: Decided,
): Promise<{ readonly changes: number; readonly raw: number; readonly report: RunReport }> {
  const { released } = transition;
  if (released !== null) await markReleased(context, released.run);
  if (context.contents.hasChanges) await keepNewHolders(context);
  const changes = await applyChanges(context);
  // Before the others are settled, lest what is over returns with its role.
  await expireGrants(context.client, context.source);
  if (changes > 0) {
    await writeAudit(context, request, released);
    await settleLocalGrants(context, request.actor, request.reason);
  }
  await keepPasswords(context, request.passwords);
  await keepDefaultRoles(context, request.job.login?.defaultRoles ?? []);
  await keepRejects(context, request);
  await keepAbsences(context, request.streams);
  if (changes > 0) await keepRemovals(context);
  await keepLookedAt(context, request.lookedAt, request.actor);
  await keepHold(context, transition);
  if (await reverted.any()) await releasePins(context, reverted.lapsed);
  await keepMappings(context, request.actor);
  const raw = await keepRawRecords(context, request);
  await keepDigests(context, request.fingerprints, (entity) => streamOf(request.job, entity));
  await keepPages(context, request.pages);
  await keepWatermarks(context, request.watermarks);
  if (changes > 0 || context.landed.size > 0) await checkAfter(context, request.after);
  const report = request.report();
  await endRun(context, report, request.completeAt);
  return { changes, raw, report };
}

/** An entity has one stream, whatever that is called. */
const streamOf = ({ streams }: ApplyRequest["job"], entity: EntityName): string | null =>
  streams.find(({ into }) => into === entity)?.name ?? null;
