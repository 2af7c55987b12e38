import type { Job, JobsOptions, JobType } from "bullmq";
import type { Failure } from "../domain/errors";
import type { Outcome, RunEvent } from "../domain/runs";

/** What a job carries: ids only, never personal data. */
export interface RunJob {
  readonly run: number;
  readonly source: string;
}

/** What a finished job leaves in the queue; the report itself is with the run in Postgres. */
export interface RunVerdict {
  readonly outcome: Outcome;
  readonly exitCode: number;
}

/** What is told since the last time, so that nobody who follows misses an event. */
interface RunProgress {
  readonly events: readonly RunEvent[];
}

export type SourceJob = Job<RunJob, RunVerdict, string, RunProgress>;
/** Returns what the queue keeps of the job. `token` proves the lock. */
type SourceProcessor = (job: SourceJob, token?: string) => Promise<RunVerdict>;

/** What we use of BullMQ's Queue and Worker, alike for both stores. */
export interface SourceQueue {
  add(name: string, job: RunJob, options: JobsOptions): Promise<unknown>;
  getJobs(states: JobType[]): Promise<Pick<SourceJob, "name" | "timestamp" | "remove">[]>;
  remove(jobId: string): Promise<number>;
  /** `unknown` for a job that is not there. */
  getJobState(jobId: string): Promise<string>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface SourceWorker {
  /** Resolves once the worker was closed and its job is done. */
  run(): Promise<void>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Nothing waits any more. */
  on(event: "drained", listener: () => void): unknown;
  on(event: "progress", listener: (job: SourceJob, progress: RunProgress) => void): unknown;
}

/** Where the queue lives: Redis, or the schema `queue` of our own Postgres. The two differ in nothing but this. */
export interface QueueStore {
  /** For people: which server, its version, its settings; never a password. */
  readonly description: string;
  /** Aborted, with the `Failure` as its reason, once the store stayed away for longer than our patience. */
  readonly lost: AbortSignal;
  openQueue(name: string): SourceQueue;
  /** The worker does not fetch before `run()` is called. */
  openWorker(name: string, process: SourceProcessor): SourceWorker;
  /** The `Failure` for an error the store's driver threw. */
  unreachable(cause: unknown): Failure;
  /** One round trip. */
  ping(): Promise<void>;
  /** Cuts the connections; whatever still waits for the store is rejected. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * A worker serves one job. Its lock tells other processes that somebody lives; who may write is decided by the fence in
 * Postgres. A job whose process died is failed by the next check, never started again.
 */
export const WORKER_OPTIONS = {
  autorun: false,
  concurrency: 1,
  lockDuration: 30_000,
  stalledInterval: 30_000,
  maxStalledCount: 0,
  runRetryDelay: 200,
} as const;

/** How many of the queue's own events a source keeps. */
export const EVENTS_KEPT = 1_000;
