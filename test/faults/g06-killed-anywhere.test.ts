/**
 * G6: a process that is killed with SIGKILL after any of its steps (statements, COPY data, requests) leaves a source that is
 * free at once, and the next run ends in the state of an undisturbed one, with exactly one audit row a change. Afterwards a
 * plan has nothing left to do.
 *
 *     npx jest g06-killed-anywhere                             after a step of some scenarios, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g06-killed-anywhere       after that step alone
 *     npm run faults -- g06-killed-anywhere                    after every step, until none is left
 */
import { FAULT_SCENARIOS } from "../support/fault-scenarios";
import { type FaultStage, openFaultStage } from "../support/fault-stage";
import { holderIsGone } from "../support/holder-is-gone";
import { chosen, tryEveryStep } from "../support/steps";
import { SharedProcess } from "../support/sync-process";

let stage: FaultStage;
afterEach(() => stage?.close());

test.each(chosen(FAULT_SCENARIOS, 2))(
  "$name",
  async (scenario) => {
    stage = await openFaultStage(scenario);
    const { sent } = stage;
    const share = (count: number) => new SharedProcess(count);
    await tryEveryStep({ file: "g06-killed-anywhere", test: scenario.name, sent, share }, async (at, shared) => {
      const attempt = await stage.attempt();
      try {
        const killed = attempt.start({ strike: { at, signal: "SIGKILL" } }, shared);
        if ((await killed.ended) === null) await holderIsGone(attempt);
        await attempt.settles();
        return (await killed.steps()).struck;
      } finally {
        await attempt.drop();
      }
    });
  },
  3_600_000,
);
