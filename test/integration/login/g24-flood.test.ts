/** G24: under a flood a login is answered or told to come again; nothing waits beyond the queue, and the process stays responsive. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { LoginHouse, seed } from "../../support/login-house";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(
    made.database,
    Array.from({ length: 200 }, (_, i) => `p${i}`),
  );
});
afterAll(() => made.drop());

test("of 200 at once as many are answered as have a place, the others hear when to come again, and then are answered", async () => {
  // At the least that anybody may hash with.
  const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  const house = new LoginHouse(made.database, { cost, policy: { mode: "live-first" } });
  const lag = monitorEventLoopDelay({ resolution: 5 });
  house.live = { outcome: "refused" };
  await house.try("p0", "wrong");
  lag.enable();
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => house.answer(`p${i}`, "wrong")));
  lag.disable();
  const busy = answers.filter(({ result }) => result === "unavailable");
  const refused = answers.filter(({ result }) => result === "refused");
  expect(busy.length + refused.length).toBe(200);
  expect(refused.length).toBeGreaterThanOrEqual(33);
  expect(refused.length).toBeLessThanOrEqual(35);
  expect(busy[0]).toEqual({ result: "unavailable", retryAfter: 1 });
  // The loop itself hashes nothing: of what a shared machine adds little is left at the median.
  expect(lag.percentile(50) / 1e6).toBeLessThan(100);
  expect(await house.try("p199", "wrong")).toBe("refused");
});
