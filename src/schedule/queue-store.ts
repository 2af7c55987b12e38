import type { Job, JobsOptions, JobType } from "bullmq";
import type { Failure } from "../domain/errors";
import type { RunEvent } from "../domain/run-events";
import type { Outcome } from "../domain/runs";

/** What a finished job leaves in the queue; the report itself is with the run in Postgres. */
export interface RunVerdict {
  readonly outcome: Outcome;
  readonly exitCode: number;
}

/** Events of a run from the `from`th on, counted from 0. What was told last comes again with what is new. */
export interface RunProgress {
  readonly from: number;
  readonly events: readonly RunEvent[];
}

/** What lies in a queue may be another program's, so nothing is known about its data. */
export type QueueJob = Job<unknown, RunVerdict | null, string, RunProgress>;
/** Returns what the queue keeps of the job. `token` proves the lock. */
type JobProcessor = (job: QueueJob, token?: string) => Promise<RunVerdict | null>;

interface Stumbling {
  /** Whatever goes wrong in the background. Most of it mends itself, and a lot of it is told. */
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface NewJob {
  readonly name: string;
  readonly data: object;
  readonly opts: JobsOptions;
}

/** What we use of BullMQ's Queue, Worker and QueueEvents, alike for both stores. */
export interface JobQueue extends Stumbling {
  waitUntilReady(): Promise<unknown>;
  add(name: string, data: object, options: JobsOptions): Promise<unknown>;
  addBulk(jobs: NewJob[]): Promise<unknown>;
  getJob(jobId: string): Promise<{ readonly progress: unknown } | undefined>;
  getJobs(states: JobType[]): Promise<Pick<QueueJob, "name" | "timestamp" | "remove">[]>;
  remove(jobId: string): Promise<number>;
  /** `unknown` for a job that is not there. */
  getJobState(jobId: string): Promise<string>;
  getJobCounts(...states: JobType[]): Promise<Record<string, number>>;
  /** Those of this queue in this namespace, whichever process they are in. */
  getWorkersCount(): Promise<number>;
  getGlobalConcurrency(): Promise<number | null>;
  setGlobalConcurrency(limit: number): Promise<unknown>;
  removeGlobalConcurrency(): Promise<unknown>;
  close(): Promise<void>;
}

interface JobWorker extends Stumbling {
  waitUntilReady(): Promise<unknown>;
  /** Resolves once the worker was closed and its jobs are done. */
  run(): Promise<void>;
  close(): Promise<void>;
  /** Cuts everything off, whatever is at hand. */
  abandon(): Promise<void>;
  /** Nothing waits any more. */
  on(event: "drained", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "progress", listener: (job: QueueJob, progress: RunProgress) => void): unknown;
}

interface JobEvents extends Stumbling {
  run(): Promise<void>;
  close(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "progress", listener: (told: { jobId: string; data: unknown }) => void): unknown;
  on(event: "completed" | "failed", listener: (told: { jobId: string }) => void): unknown;
}

/** Where the queue lives: Redis, or the schema `queue` of our own Postgres. The two differ in nothing but this. */
export interface QueueStore {
  /** For people: which server, its version, its settings; never a password. */
  readonly description: string;
  /** Aborted, with the `Failure` as its reason, once the store stayed away for longer than the reconnect timeout. */
  readonly lost: AbortSignal;
  /** @param eventsKept how many of the queue's own events are kept at least */
  openQueue(name: string, eventsKept?: number): JobQueue;
  /** The worker does not fetch before `run()` is called. */
  openWorker(name: string, process: JobProcessor, terms: WorkerTerms): JobWorker;
  /** Events after the one with this id; read once `run()` is called. */
  openEvents(name: string, after: string): JobEvents;
  /** The id of the latest event of a queue. */
  latestEvent(name: string): Promise<string>;
  /** The `Failure` for an error the store's driver threw. */
  unreachable(cause: unknown): Failure;
  /** The answer, or within seconds the `Failure` that says why there is none. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** One round trip, which tells whether the store can be written to. */
  ping(): Promise<void>;
  /** Cuts the connections; whatever still waits for the store is rejected. Safe to call twice. */
  close(): Promise<void>;
}

interface WorkerTerms {
  readonly autorun: false;
  readonly concurrency: number;
  /** Milliseconds for which a job is its worker's without a sign of life. */
  readonly lockDuration: number;
  /** How often jobs without a sign of life are looked for, in milliseconds. */
  readonly stalledInterval: number;
  readonly maxStalledCount: 0;
  readonly runRetryDelay: number;
  readonly removeOnComplete?: { readonly count: number };
  readonly removeOnFail?: { readonly count: number };
}

/**
 * Common to all workers. The lock of a job tells other processes that somebody lives; who may write is decided by the fence in
 * Postgres. A job whose process died is failed by a later check of any worker and never started again by the queue.
 */
const TERMS = { autorun: false, lockDuration: 30_000, maxStalledCount: 0 } as const;

/** A worker that serves one job, which is waited for. */
export const LOCAL_TERMS = { ...TERMS, concurrency: 1, stalledInterval: 30_000, runRetryDelay: 200 } as const;

/** One that stays. It looks three times a lock, so the place of a dead process is free again after 40 seconds at the latest. */
export const SHARED_TERMS = {
  ...TERMS,
  runRetryDelay: 1_000,
  // Of what other programs put here.
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 100 },
} as const;

/** BullMQ's own default: a Redis that was emptied comes back with it. */
export const EVENTS_KEPT = 10_000;

/** How long any question to the store may take, in milliseconds, before it counts as out of reach. */
export const ANSWER_TIMEOUT = 3_000;

/** Events announce themselves on both stores; on Postgres an announcement may be left out, so they are also looked for. */
export const EVENT_POLL_INTERVAL = 1_000;
