/** The first that is asked of a source whose system cannot be reached, as whoever tries it out meets it. */
import type { PlanAnswer } from "../../src/domain/answers";
import { freePort } from "../support/free-ports";
import { realCommand } from "../support/real-command";
import { JOB, startWorld, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld({
    "jobs/acme.yaml": `${JOB}schedule: { cron: "0 3 * * *", timezone: Europe/Berlin }\n`,
  });
});
afterEach(() => world.close());

test("nothing is planned, no book is told, and the run that went wrong comes before the scheduler that is not there", async () => {
  const env = {
    DATABASE_URL: world.databaseUrl,
    REDIS_URL: "",
    UPSTREAM_URL: `http://127.0.0.1:${await freePort()}`,
  };
  const planned = await realCommand(world.home, ["plan", "acme", "--json"], { env });
  const { report, expiresAt } = JSON.parse(planned.out) as PlanAnswer;
  expect(planned.exitCode).toBe(4);
  expect({ plan: report.plan, expiresAt, code: report.error?.code }).toEqual({
    plan: null,
    expiresAt: null,
    code: "UPS001",
  });
  const synced = await realCommand(world.home, ["sync", "acme"], { env });
  expect(synced.out).not.toContain("fetched 0");
  const { out } = await realCommand(world.home, ["status"], { env });
  expect(out).toMatch(/run 2 ended without the customer's system \(.*\); no scheduler was ever seen; see why: /);
});
