import type { ClientBase } from "pg";
import type {
  AbsenceFilter,
  AbsenceWithdrawal,
  BelievedStreams,
  ComparedKind,
  Feed,
  KnownPages,
  KnownUnmet,
  SettledRecords,
} from "../../domain/comparing";
import { type EntityName, type Into, isEntity, LINK_KINDS, type LinkKind } from "../../domain/entities";
import { attributeLabel } from "../../domain/field-label";
import type { Stream } from "../../domain/job";
import type { LandingRequest } from "../../domain/landing";
import type { StreamRename } from "../../domain/mapping-version";
import { once } from "../../domain/once";
import type { KeyPair, RekeyRequest } from "../../domain/rekey";
import type { RevertRequest } from "../../domain/reversal";
import type { HoldEvidence, RunReport } from "../../domain/runs";
import type {
  ApplyRequest,
  Beginning,
  EntityMet,
  MappedStream,
  Progress,
  RecordCounts,
  ReversalRequest,
  StagedPage,
  StoredPlan,
} from "../../domain/staging";
import type { DriftFrom, Excess, Population, RoleGrowth } from "../../domain/weighing";
import { analyzeAfterMany, analyzeLanded } from "./apply/apply-changes";
import { applyRun } from "./apply/apply-run";
import { endRun, tellCutOff } from "./apply/end-run";
import { countPasswords } from "./apply/keep-passwords";
import { clearStage, copyStage, forgetWithdrawn, noteWritten } from "./checkpoints";
import { compareGrants, compareRevokes, disregardLinks, forgetGrants } from "./compare/compare-links";
import { compareRecords, findKnownPresent, listAbsences, withdrawAbsences } from "./compare/compare-records";
import { countLinks, countRecords, listRejects } from "./compare/count-changes";
import { nameCauses } from "./compare/name-causes";
import { rejectConflicts } from "./compare/reject-conflicts";
import { settleStage } from "./compare/settle-stage";
import { type Before, countBefore } from "./count-before";
import { countOtherwise, noteMet, readDigests } from "./digests";
import { awaitsRelease, decideHold, hashChanges, markReleased, NOTHING_HELD, releaseOfPlan } from "./judge/decide-hold";
import { holdChanges } from "./judge/hold-changes";
import { RevertedChanges } from "./judge/hold-reverted";
import { countUpdates, weighLinks, weighRecords } from "./judge/weigh-changes";
import { weighFields } from "./judge/weigh-fields";
import { weighRoles } from "./judge/weigh-roles";
import { countLive, knownMappings } from "./known-mappings";
import { FirstLoads } from "./land/first-loads";
import { countLanded, type LandedRecords, type UntoldRecords } from "./land/landed";
import { noteLandedAsTold } from "./land/remember-landed";
import { enterStage, followIntoStage, leaveStage } from "./lasting-stage";
import { keepLookedAt, wasLookedAt } from "./looked-at";
import { keepPlan, takePlan } from "./plans";
import { readPages } from "./remembered-pages";
import { acceptKey, renameKeys } from "./rename/rename-keys";
import { renameStreams } from "./rename/rename-streams";
import { pairKeys, weighRekey } from "./rename/weigh-rekey";
import { applyReversal } from "./reverse/apply-reversal";
import { reverseRun } from "./reverse/reverse-run";
import { BATCHES, type BatchTerms, StageBatches } from "./stage-batches";
import { StageContents } from "./stage-contents";
import type { StageContext } from "./stage-context";
import { creating } from "./stage-tables";
import { wasComplete } from "./was-complete";
import { readIncrementFacts } from "./watermarks";
import { WriteOrder } from "./write-order";
import { openWriteTransaction } from "./write-transaction";

interface StagedRun {
  readonly run: number;
  readonly source: string;
  readonly fence: number;
}

/** How a stage is opened: for this run alone, or so that another may go on from it. */
export interface StageTerms {
  /** The stage outlives its session, for whoever goes on from there. */
  readonly lasting: boolean;
  readonly batches?: BatchTerms;
  /** Begins the transaction in which what was read is compared; an ordinary one by default. */
  readonly begin?: string;
  /** Lends a second session, for as long as the first works; null where there is none to spare. */
  readonly another?: () => Promise<ClientBase | null>;
  /** Counts what the mirror holds of the source; by the run's own session unless told. */
  readonly before?: () => Promise<Before>;
  readonly passwordSeal?: StageContext["passwordSeal"];
}

/**
 * Opens the staging area of one run on a database session that nobody else uses until the run ends. What its methods do is
 * said at the port in `sync/ports.ts`; each is done in one of the rooms beside this file.
 */
export async function openStage(
  client: ClientBase,
  run: StagedRun,
  { lasting, batches, begin, passwordSeal = null, ...others }: StageTerms,
) {
  const landed = new Map<EntityName, LandedRecords>();
  const untold = new Map<EntityName, UntoldRecords>();
  const before =
    others.before ?? once(() => countBefore((sql, parameters) => client.query(sql, [...parameters]), run.source));
  const context = { client, ...run, contents: new StageContents(), before, landed, untold, passwordSeal };
  if (lasting) await enterStage(context);
  else await client.query(creating("temporary"));
  const terms = batches ?? BATCHES;
  const firstLoads = new FirstLoads(context, { landed, untold }, terms.landsFrom);
  const order = new WriteOrder(client, async () => {
    const second = (await others.another?.()) ?? null;
    return second !== null && (await followIntoStage(second, run.source)) ? second : null;
  });
  const gathered = new StageBatches(context, lasting, firstLoads, order, terms);
  const transaction = openWriteTransaction(context, begin);
  const reverted = new RevertedChanges(context);
  let transition = NOTHING_HELD;
  let isCompared = false;
  /** Fields whose difference is no change by itself, as changes name them. */
  const uncompared = new Map<string, readonly string[]>();
  /** What was read stays for the run that goes on from here. */
  let isKept = false;

  return {
    begin: (making: string): Promise<Beginning> => gathered.begin(making),
    incrementFacts: () => readIncrementFacts(context),
    allowLanding: (request: LandingRequest): Promise<void> => firstLoads.allow(request),
    add: (page: StagedPage): Promise<void> => gathered.add(page),
    parentRead: (stream: Stream, key: string): Promise<void> => gathered.parentRead(stream.name, key),
    reached: (progress: Progress): Promise<void> => gathered.reached(progress),
    /** Writes what was added until now; for who measures that. */
    written: (): Promise<void> => gathered.finish(true),
    async staged(isToBeResumed: boolean): Promise<void> {
      isKept = isToBeResumed && gathered.isResumable;
      await gathered.finish(isKept);
      await analyzeLanded(context);
      await transaction.begin();
      if (isKept) await copyStage(context);
      await gathered.copyRest();
      await context.contents.look(context);
    },
    digests: (entity: EntityName, fingerprint: string) => gathered.ask(() => readDigests(context, entity, fingerprint)),
    pages: (stream: string) => gathered.ask(() => readPages(context, stream)),
    met: (met: readonly EntityMet[]) => noteMet(context, met),
    async settle(stream: Stream, known: KnownPages, feed: Feed | null): Promise<SettledRecords> {
      if (!isEntity(stream.into)) return { distinct: 0, duplicates: 0, overtaken: 0, repeatedAt: null };
      return settleStage(context, stream.into, stream.name, { known, feed });
    },
    disregardLinks: (stream: Stream) => disregardLinks(context, stream),
    async compareRecords(stream: Stream, sweep: boolean, known: KnownUnmet | null): Promise<void> {
      uncompared.set(stream.into, uncomparedIn(stream));
      if (isEntity(stream.into)) await compareRecords(context, stream.into, stream, sweep ? { known } : null);
    },
    absences: (entity: EntityName, which: AbsenceFilter) => listAbsences(context, entity, which),
    knownPresent: (entity: EntityName) => findKnownPresent(context, entity),
    withdrawAbsences: (entity: EntityName, keys: readonly string[] | null, how: AbsenceWithdrawal) =>
      withdrawAbsences(context, entity, keys, how),
    compareRevokes: (streams: readonly Stream[], swept: ReadonlySet<string>) => compareRevokes(context, streams, swept),
    async rejectConflicts(streams: readonly Stream[]): Promise<void> {
      await rejectConflicts(context, (entity) => streams.find((stream) => stream.into === entity)?.name ?? entity);
    },
    async compareGrants(): Promise<void> {
      if (isCompared) await forgetGrants(context);
      isCompared = true;
      await compareGrants(context, firstLoads.awaited);
    },
    knownMappings: () => knownMappings(context),
    renameStreams: (renames: readonly StreamRename[]) => renameStreams(context, renames),
    countLive: (into: Into) => countLive(context, into),
    nameCauses: (streams: readonly MappedStream[]) => nameCauses(context, streams),
    async weighRecords(complete: ReadonlyMap<EntityName, boolean>): Promise<readonly Population<EntityName>[]> {
      const weights: Population<EntityName>[] = [];
      for (const [entity, isComplete] of complete)
        weights.push({ ...(await weighRecords(context, entity)), complete: isComplete });
      return weights;
    },
    async weighLinks(readInFull: readonly string[]): Promise<readonly Population[]> {
      const weights: Population[] = [];
      // What shrinks among links is judged by the records that state them.
      for (const links of LINK_KINDS)
        weights.push({ ...(await weighLinks(context, links, readInFull)), complete: false });
      return weights;
    },
    holdReverted: (kind: ComparedKind, believed: BelievedStreams) => reverted.hold(kind, believed),
    weighFields: (entity: EntityName, from: DriftFrom) =>
      weighFields(context, entity, from, uncompared.get(entity) ?? []),
    async weighRoles(): Promise<readonly RoleGrowth[]> {
      return context.contents.hasChanges && (await wasComplete(context)) ? weighRoles(context) : [];
    },
    countUpdates: (entity: EntityName) => countUpdates(context, entity),
    hold: (entity: EntityName | LinkKind, excess: Excess) =>
      holdChanges(context, entity, excess, uncompared.get(entity) ?? []),
    wasComplete: () => gathered.ask(() => wasComplete(context)),
    wasLookedAt: (files: string) => wasLookedAt(context, files),
    awaitsRelease: () => awaitsRelease(context),
    async decideHold(evidence: readonly HoldEvidence[], conclusive: boolean) {
      transition = await decideHold(context, evidence, { conclusive, letThrough: true });
      const { hold, heldBack, news, released } = transition;
      return { hold, heldBack, news, released: released !== null };
    },
    async count(streams: readonly Stream[]) {
      const entities: Record<string, RecordCounts> = {};
      for (const stream of streams)
        if (isEntity(stream.into)) entities[stream.into] = await countRecords(context, stream.into, stream);
      const links = await countLinks(context);
      const passwords = await countPasswords(context);
      return { entities, links, passwords, landed: countLanded(context) };
    },
    countOtherwise: async ({ into, name }: Stream, unmet: readonly number[]) =>
      isEntity(into) ? countOtherwise(context, { entity: into, stream: name, unmet }) : 0,
    hash: async () => (Object.keys(countLanded(context)).length === 0 ? hashChanges(context, "not held") : null),
    rejects: (limit: number) => listRejects(context, limit),
    async apply(request: ApplyRequest): Promise<RunReport> {
      const { changes, raw, report } = await transaction.commit(async () => {
        const applied = await applyRun(context, request, { transition, reverted });
        if (lasting && !isKept) await tellCutOff(context);
        await leaveBehind(true);
        return applied;
      });
      await analyzeAfterMany(context, changes, raw);
      return report;
    },
    pairKeys: (pairs: readonly KeyPair[]): Promise<void> => order.next(() => pairKeys(context, pairs)),
    weighRekey: ({ into }: RekeyRequest["stream"]) => weighRekey(context, into),
    applyRekey: (request: RekeyRequest): Promise<RunReport> =>
      transaction.commit(async () => {
        await renameKeys(context, request);
        await acceptKey(context, request);
        const report = request.report();
        await endRun(context, report, null);
        await leaveBehind(true);
        return report;
      }),
    async reverse(request: RevertRequest) {
      await transaction.begin();
      return reverseRun(context, request);
    },
    async applyReversal(request: ReversalRequest): Promise<RunReport> {
      let changes = 0;
      const report = await transaction.commit(async () => {
        const applied = await applyReversal(context, request);
        changes = applied.changes;
        await leaveBehind(true);
        return applied.report;
      });
      await analyzeAfterMany(context, changes, 0);
      return report;
    },
    conclude: (report: RunReport): Promise<void> => transaction.commit(() => endRun(context, report, null)),
    async storePlan(id: string, hash: string, report: RunReport, lookedAt: string | null): Promise<void> {
      await transaction.commit(async () => {
        if (transition.released !== null) await markReleased(context, transition.released.run);
        await keepLookedAt(context, lookedAt, report.trigger.by);
        await keepPlan(context, id, hash, report);
        await endRun(context, report, null);
        await leaveBehind(false);
      });
    },
    async loadPlan(id: string): Promise<StoredPlan> {
      const { report, wholeSource } = await takePlan(context, id);
      const { heldBack: planned, ...others } = report;
      const evidence = (planned ?? report.hold)?.evidence ?? [];
      const decided = await decideHold(context, evidence, { conclusive: false, letThrough: false });
      transition = { ...decided, ...(await releaseOfPlan(context)) };
      const { hold, heldBack } = transition;
      return { report: { ...others, hold, ...(heldBack === null ? {} : { heldBack }) }, wholeSource };
    },
    /** Gives the session back as it was. What was not committed is gone, what was written in batches stays. */
    async close(): Promise<void> {
      await order.rest();
      await transaction.abandon();
      if (lasting) await Promise.all(order.clients.map(leaveStage));
      if (!lasting || isKept) await client.query("discard temporary");
    },
  };

  /** What was read has served its turn, unless it is to be resumed. */
  async function leaveBehind(hasWritten: boolean): Promise<void> {
    if (lasting && !isKept) await clearStage(context);
    else if (lasting) {
      await noteLandedAsTold(context);
      if (context.contents.hasChanges) await forgetWithdrawn(context);
    } else if (hasWritten) await noteWritten(context);
  }
}

export type OpenStage = Awaited<ReturnType<typeof openStage>>;

const uncomparedIn = ({ mapping }: Stream): readonly string[] => [
  ...mapping.fields.filter((rule) => !rule.compare).map((rule) => rule.name),
  ...mapping.attributes.filter((rule) => !rule.compare).map((rule) => attributeLabel(rule.name)),
];
