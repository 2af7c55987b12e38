/**
 * G6: a process that is killed with SIGKILL after any of its steps (statements, COPY data, requests) leaves a source that is
 * free at once, and the next run ends in the state of an undisturbed one, with exactly one audit row a change. Afterwards a
 * plan has nothing left to do.
 *
 *     npx jest g06-killed-anywhere                             a few steps of each scenario, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g06-killed-anywhere       killed after that step alone
 *     npm run faults -- g06-killed-anywhere                    after every step, until none is left
 */
import type { RunReport } from "../../src/domain/runs";
import { type Dump, differences } from "../support/dump-database";
import { FAULT_SCENARIOS, type FaultScenario } from "../support/fault-scenarios";
import { type Attempt, type FaultStage, openFaultStage } from "../support/fault-stage";
import { tryEveryStep } from "../support/steps";

let stage: FaultStage;
afterEach(() => stage.close());

test.each(FAULT_SCENARIOS)(
  "$name",
  async (scenario) => {
    stage = await openFaultStage(scenario);
    const { name: test } = scenario;
    const { total, ...expected } = await runUndisturbed(stage, scenario);
    await tryEveryStep({ file: "g06-killed-anywhere", test, total }, async (step) => {
      const attempt = await stage.attempt();
      const killed = attempt.start({ signalAt: { step, signal: "SIGKILL" } });
      const survived = (await killed.ended) !== null;
      try {
        if (!survived) await settles(attempt, scenario, expected);
      } catch (error) {
        if (error instanceof Error) error.message = `it had sent ${killed.steps().last}\n${error.message}`;
        throw error;
      } finally {
        await attempt.drop();
      }
      return !survived;
    });
  },
  3_600_000,
);

/** How a run ends and what it leaves, and what a plan then says is left to do. */
interface End {
  readonly outcome: string;
  readonly plan: string | null;
  readonly dump: Dump;
  readonly left: RunReport["entities"];
}

async function runUndisturbed(on: FaultStage, { options }: FaultScenario): Promise<End & { readonly total: number }> {
  const attempt = await on.attempt();
  const run = attempt.start();
  const report = await run.ended;
  if (report?.error !== null) throw new Error(`an undisturbed run ends with ${JSON.stringify(report)}`);
  const dump = await attempt.dump();
  const { entities: left } = await attempt.run({ mode: "plan" });
  await attempt.drop();
  if (options?.mode !== "plan") expect(changesIn(left)).toBe(0);
  return { outcome: report.outcome, plan: report.plan, dump, left, total: run.steps().steps };
}

/** The next run ends as an undisturbed one, and leaves what that leaves. */
async function settles(attempt: Attempt, { options }: FaultScenario, expected: End): Promise<void> {
  await holderIsGone(attempt);
  const again = await attempt.run();
  expect(again).toMatchObject({ outcome: expected.outcome, error: null });
  expect(differences(expected.dump, await attempt.dump())).toEqual([]);
  if (options?.mode === "plan") expect(again.plan).toBe(expected.plan);
  expect((await attempt.run({ mode: "plan" })).entities).toEqual(expected.left);
}

const changesIn = (entities: RunReport["entities"]): number =>
  Object.values(entities)
    .map((counts) =>
      "fetched" in counts
        ? counts.new + counts.changed + counts.restored + counts.gone
        : counts.granted + counts.revoked,
    )
    .reduce((sum, count) => sum + count, 0);

/** Postgres sees that a session of a dead process is gone when it next looks. */
async function holderIsGone({ sql }: Attempt): Promise<void> {
  const holder = `select from sync.sources s
    join pg_stat_activity a on a.pid = s.holder_pid and a.backend_start = s.holder_session_started`;
  while ((await sql(holder)).length > 0);
}
