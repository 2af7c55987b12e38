import { setTimeout as delay } from "node:timers/promises";
import { type FollowedRuns, unlessAlive } from "./follow-run";
import type { SharedQueue } from "./shared-queue";

interface Abandoned {
  readonly runs: Pick<FollowedRuns, "endDead"> & {
    /** Runs that have been queued for longer than anybody who lives leaves them without a job. */
    waitingLong(): Promise<readonly number[]>;
  };
  readonly queue: Pick<SharedQueue, "stateOf">;
}

/** By then a command that follows its run has put a lost job again. */
const RECHECK_AFTER = 1_000;

/**
 * Ends queued runs that nobody will take: their process died before it had put their job or worked it, or the queue lost the job
 * when nobody followed them any more.
 *
 * @throws Failure DB020 when the queue is out of reach
 */
export async function endAbandoned({ runs, queue }: Abandoned, recheckAfter = RECHECK_AFTER): Promise<void> {
  const suspected = await withoutJob(await runs.waitingLong(), queue);
  if (suspected.length === 0) return;
  await delay(recheckAfter);
  for (const run of await withoutJob(suspected, queue)) await runs.endDead(run).catch(unlessAlive);
}

async function withoutJob(runs: readonly number[], queue: Abandoned["queue"]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const run of runs) if (["gone", "ended"].includes(await queue.stateOf(run))) found.push(run);
  return found;
}
