import type {
  Absence,
  AbsenceFilter,
  AbsenceWithdrawal,
  BelievedStreams,
  ComparedKind,
  KnownUnmet,
  SettledReading,
  SettledRecords,
} from "../domain/comparing";
import type { EntityName, Into, LinkKind } from "../domain/entities";
import type { HoldEvidence } from "../domain/holds";
import type { IncrementFacts } from "../domain/increments";
import type { Stream } from "../domain/job";
import type { JsonObject } from "../domain/json";
import type { LandingRequest } from "../domain/landing";
import type { Mapped } from "../domain/mapping";
import type { KnownMapping, StreamRename } from "../domain/mapping-version";
import type { RememberedPage } from "../domain/page-records";
import type { KeyPair, RekeyFacts, RekeyRequest } from "../domain/rekey";
import type { RevertFacts, RevertRequest } from "../domain/revert";
import type { RunReport } from "../domain/runs";
import type {
  ApplyRequest,
  ApplyRevertRequest,
  Beginning,
  DigestChunk,
  EntityMet,
  MappedStream,
  Progress,
  RejectList,
  StageCounts,
  StagedPage,
  StoredPlan,
} from "../domain/staging";
import type {
  DriftFrom,
  EndingLinks,
  Excess,
  FieldDrift,
  HoldDecision,
  Population,
  RoleGrowth,
} from "../domain/weighing";

/** One stream's mapping, compiled. */
export interface Mapper {
  /** One result a record, in order. Never rejects for what a record holds; yields to timers on large pages. */
  mapPage(records: readonly unknown[], parent: JsonObject | null): Promise<readonly Mapped[]>;
  /** Frees what it holds beside memory. */
  close(): Promise<void>;
}

/** What a run asks of its stage before anything is read. */
export interface PreparingStage {
  /** The mapping versions that the mirror was last written with: the latest of each entity, and of each stream of links. */
  knownMappings(): Promise<readonly KnownMapping[]>;
  /** Live records of an entity in the mirror; 0 for links. */
  countLive(into: Into): Promise<number>;
  /** Carries over what is kept under the old names of streams of records, at once and whatever becomes of the run. */
  renameStreams(renames: readonly StreamRename[]): Promise<void>;
  /** Has links compared as if that had been done, for a run that writes nothing. */
  supposeRenamed(renames: readonly StreamRename[]): void;
  /** From where on each stream may be asked for changes only, and what speaks against that. */
  incrementFacts(): Promise<IncrementFacts>;
  /**
   * Whether a person released what an earlier run held, and no run has applied it yet. Asked again for the second witness.
   *
   * @param orExpired also where that came too late, so that it is to be asked about anew
   */
  awaitsRelease(which?: { readonly orExpired: boolean }): Promise<boolean>;
  /**
   * Whether somebody has seen what files with this fingerprint do, or no run has used other files yet. Asked again before the
   * safeguard.
   */
  wasLookedAt(files: string): Promise<boolean>;
}

/** While it is read. */
export interface ReadingStage {
  /**
   * Begins with an empty stage, or resumes what an interrupted run left there. The stages of runs that are not to be resumed
   * are private to them, and always begin empty.
   *
   * @param fingerprint of all that decides what is read and staged: only a run with the same one resumes
   */
  begin(fingerprint: string): Promise<Beginning>;
  /** First loads of these may be written into the mirror as they are read. Comes before the first page. */
  allowLanding(request: LandingRequest): Promise<void>;
  /** Whether the whole source was read completely before this run. Asked again for the safeguard. */
  wasComplete(): Promise<boolean>;
  /** What the mirror holds as the upstream sent it last, under this fingerprint. */
  digests(entity: EntityName, fingerprint: string): Promise<readonly DigestChunk[]>;
  /** How the pages of a stream that came last were cut into records. */
  pages(stream: string): Promise<readonly RememberedPage[]>;
  /** Pages are written in batches, while the next ones are fetched and mapped. Resolves when there is room for more. */
  add(page: StagedPage): Promise<void>;
  /** The children of this parent were all read, so what is missing among them is gone. */
  noteParentRead(stream: Stream, parentKey: string): Promise<void>;
  /** All that was added until now belongs to this progress: from here an interrupted run can be resumed. */
  noteProgress(progress: Progress): Promise<void>;
  /**
   * Ends the reading. What follows is one transaction that ends with `apply` or `storePlan`, so that a run that is interrupted
   * in it leaves the stage as it was read.
   *
   * @param isToBeResumed by the next run: what is compared and applied is a copy of what was read
   */
  endReading(how: { readonly isToBeResumed: boolean }): Promise<void>;
}

/** What was read, every record once. */
export interface SettlingStage {
  /** Records met that are as the mirror has them: neither parsed nor staged. */
  noteMet(met: readonly EntityMet[]): Promise<void>;
  /**
   * Drops what a later page repeats; what is rejected anywhere keeps its old state.
   *
   * @param reading a record that was met unparsed and also staged is taken out of its `known` where the staged one counts
   */
  settle(stream: Stream, reading: SettledReading): Promise<SettledRecords>;
  /** Takes back what the stream states of links, so that none is granted or revoked for it. */
  disregardLinks(stream: Stream): Promise<void>;
}

/** Against the mirror: records, and later the links between them. */
export interface ComparingStage {
  /** Comes before the records are compared of a stream that was read beside its list: whoever went for being absent stays so if disabled. */
  leaveGone(stream: Stream): Promise<void>;
  /**
   * Creates, updates, restores, and tombstones for what the upstream itself calls gone. With `sweep` also for the absent.
   *
   * @param known the records that are told by their digests, with the local ids of those that were not met
   * @param removed keys of records that the upstream called gone before it was read; those that were met are there
   */
  compareRecords(stream: Stream, sweep: boolean, known: KnownUnmet | null, removed: readonly string[]): Promise<void>;
  /**
   * Rejects newcomers whose name is taken, and orgs whose parents lead back to themselves. Called again before links are compared,
   * and once more when held changes were let through: others stay then.
   */
  rejectConflicts(streams: readonly Stream[]): Promise<void>;
  /** Links no longer stated; `swept` names the child streams whose absences count. */
  compareRevokes(streams: readonly Stream[], swept: ReadonlySet<string>): Promise<void>;
  /**
   * New links, and links that come to life or lose their effect through this run's records. Comes after revokes were judged. Called
   * again after a release, it compares anew.
   */
  compareGrants(): Promise<void>;
}

/** The safeguard over what was compared last. */
export interface JudgingStage {
  /** Holds what a person undid and the upstream still asks for; `kind` says which changes are known by now. */
  holdReverted(kind: ComparedKind, believed: BelievedStreams): Promise<readonly HoldEvidence[]>;
  /** @param complete by entity, whether it was read completely */
  weighRecords(complete: ReadonlyMap<EntityName, boolean>): Promise<readonly Population<EntityName>[]>;
  /** Fields that updates change to one and the same value for at least so many records, the most frequent first. */
  weighFields(entity: EntityName, from: DriftFrom): Promise<readonly FieldDrift[]>;
  /** Updates that are not held. */
  countUpdates(entity: EntityName): Promise<number>;
  /** Links that would end with the roles, permissions and orgs that are removed and not held. */
  weighEndingLinks(): Promise<readonly EndingLinks[]>;
  /** @param readInFull child streams that were read for all their parents, not just for those that changed */
  weighLinks(readInFull: readonly string[]): Promise<readonly Population[]>;
  /** Roles that somebody would newly hold; none before the source was read completely once. Comes after `compareGrants`. */
  weighRoles(): Promise<readonly RoleGrowth[]>;
  hold(entity: EntityName | LinkKind, excess: Excess): Promise<void>;
}

/** The second witness for what the safeguard lets through of records. */
export interface ConfirmingStage {
  absences(entity: EntityName, which: AbsenceFilter): Promise<readonly Absence[]>;
  /** Whether somebody stays who is absent, left out or called gone, because a person has to decide. */
  isRemovalHeld(entity: EntityName): Promise<boolean>;
  /** A record that the mirror held and this run met. */
  knownPresent(entity: EntityName): Promise<string | null>;
  /** Takes back removals for absence, all if `keys` is null. */
  withdrawAbsences(entity: EntityName, keys: readonly string[] | null, how: AbsenceWithdrawal): Promise<void>;
}

/** The end: what a person decided, what is told, and what is written. */
export interface EndingStage {
  /** Compares the held set with what was decided about earlier ones; a released set of the same hash is let through. */
  decideHold(evidence: readonly HoldEvidence[], isWholeSourceComplete: boolean): Promise<HoldDecision>;
  /** Names the edited mapping as the cause of what it changes, as far as it has not reached a record before. */
  nameCauses(streams: readonly MappedStream[]): Promise<void>;
  count(streams: readonly Stream[]): Promise<StageCounts>;
  /**
   * How many of the records with these local ids, whose digests were not met, came all the same and neither change nor are held.
   */
  countOtherwise(stream: Stream, unmet: readonly number[]): Promise<number>;
  /** The hash over (entity, key, kind, old, new) of all that is to be applied, in canonical order; null when records landed. */
  hash(): Promise<string | null>;
  rejects(limit: number): Promise<RejectList>;
  /** Of these keys those that no role has once the changes are written. */
  missingRoles(keys: readonly string[]): Promise<readonly string[]>;
  /** Rows, links, audit, books and the run's end in one transaction under the fence; all or nothing. */
  apply(request: ApplyRequest): Promise<RunReport>;
  /** Stores the change set under its hash and ends the run; the mirror is not touched. */
  storePlan(id: string, hash: string, report: RunReport, lookedAt: string | null): Promise<void>;
  /** Instead of all that comes before `apply`: fills the change set from a stored plan; throws RUN002 when the mirror has changed since. */
  loadPlan(id: string): Promise<StoredPlan>;
}

/**
 * One run's staging area and change set: everything read is staged, then compared with the mirror into changes, some of which
 * may be held; the others are applied in one transaction, or stored as a plan. Only records of a large first load may be written
 * into the mirror before that, as they are read. Its phases follow each other as above, those of records before those of links
 * (`run-sync.ts`); a method that several of them call stands in the first.
 */
export interface Stage
  extends PreparingStage,
    ReadingStage,
    SettlingStage,
    ComparingStage,
    JudgingStage,
    ConfirmingStage,
    EndingStage {}

/** What undoing a run asks of the same stage. Steps are called in the order given here. */
export interface RevertStage {
  /** Fills the change set with what undoes a run. Throws USE003, RUN021 for a run that is not to be undone. */
  revert(request: RevertRequest): Promise<RevertFacts>;
  /** Writes it, tells the audit, pins what was undone and ends the run, in one transaction. */
  applyRevert(request: ApplyRevertRequest): Promise<RunReport>;
  /** Ends a run that changed nothing. */
  conclude(report: RunReport): Promise<void>;
}

/** What renaming the keys of an entity asks of the same stage. Steps are called in the order given here. */
export interface RekeyStage {
  /** What the old and the new expression read from the same records; either may be null where it gave no key. */
  pairKeys(pairs: readonly KeyPair[]): Promise<void>;
  /** Compares the pairs with what the mirror holds. */
  weighRekey(stream: RekeyRequest["stream"]): Promise<RekeyFacts>;
  /** Renames the keys wherever they stand, tells the audit, accepts the new expression and ends the run, in one transaction. */
  applyRekey(request: RekeyRequest): Promise<RunReport>;
  /** Ends a run that only told what it would do. */
  conclude(report: RunReport): Promise<void>;
}

/** What any run may ask of its stage. */
export type RunStage = Stage & RekeyStage & RevertStage;
