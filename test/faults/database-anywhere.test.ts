/**
 * A session that ends before any statement of a run, or with the answer to it on the way, and is replaced: the run itself ends
 * as an undisturbed one, with exactly one audit row a change, and a plan has nothing left to do.
 *
 *     npx jest database-anywhere                             at a statement of two kinds of runs, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest database-anywhere       at that one alone: even before it, odd after it was done
 *     npm run faults -- database-anywhere                    at every statement of every kind of run
 */
import { Client } from "pg";
import { chance } from "../support/chance";
import { differences } from "../support/dump-database";
import { FAULT_SCENARIOS, LANDING } from "../support/fault-scenarios";
import { type Attempt, type FaultStage, openFaultStage } from "../support/fault-stage";
import { processOf, type StatementWatch, watchStatements } from "../support/statements";
import { tryEveryStep } from "../support/steps";

const SCENARIOS =
  process.env.UNDERSTUDY_KILL_AT === undefined ? [chance.one(FAULT_SCENARIOS.slice(1)), LANDING] : FAULT_SCENARIOS;

let stage: FaultStage;
let attempt: Attempt;
/** Ends the others. */
let ending: Client;
afterEach(() => stage?.close());

test.each(SCENARIOS)(
  "$name",
  async (scenario) => {
    stage = await openFaultStage(scenario);
    const sent: string[] = [];
    await struck((send, _session, _isPromised, text) => {
      sent.push(`before ${text}`, `after ${text}`);
      return send();
    });
    await tryEveryStep({ file: "database-anywhere", test: scenario.name, sent }, async (step) => {
      let left = Math.floor(step / 2) + 1;
      await struck((send, session, isPromised) => {
        left -= 1;
        if (left !== 0) return send();
        const ended = () => ending.query("select pg_terminate_backend($1, 5000)", [processOf(session)]);
        if (!isPromised) return [send(), void ended()][0];
        return step % 2 === 0 ? ended().then(send) : loseAnswer(send, ended);
      });
      return left <= 0;
    });
  },
  3_600_000,
);

async function loseAnswer(send: () => unknown, ended: () => Promise<unknown>): Promise<never> {
  await send();
  await ended();
  throw new Error("Connection terminated unexpectedly");
}

/** A run on a database of its own, all of whose statements pass by `watch`. */
async function struck(watch: StatementWatch): Promise<void> {
  attempt = await stage.attempt();
  ending = new Client({ connectionString: attempt.url });
  await ending.connect();
  try {
    const spy = watchStatements(watch, ending);
    const report = await attempt.run();
    spy.mockRestore();
    expect(report).toMatchObject({ outcome: stage.end.outcome, error: null });
    expect(differences(stage.end.dump, await attempt.dump())).toEqual([]);
    expect((await attempt.run({ mode: "plan" })).entities).toEqual(stage.end.left);
  } finally {
    jest.restoreAllMocks();
    await ending.end();
    await attempt.drop();
  }
}
