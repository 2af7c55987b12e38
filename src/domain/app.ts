/** What the command line and the HTTP service can ask for. Implemented by `app.ts`. */
import type {
  CheckAnswer,
  DoctorCheck,
  HoldAnswer,
  MigrateAnswer,
  PersonAnswer,
  PlanAnswer,
  RejectFilter,
  RejectsAnswer,
  RetireAnswer,
  RevertPlan,
  SourceStatus,
} from "./answers";
import type { ApiKey, CreateKeyRequest } from "./api";
import type { AuditAnswer, DiffAnswer, ExportedEntry, ExportSummary, KeptSeal, SealsAnswer, WhoAnswer } from "./audit";
import type { ErasureAnswer, ErasureRequest } from "./erasure";
import type { HoldSummary } from "./holds";
import type { InitAnswer, InitRequest } from "./init";
import type { CreateAdministrator, GrantRequest, LocalAdministrator, LocalGrant } from "./local-access";
import type { Identity, IdentityPage, LiveAnswer, LoginAnswer, LoginCall, VerifyAnswer } from "./login";
import type { MappingTestsAnswer } from "./mapping-tests";
import type { GivenFile, TrialAnswer, TrialRequest } from "./mapping-trials";
import type { NotifyTest } from "./notify";
import type { AdmittedAnswer, DrillAnswer, OfflineReport } from "./offline";
import type { RecordAnswer, RecordRequest } from "./recorded-test";
import type { ReplayAnswer } from "./replay";
import type { PruneAnswer, PruneRequest } from "./retention";
import type { RevertRequest } from "./revert";
import type { RunEvent } from "./run-events";
import type { RunReport, RunSummary, Trigger } from "./runs";
import type { WhyAnswer, WhyRequest } from "./why";

export interface AppOptions {
  /** The folder worked in: holds `jobs/`, `mappings/`, `.env` and `.understudy/`. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--log-level`; otherwise LOG_LEVEL, otherwise info for a process that stays and warn for a command that ends. */
  readonly logLevel: string | null;
  /** A process that stays tells what it does. */
  readonly lasting?: boolean;
}

export interface SyncRequest {
  readonly source: string;
  readonly only: readonly string[] | null;
  readonly user: string | null;
  readonly full: boolean;
  readonly planId: string | null;
  readonly trigger: Trigger;
  readonly onEvent: (event: RunEvent) => void;
  /** Aborting finishes the batch at hand and ends the run as interrupted. */
  readonly signal: AbortSignal;
}

/** The caller that asked for a run: hears how it goes and may end it. */
export type Follower = Pick<SyncRequest, "trigger" | "onEvent" | "signal">;

export interface ReplayRequest extends Pick<SyncRequest, "source" | "onEvent" | "signal"> {
  /** Name of a stream. */
  readonly entity: string;
  /** Records in the place of the kept ones. */
  readonly file: GivenFile | null;
  /** Read the upstream instead. */
  readonly live: boolean;
}

export interface ExportRequest extends Pick<ExportSummary, "source" | "since" | "until"> {
  /**
   * Is given the entries one batch after the other, and resolves when the next may come: with false when no more are
   * wanted.
   */
  readonly take: (entries: readonly ExportedEntry[]) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Parts of the service that one process is asked to be. */
export interface OperateRequest {
  readonly clock: boolean;
  readonly worker: boolean;
  /** Answers applications; otherwise health and metrics alone. */
  readonly api: boolean;
  /** Where to listen; what is null is asked of the environment. `port` 0 takes any free one. */
  readonly host: string | null;
  readonly port: number | null;
  /** Listens also when neither the command nor the environment names a port. */
  readonly listens: boolean;
  /** Aborting ends every part within 25 seconds, with the state safe. */
  readonly signal: AbortSignal;
}

/** Everything a command can ask for. Rejects with a `Failure` for whatever is expected to go wrong. */
export interface App {
  /** Names of all sources that have a job file. */
  sources(): Promise<readonly string[]>;
  /** With `wait` a busy source is waited for instead of answered with exit 7. */
  sync(request: SyncRequest & { readonly wait: boolean }): Promise<RunReport>;
  /** Puts the run into the queue and leaves it to a worker. `workers` are alive at this moment. */
  detach(
    request: Omit<SyncRequest, "onEvent" | "signal">,
  ): Promise<{ readonly run: RunSummary; readonly workers: number }>;
  /** Lists the first changes, with `full` all of them. */
  plan(request: Omit<SyncRequest, "planId">): Promise<PlanAnswer>;
  runs(filter: { source: string | null; limit: number }): Promise<readonly RunSummary[]>;
  showRun(run: number): Promise<RunSummary>;
  showSource(source: string): Promise<SourceStatus>;
  showPerson(source: string, key: string): Promise<PersonAnswer>;
  /** Where a person's value came from: the mapping, the raw record, the run and what caused its change. */
  why(request: WhyRequest): Promise<WhyAnswer>;
  holds(filter: { source: string | null; all: boolean }): Promise<readonly HoldSummary[]>;
  /** Reports of runs that held something without a hold to release, unless it was read again since. Newest first. */
  heldBack(source: string | null): Promise<readonly RunReport[]>;
  /** What a run held, change by change: the first of them, with `full` all. */
  showHold(request: { run: number; full: boolean }): Promise<HoldAnswer>;
  /** Marks the hold released and runs the source at once; the run applies it only if the held set is still the same. */
  releaseHold(request: { run: number; expect: number } & Follower): Promise<RunReport>;
  rejectHold(request: { run: number; trigger: Trigger }): Promise<HoldSummary>;
  /** Validates every file. Contacts nothing, unless asked to sample the records that no document describes. */
  check(sampling?: { readonly signal: AbortSignal }): Promise<CheckAnswer>;
  /** Runs the tests in mapping files, named as SOURCE, SOURCE/ENTITY or a path; all of them when none is. Contacts nothing. */
  testMappings(targets: readonly string[]): Promise<MappingTestsAnswer>;
  /** Shows what a mapping makes of records; writes nothing. */
  tryMapping(request: TrialRequest): Promise<TrialAnswer>;
  /** Drafts a job and mappings from an OpenAPI document; contacts nothing. */
  init(request: InitRequest): Promise<InitAnswer>;
  doctor(): Promise<readonly DoctorCheck[]>;
  /** With `roles` it also gives separate database roles their rights, and again whenever it is asked from then on. */
  migrate(request: { roles: boolean }): Promise<MigrateAnswer>;
  status(): Promise<readonly SourceStatus[]>;
  /** `since` leaves out what was before; a moment as RFC 3339 text. */
  auditUser(source: string, key: string, since: string | null): Promise<AuditAnswer>;
  auditWho(request: { source: string; role: string; at: string | null }): Promise<WhoAnswer>;
  /** What differs between two moments; without `to` until now. Lists the first records and links, with `full` all of them. */
  auditDiff(request: { source: string; from: string; to: string | null; full: boolean }): Promise<DiffAnswer>;
  /**
   * Every entry of the audit as it is at this moment, oldest first. Null when not all of them were wanted.
   *
   * @throws Failure RUN004 when it is interrupted
   */
  auditExport(request: ExportRequest): Promise<ExportSummary | null>;
  /** Whether the audit says what it said when it was sealed; and, of a seal that was kept outside, whether it is still there. */
  verifyAudit(kept: KeptSeal | null): Promise<SealsAnswer>;
  /**
   * Seals the entries told so far, if the database was used at all. What cannot be sealed now is left to the next
   * process.
   */
  sealAudit(): Promise<void>;
  /**
   * Takes away what was kept long enough, or tells what that is.
   *
   * @throws Failure RET001 for a clock that is not believed, RET002 while another process does the same
   */
  prune(request: PruneRequest): Promise<PruneAnswer>;
  /** A test of the mapping, made of a real record with nobody real in it. */
  recordTest(request: RecordRequest): Promise<RecordAnswer>;
  /** What the mapping as it stands now would change, over records that are there already; nothing is written. */
  replayMapping(request: ReplayRequest): Promise<ReplayAnswer>;
  /** Takes over a changed key. Without a number it only tells what would be renamed; with one it renames if as many are. */
  rekey(request: { source: string; entity: string; expect: number | null } & Follower): Promise<RunReport>;
  /** Records that could not be mapped, those that are rejected longest first. */
  rejects(filter: RejectFilter): Promise<RejectsAnswer>;
  /** What undoing a run would change; changes nothing. */
  planRevert(request: RevertRequest & { full: boolean }): Promise<RevertPlan>;
  /** Undoes a run, if that takes as many changes as expected and nothing of it changed since. */
  revert(request: RevertRequest & { expect: number } & Follower): Promise<RunReport>;
  retireSource(request: { source: string; expect: number; trigger: Trigger }): Promise<RetireAnswer>;
  /** Erases a person who is gone, or only tells what there is to erase. @throws Failure USE002, USE003, USE004, RUN001 */
  erasePerson(request: ErasureRequest): Promise<ErasureAnswer>;
  /** Sends a test message to everybody whom the job of a source names. */
  testNotify(source: string, signal: AbortSignal): Promise<readonly NotifyTest[]>;
  /** Lets somebody in, or not. @throws Failure USE002, LOG001 for a source nobody signs in at, and what is wrong with its files */
  login(call: LoginCall): Promise<LoginAnswer>;
  /** The same after the customer's system was asked in a sign-in by browser. */
  concludeLogin(answer: LiveAnswer): Promise<LoginAnswer>;
  /** The same with the steps that led to it. */
  verifyLogin(call: LoginCall): Promise<VerifyAnswer>;
  /** @throws Failure USE002, USE003 for somebody who is not there, USE005 while the source answers no questions */
  identity(source: string, key: string): Promise<Identity>;
  /**
   * In the order of their keys, tombstones left out; `after` is an earlier page's `next`, `limit` 1 to 1,000. `username` and
   * `email` compare without regard to case.
   */
  identities(request: {
    source: string;
    after: string | null;
    limit: number;
    username: string | null;
    email: string | null;
  }): Promise<IdentityPage>;
  /** @throws Failure USE002, USE003 for a person or role that is not there, USE004 for one granted already or an end in the past */
  grantRole(request: GrantRequest): Promise<LocalGrant>;
  /** Those that stand; with `all` also those that ended. */
  grants(filter: { source: string; user: string | null; all: boolean }): Promise<readonly LocalGrant[]>;
  /** @throws Failure USE003 for a grant that is not there, or ended already */
  revokeGrant(request: { source: string; id: number; by: string; reason: string | null }): Promise<LocalGrant>;
  /** Somebody who signs in at the source `local`, about whom no customer's system is asked. @throws Failure USE004 for a name that is taken */
  createAdministrator(request: CreateAdministrator): Promise<LocalAdministrator>;
  administrators(): Promise<readonly LocalAdministrator[]>;
  /** With every session. @throws Failure USE003 for nobody of that name */
  removeAdministrator(request: { name: string; by: string; reason: string | null }): Promise<void>;
  /** How ready the source is for an outage. @throws Failure USE002, LOG001, USE005 */
  offlineReport(source: string): Promise<OfflineReport>;
  /** Forces the fallback for so many milliseconds; null ends it. @throws Failure LOG003 where there is nothing to fall back to */
  drill(request: { source: string; for: number | null; by: string; reason: string | null }): Promise<DrillAnswer>;
  /** People whom the mirror let in; `since` is RFC 3339, otherwise the last 30 days. */
  admitted(request: { source: string; since: string | null }): Promise<AdmittedAnswer>;
  /** `key` is shown this once. @throws Failure USE002 for a source nobody knows, API001 for a name that is taken, USE004 for an end in the past */
  createKey(request: CreateKeyRequest): Promise<ApiKey & { readonly key: string }>;
  /** With `all` also those that are revoked or over. */
  keys(filter: { all: boolean }): Promise<readonly ApiKey[]>;
  /** From then on it opens nothing. @throws Failure API002 */
  revokeKey(request: { name: string; by: string }): Promise<ApiKey>;
  /** Is the service, or parts of it, until the signal is aborted. */
  operate(request: OperateRequest): Promise<void>;
  close(): Promise<void>;
}
