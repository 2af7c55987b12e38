import { setTimeout as delay } from "node:timers/promises";
import { type IQueueBackend, type JobJson, Worker } from "bullmq";
import type { QueueJob, RunProgress, RunVerdict } from "./queue-store";

/** Milliseconds before a store that refuses is asked again. */
const RETRY_DELAY = 1_000;

/** BullMQ's worker, with edges taken off that only trouble shows. */
export class PatientWorker<B extends IQueueBackend, Connection> extends Worker<
  unknown,
  RunVerdict | null,
  string,
  B,
  RunProgress,
  Connection
> {
  /** A store that refuses (starting up, full, read-only) would be asked again at once, thousands of times a second. */
  protected override async moveToActive(token: string, name?: string): Promise<QueueJob> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (!this.closing) await delay(RETRY_DELAY);
      throw error;
    }
  }

  /** A job that is no JSON would stay in the worker's hands, unseen; so it becomes one that is not ours. */
  protected override createJob(json: JobJson, jobId: string): QueueJob {
    try {
      return super.createJob(json, jobId);
    } catch {
      return super.createJob({ ...json, data: "null", returnvalue: "null", stacktrace: "[]" }, jobId);
    }
  }

  /**
   * Closing waits for the jobs at hand and for the store; this does not. Locks are no longer renewed, and connections
   * cut.
   */
  async abandon(): Promise<void> {
    void this.close();
    // Ends the watch over other workers' jobs, which closing does last.
    await this.pause(true);
    await this.lockManager.close();
    await this.backend.close(true);
  }
}
