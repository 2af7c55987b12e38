import { cp } from "node:fs/promises";
import { crowd, JOB, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await world.write("jobs/beta.yaml", JOB.replace("source: acme", "source: beta"));
  await cp(`${world.home}/mappings/acme`, `${world.home}/mappings/beta`, { recursive: true });
});
afterEach(() => world.close());

test("two sources of the same people, read at once, know nothing of each other", async () => {
  world.users = crowd(60);
  for (const state of ["on", "off", "on"]) {
    for (const user of world.users.slice(0, 2)) user.state = state;
    const reports = await Promise.all(["acme", "beta"].map((source) => world.sync({ source })));
    expect(reports.map(({ source, outcome }) => [source, outcome])).toEqual([
      ["acme", "ok"],
      ["beta", "ok"],
    ]);
  }
  world.users = crowd(59);
  expect(await world.sync({ source: "beta" })).toMatchObject({ outcome: "ok" });
  const bySource = (table: string, where: string) =>
    world.sql(`select source, count(*)::int as count from ${table} where ${where} group by source order by source`);
  expect(await bySource("mirror.users", "tombstoned_at is null")).toEqual([
    { source: "acme", count: 60 },
    { source: "beta", count: 59 },
  ]);
  expect(await bySource("mirror.user_roles", "effective")).toEqual([
    { source: "acme", count: 60 },
    { source: "beta", count: 59 },
  ]);
  expect(await bySource("audit.entries", "entity = 'users' and kind = 'update'")).toEqual([
    { source: "acme", count: 4 },
    { source: "beta", count: 4 },
  ]);
});
