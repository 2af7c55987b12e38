import type { Job } from "../domain/job";
import type { RunOptions, Trigger } from "../domain/runs";

export interface RunRequest {
  readonly run: number;
  readonly job: Job;
  readonly options: RunOptions;
  readonly trigger: Trigger;
  readonly startedAt: Date;
}
