import { EXIT_OF, type Outcome, type QueuedRun, type RunReport } from "../../domain/runs";

/** A run that is being worked. */
export type WorkedRun = Pick<QueuedRun, "run" | "source" | "trigger"> & { readonly startedAt: Date };

type Head = Pick<RunReport, "run" | "source" | "outcome" | "exitCode" | "trigger" | "startedAt" | "finishedAt">;

/** What every report begins with: which run it was, how it ended, and when. */
export const reportHead = (
  { run, source, trigger, startedAt }: WorkedRun,
  outcome: Outcome,
  finishedAt: Date,
): Head => ({
  run,
  source,
  outcome,
  exitCode: EXIT_OF[outcome],
  trigger,
  startedAt: startedAt.toISOString(),
  finishedAt: finishedAt.toISOString(),
});
