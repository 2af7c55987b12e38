/**
 * G6: a process that is killed with SIGKILL after any of its steps (statements, COPY data, requests) leaves a source that is
 * free at once, and the next run ends in the state of an undisturbed one, with exactly one audit row a change. Afterwards a
 * plan has nothing left to do. The same when it is not the process that is lost but its connections to the database; then it
 * may go on by itself.
 *
 *     npx jest g06-killed-anywhere                             a step of each scenario, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g06-killed-anywhere       struck after that step alone
 *     npm run faults -- g06-killed-anywhere                    after every step, until none is left
 */
import { FAULT_SCENARIOS } from "../support/fault-scenarios";
import { type Attempt, type FaultStage, openFaultStage } from "../support/fault-stage";
import { tryEveryStep } from "../support/steps";

const HOURS = 3_600_000;

describe.each(FAULT_SCENARIOS)("$name", (scenario) => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await openFaultStage(scenario);
  });
  afterAll(() => stage?.close());

  async function strikeEveryStep(
    test: string,
    fate: "SIGKILL" | "CUT",
    follows: (attempt: Attempt, report: unknown) => Promise<unknown>,
  ): Promise<void> {
    const campaign = { file: "g06-killed-anywhere", test: `${scenario.name} ${test}`, sent: stage.sent };
    await tryEveryStep(campaign, async (at) => {
      const attempt = await stage.attempt();
      try {
        const struck = attempt.start({ strike: { at, fate } });
        const report = await struck.ended;
        await follows(attempt, report);
        return (await struck.steps()).struck;
      } finally {
        await attempt.drop();
      }
    });
  }

  test(
    "killed",
    () =>
      strikeEveryStep("killed", "SIGKILL", async (attempt, report) => {
        if (report === null) await holderIsGone(attempt);
        await attempt.settles();
      }),
    HOURS,
  );

  test(
    "cut off",
    () =>
      strikeEveryStep("cut off", "CUT", async (attempt, report) => {
        if (report !== null)
          expect(report).toMatchObject({ outcome: expect.stringMatching(`${stage.end.outcome}|store`) });
        await attempt.settles();
      }),
    HOURS,
  );
});

/** Postgres sees that a session of a dead process is gone when it next looks. */
async function holderIsGone({ sql }: Attempt): Promise<void> {
  const holder = `select from sync.sources s
    join pg_stat_activity a on a.pid = s.holder_pid and a.backend_start = s.holder_session_started`;
  while ((await sql(holder)).length > 0);
}
