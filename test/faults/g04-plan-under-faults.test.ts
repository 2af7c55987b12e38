/**
 * G4 with an upstream that fails: what a plan makes of it, the run makes of it, by itself or by the plan's name; and afterwards a
 * plan has nothing left to do. Without faults, and against the audit, see `g04-plan-is-sync.test.ts`.
 *
 *     UNDERSTUDY_SEED=42 npx jest g04     one world
 *     npm run faults -- g04               500
 */
import type { RunReport } from "../../src/domain/runs";
import { seeds } from "../support/chance";
import type { RunChoices, Worker } from "../support/create-runner";
import { createRandom } from "../support/random";
import { SimulatedCustomer } from "../support/simulated-customer";
import { openSimulation, type SimulationStage } from "../support/simulation";
import { WAYS } from "../support/twelve-pages";

let stage: SimulationStage;
let worker: Worker;
beforeAll(async () => {
  stage = await openSimulation();
  worker = stage.workerOn(stage.database);
});
afterAll(() => stage.close());

test.each(seeds(3, 500))("a random world, again by UNDERSTUDY_SEED=%d", async (one) => {
  const random = createRandom(one);
  const source = `w${one}`;
  const run = async (choices: RunChoices): Promise<RunReport> => {
    const asked = { source, ...choices };
    return worker.work(await worker.queue(asked), asked);
  };
  const customer = new SimulatedCustomer(random, random.one(WAYS), stage.upstreamUrl);
  await stage.enter(
    customer,
    source,
    random.one(["one: '/users/{key}', deletes: sweep", "deletes: sweep", "deletes: sweep-now"]),
  );
  for (let night = 0; night < 2; night += 1) {
    for (let changes = random.below(14); changes > 0; changes -= 1) customer.change();
    if (random.below(4) === 0) customer.fail(random.one(["told", "unseen"]));
    const planned = await run({ mode: "plan" });
    customer.failAgain();
    const byName = random.below(2) === 0 && planned.exitCode !== 4;
    const done = await run(byName ? { planId: planned.plan } : {});
    const { plan, entities, outcome, rejects, hold } = planned;
    expect(plan).not.toBeNull();
    expect(done).toMatchObject({ plan, entities, outcome, rejects });
    if (!byName) expect(done.hold?.hash).toBe(hold?.hash);
    // Who is absent for the first time may be gone by the second.
    const waits = Object.values(entities).some((counts) => "absent" in counts && counts.absent > 0);
    customer.failAgain();
    if (!waits) expect(await changesOf(await run({ mode: "plan" }))).toEqual([]);
    customer.heal();
    // No plan goes on from a run that was interrupted.
    await stage.sql("update sync.checkpoints set at = at - interval '1 day' where source = $1", [source]);
  }
});

const changesOf = ({ plan, source }: RunReport): Promise<readonly unknown[]> =>
  stage.sql("select entity, key, kind from sync.plan_changes where source = $1 and plan = $2 and not held", [
    source,
    plan,
  ]);
