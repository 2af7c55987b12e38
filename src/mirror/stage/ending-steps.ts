import { isEntity } from "../../domain/entities";
import type { HoldEvidence } from "../../domain/holds";
import type { Stream } from "../../domain/job";
import type { RunReport } from "../../domain/runs";
import type { ApplyRequest, MappedStream, StageCounts, StoredPlan } from "../../domain/staging";
import type { HoldDecision } from "../../domain/weighing";
import { analyzeAfterMany } from "./apply/analyze-tables";
import { applyRun } from "./apply/apply-run";
import { endRun, tellCutOff } from "./apply/end-run";
import { missingRoles } from "./apply/given-roles";
import { countPasswords } from "./apply/keep-passwords";
import { countLinks, countRecords, listRejects } from "./compare/count-changes";
import { countStillGone } from "./compare/leave-gone";
import { nameCauses } from "./compare/name-causes";
import { countOtherwise } from "./digests";
import { decideHold, hashChanges, markReleased, NOTHING_HELD, releaseOfPlan } from "./judge/decide-hold";
import type { RevertedChanges } from "./judge/hold-reverted";
import { countLanded } from "./land/landed";
import { keepLookedAt } from "./looked-at";
import { keepPlan, takePlan } from "./plans";
import type { StageContext } from "./stage-context";
import type { StageLifetime } from "./stage-lifetime";
import type { WriteTransaction } from "./write-transaction";

interface Collaborators {
  readonly lifetime: StageLifetime;
  readonly reverted: RevertedChanges;
  readonly transaction: WriteTransaction;
}

/** What is told of the changes, what was decided about those that are held, and how a run ends. */
export function endingSteps(context: StageContext, { lifetime, reverted, transaction }: Collaborators) {
  /** Decided of the run's changes, or of those of a stored plan. */
  let transition = NOTHING_HELD;

  return {
    async decideHold(evidence: readonly HoldEvidence[], isWholeSourceComplete: boolean): Promise<HoldDecision> {
      transition = await decideHold(context, evidence, { mayReplace: isWholeSourceComplete, letThrough: true });
      const { hold, heldBack, news, released, missed } = transition;
      return { hold, heldBack, news, missed, released: released !== null };
    },
    nameCauses: (streams: readonly MappedStream[]) => nameCauses(context, streams),
    async count(streams: readonly Stream[]): Promise<StageCounts> {
      const entities = await countRecords(context, streams);
      const links = await countLinks(context);
      const passwords = await countPasswords(context);
      return { entities, links, passwords, landed: countLanded(context), stillGone: await countStillGone(context) };
    },
    countOtherwise: async ({ into, name }: Stream, unmet: readonly number[]) =>
      isEntity(into) ? countOtherwise(context, { entity: into, stream: name, unmet }) : 0,
    hash: async () => (Object.keys(countLanded(context)).length === 0 ? hashChanges(context, "not held") : null),
    rejects: (limit: number) => listRejects(context, limit),
    missingRoles: (keys: readonly string[]) => missingRoles(context, keys),

    async apply(request: ApplyRequest): Promise<RunReport> {
      const { changes, raw, report } = await transaction.commit(async () => {
        const applied = await applyRun(context, request, { transition, reverted });
        if (lifetime.isSpent) await tellCutOff(context);
        await lifetime.end(true);
        return applied;
      });
      await analyzeAfterMany(context, changes, raw);
      return report;
    },
    storePlan: (id: string, hash: string, report: RunReport, lookedAt: string | null): Promise<void> =>
      transaction.commit(async () => {
        if (transition.released !== null) await markReleased(context, transition.released.run);
        await keepLookedAt(context, lookedAt, report.trigger.by);
        await keepPlan(context, id, hash, report);
        await endRun(context, report, null);
        await lifetime.end(false);
      }),
    async loadPlan(id: string): Promise<StoredPlan> {
      const { report, ...stored } = await takePlan(context, id);
      const { heldBack: planned, ...others } = report;
      const evidence = (planned ?? report.hold)?.evidence ?? [];
      const decided = await decideHold(context, evidence, { mayReplace: false, letThrough: false });
      transition = { ...decided, ...(await releaseOfPlan(context)) };
      const { hold, heldBack } = transition;
      return { ...stored, report: { ...others, hold, ...(heldBack === null ? {} : { heldBack }) } };
    },
    conclude: (report: RunReport): Promise<void> => transaction.commit(() => endRun(context, report, null)),
  };
}
