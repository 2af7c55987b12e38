import type {
  AbsenceFilter,
  AbsenceWithdrawal,
  BelievedStreams,
  ComparedKind,
  KnownUnmet,
  SettledReading,
  SettledRecords,
} from "../../domain/comparing";
import { type EntityName, isEntity, type LinkKind } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { DriftFrom, Excess } from "../../domain/weighing";
import { compareGrants, compareRevokes, disregardLinks, forgetGrants } from "./compare/compare-links";
import {
  compareRecords,
  findKnownPresent,
  isRemovalHeld,
  listAbsences,
  uncomparedFields,
  withdrawAbsences,
} from "./compare/compare-records";
import { leaveGone } from "./compare/leave-gone";
import { rejectConflicts } from "./compare/reject-conflicts";
import { NOTHING_SETTLED, settleStage } from "./compare/settle-stage";
import { holdChanges } from "./judge/hold-changes";
import type { RevertedChanges } from "./judge/hold-reverted";
import { countUpdates, weighLinks, weighRecords } from "./judge/weigh-changes";
import { weighEndingLinks } from "./judge/weigh-ending-links";
import { weighFields } from "./judge/weigh-fields";
import { weighRoles } from "./judge/weigh-roles";
import type { FirstLoads } from "./land/first-loads";
import type { StageContext } from "./stage-context";

interface Collaborators {
  readonly firstLoads: FirstLoads;
  readonly reverted: RevertedChanges;
}

/** How what was read becomes changes, and which of them are held. */
export function comparingSteps(context: StageContext, { firstLoads, reverted }: Collaborators) {
  /** By entity: fields whose difference is no change by itself, as changes name them. */
  const uncompared = new Map<string, readonly string[]>();
  let areGrantsCompared = false;

  return {
    settle: async (stream: Stream, reading: SettledReading): Promise<SettledRecords> =>
      isEntity(stream.into) ? settleStage(context, stream.into, stream.name, reading) : NOTHING_SETTLED,
    disregardLinks: (stream: Stream) => disregardLinks(context, stream),

    leaveGone: (stream: Stream) => leaveGone(context, stream),
    async compareRecords(
      stream: Stream,
      sweep: boolean,
      known: KnownUnmet | null,
      removed: readonly string[],
    ): Promise<void> {
      uncompared.set(stream.into, uncomparedFields(stream));
      if (isEntity(stream.into))
        await compareRecords(context, stream.into, stream, { removed, sweep: sweep ? { known } : null });
    },
    rejectConflicts: (streams: readonly Stream[]) => rejectConflicts(context, streams),
    compareRevokes: (streams: readonly Stream[], swept: ReadonlySet<string>) => compareRevokes(context, streams, swept),
    async compareGrants(): Promise<void> {
      if (areGrantsCompared) await forgetGrants(context);
      areGrantsCompared = true;
      await compareGrants(context, firstLoads.awaited);
    },

    holdReverted: (kind: ComparedKind, believed: BelievedStreams) => reverted.hold(kind, believed),
    weighRecords: (complete: ReadonlyMap<EntityName, boolean>) => weighRecords(context, complete),
    weighFields: (entity: EntityName, from: DriftFrom) =>
      weighFields(context, entity, from, uncompared.get(entity) ?? []),
    countUpdates: (entity: EntityName) => countUpdates(context, entity),
    weighEndingLinks: () => weighEndingLinks(context),
    weighLinks: (readInFull: readonly string[]) => weighLinks(context, readInFull),
    weighRoles: () => weighRoles(context),
    hold: (entity: EntityName | LinkKind, excess: Excess) =>
      holdChanges(context, entity, excess, uncompared.get(entity) ?? []),

    absences: (entity: EntityName, which: AbsenceFilter) => listAbsences(context, entity, which),
    isRemovalHeld: (entity: EntityName) => isRemovalHeld(context, entity),
    knownPresent: (entity: EntityName) => findKnownPresent(context, entity),
    withdrawAbsences: (entity: EntityName, keys: readonly string[] | null, how: AbsenceWithdrawal) =>
      withdrawAbsences(context, entity, keys, how),
  };
}
