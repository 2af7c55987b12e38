/** What the API tells of a source that was retired, and of one that was never read: waiting helps with the second alone. */
import { rm } from "node:fs/promises";
import { openApp } from "../../src/app";
import { problemOf } from "../../src/http/api/problems";
import { JOB, startSyncedWorld, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

test("a retired source is not there; one that was never read completely will be", async () => {
  const app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  const problems = async (source: string) => {
    const page = { source, after: null, limit: 10, username: null, email: null };
    const grant = { source, user: "u1", role: "r1", org: null, until: null, by: "api:portal", reason: "x" };
    const asked = [
      app.identity(source, "u1"),
      app.identities(page),
      app.identities({ ...page, username: "ann" }),
      app.grantRole(grant),
    ];
    const told = await Promise.all(asked.map((one) => one.then(() => null, problemOf)));
    return told.map((problem) => [problem?.statusCode, problem?.headers]);
  };
  try {
    await rm(`${world.home}/jobs/acme.yaml`);
    await app.retireSource({ source: "acme", expect: 3, trigger: { kind: "cli", by: "ops@desk", reason: "over" } });
    expect(await problems("acme")).toEqual(Array(4).fill([404, {}]));
    await world.write("jobs/gamma.yaml", JOB.replace("source: acme", "source: gamma"));
    expect(await problems("gamma")).toEqual(Array(4).fill([503, { "retry-after": "60" }]));
  } finally {
    await app.close();
  }
});
