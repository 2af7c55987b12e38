/**
 * G4: what a plan shows is what a run does. Random worlds of a customer, small changes and landslides: the hash of the plan is the
 * hash of the run, and what the plan lists, held things apart, is to the letter what the run tells the audit.
 *
 *     UNDERSTUDY_SEED=42 npx jest g04     the same worlds again
 */
import { HoldStore } from "../../src/mirror/hold-store";
import { isWhole, seeds } from "../support/chance";
import { createRandom } from "../support/random";
import { FILES_WITH_CHILDREN, RandomCustomer } from "../support/random-customer";
import { startWorld } from "../support/world";

const WORLDS_A_LIFE = isWhole ? 40 : 4;

const CHANGE = "jsonb_build_array(entity, key, related, scope, origin, kind, old, new, cause)::text as change";

test.each(seeds(1, 25))(
  "worlds of UNDERSTUDY_SEED=%d",
  async (seed) => {
    const world = await startWorld(FILES_WITH_CHILDREN);
    try {
      const random = createRandom(seed);
      const customer = new RandomCustomer(world, random);
      const holds = new HoldStore(world.database.knex);
      // What lands as it is read is in no plan.
      await world.sync();
      for (let at = 0; at < WORLDS_A_LIFE; at += 1) {
        for (let changes = random.one([0, 3, 10, 60]); changes > 0; changes -= 1) customer.change();
        const [open] = await holds.list({ source: "acme", all: false });
        if (open !== undefined && random.below(2) === 0) await holds.release(open.run, open.count, "test", null);

        const planned = await world.plan();
        const [stored] = await world.sql<{ hash: string }>("select hash from sync.plans where id = $1", [planned.plan]);
        const listed = await world.sql(
          `select ${CHANGE} from sync.plan_changes where plan = $1 and effective and not held order by 1`,
          [planned.plan],
        );
        const held = await world.sql<{ count: number }>(
          "select count(*) from sync.plan_changes where plan = $1 and held",
          [planned.plan],
        );

        const byPlan = random.below(3) === 0;
        const report = await world.sync(byPlan ? { planId: planned.plan } : {});
        expect(stored?.hash.slice(0, 12)).toBe(report.plan?.slice(2));
        expect(report).toMatchObject({ plan: planned.plan, entities: planned.entities, outcome: planned.outcome });
        expect(await world.sql(`select ${CHANGE} from audit.entries where run = $1 order by 1`, [report.run])).toEqual(
          listed,
        );
        expect(Number(held[0]?.count) > 0 || report.hold === null || report.hold.state !== "open").toBe(true);
      }
    } finally {
      await world.close();
    }
  },
  600_000,
);
