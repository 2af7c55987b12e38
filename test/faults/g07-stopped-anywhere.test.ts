/**
 * G7: a run that is stopped with SIGSTOP after any of its steps, overtaken by another one, and continued, writes nothing any more;
 * in the middle of a COPY and while it commits, too. Both together leave what an undisturbed run leaves.
 *
 *     npx jest g07-stopped                                    a scenario, after a few steps: any, a commit, a COPY
 *     UNDERSTUDY_KILL_AT=37 npx jest g07-stopped              after that step alone
 *     npm run faults -- g07-stopped                           after every step, until none is left
 */

import { endLease } from "../support/end-lease";
import { FAULT_SCENARIOS } from "../support/fault-scenarios";
import { type Attempt, type FaultStage, openFaultStage } from "../support/fault-stage";
import { chosen, tryEveryStep } from "../support/steps";
import { SharedProcess } from "../support/sync-process";
import { waitsForLock } from "../support/waits-for-lock";

let stage: FaultStage;
afterEach(() => stage?.close());

test.each(chosen(FAULT_SCENARIOS, 1))(
  "$name",
  async (scenario) => {
    stage = await openFaultStage(scenario);
    const { name: test } = scenario;
    const share = (count: number) => new SharedProcess(count);
    await tryEveryStep(
      { file: "g07-stopped", test, sent: stage.sent, kinds: [/commit/, /: copy | d /i], share },
      async (at, shared) => {
        const attempt = await stage.attempt();
        try {
          const paused = attempt.start({ strike: { at, signal: "SIGSTOP" } }, shared);
          const { struck } = await paused.steps();
          if (!struck) return false;
          await endLease(attempt);
          const second = attempt.run();
          await endsOrWaits(attempt, second);
          const [first, { outcome }] = [await paused.goOn(), await second];
          // It went on before it was overtaken, or was refused; in the end the database says of it what it says itself.
          expect(["busy", stage.end.outcome]).toEqual(expect.arrayContaining([first?.outcome, outcome]));
          expect(await outcomeOf(attempt, first?.run)).toBe(first?.outcome === "busy" ? "interrupted" : first?.outcome);
          await attempt.settles();
          return true;
        } finally {
          await attempt.drop();
        }
      },
    );
  },
  3_600_000,
);

/** Until the run has ended, or cannot go on before another session does. */
async function endsOrWaits(attempt: Attempt, run: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  void run.then(end, end);
  await waitsForLock(attempt, () => hasEnded);
}

async function outcomeOf({ sql }: Attempt, run: number | undefined): Promise<unknown> {
  const [row] = await sql<{ outcome: string }>("select outcome from sync.runs where id = $1", [run]);
  return row?.outcome;
}
