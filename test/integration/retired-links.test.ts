import type { SourceStatus } from "../../src/domain/answers";
import { realCommand } from "../support/real-command";
import { linksOf, startSyncedWorld, USERS, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const show = (...more: readonly string[]) =>
  realCommand(world.home, ["show", "acme", ...more], {
    env: { DATABASE_URL: world.databaseUrl, REDIS_URL: "", UPSTREAM_URL: world.upstream.url },
  });
const retired = async () => (JSON.parse((await show("--json")).out) as SourceStatus).retiredLinks;

test("a list that a mapping takes no more keeps its links, and the source says so", async () => {
  expect(await retired()).toEqual([]);
  await world.write("mappings/acme/users.yaml", USERS.replace(/^ {2}roles:.*\n/m, ""));
  const { after } = linksOf(await world.sync(), "user_roles");
  expect(after).toBeGreaterThan(0);
  expect(await retired()).toEqual([{ kind: "user_roles", origin: "users.roles", count: after }]);

  // What nobody describes any more as a whole is told by its own line, and what goes on is not told.
  expect((await show()).out).toMatch(/^ *user_roles +\d+ +no file describes these any more; they are kept$/m);
  await world.write("mappings/acme/users.yaml", USERS);
  expect(await retired()).toEqual([]);
});
