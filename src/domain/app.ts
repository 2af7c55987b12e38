/** What the command line, and later the HTTP service, can ask for. Implemented by `app.ts`. */
import type {
  AuditAnswer,
  CheckAnswer,
  DoctorCheck,
  MigrateAnswer,
  PersonAnswer,
  PlanAnswer,
  SourceStatus,
} from "./answers";
import type { HoldSummary, RunEvent, RunReport, RunSummary, Trigger } from "./runs";

export interface AppOptions {
  /** The folder worked in: holds `jobs/`, `mappings/`, `.env` and `.understudy/`. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--log-level`; otherwise LOG_LEVEL, otherwise warn on a terminal and info elsewhere. */
  readonly logLevel: string | null;
}

export interface SyncRequest {
  readonly source: string;
  readonly only: readonly string[] | null;
  readonly user: string | null;
  readonly full: boolean;
  readonly planId: string | null;
  readonly trigger: Trigger;
  readonly follow: (event: RunEvent) => void;
  /** Aborting finishes the batch at hand and ends the run as interrupted. */
  readonly signal: AbortSignal;
}

/** Everything a command can ask for. Rejects with a `Failure` for whatever is expected to go wrong. */
export interface App {
  /** Names of all sources that have a job file. */
  sources(): Promise<readonly string[]>;
  sync(request: SyncRequest): Promise<RunReport>;
  plan(request: Omit<SyncRequest, "planId">): Promise<PlanAnswer>;
  runs(filter: { source: string | null; limit: number }): Promise<readonly RunSummary[]>;
  showRun(run: number): Promise<RunSummary>;
  showSource(source: string): Promise<SourceStatus>;
  showPerson(source: string, key: string): Promise<PersonAnswer>;
  holds(filter: { source: string | null; all: boolean }): Promise<readonly HoldSummary[]>;
  /** Marks the hold released and runs the source at once; the run applies it only if the held set is still the same. */
  releaseHold(
    request: { run: number; expect: number } & Pick<SyncRequest, "trigger" | "follow" | "signal">,
  ): Promise<RunReport>;
  rejectHold(request: { run: number; trigger: Trigger }): Promise<HoldSummary>;
  /** Validates every file; contacts nothing. */
  check(): Promise<CheckAnswer>;
  doctor(): Promise<readonly DoctorCheck[]>;
  migrate(): Promise<MigrateAnswer>;
  status(): Promise<readonly SourceStatus[]>;
  auditUser(source: string, key: string): Promise<AuditAnswer>;
  close(): Promise<void>;
}
