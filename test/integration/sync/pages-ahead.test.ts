/** Pages that are asked for ahead may be answered in another order: what a list proves must not rest on theirs. */
import { crowd, JOB, recordsOf, startSyncedWorld, type World } from "../../support/world";

const ONE_WITNESS = JOB.replace("deletes: [sweep, 'state = \"purged\"']", "deletes: sweep-now");
const PAGE = 10;
const LAST = 4 * PAGE;
/** So long the page before the last waits for the last one to come first, in milliseconds. */
const PATIENCE = 300;

let world: World;
afterEach(() => world.close());

test.each([
  ["counts on its first page alone", (from: number) => from === 0],
  ["remembers its count for a while", () => true],
])("who comes between two pages moves nobody past them, where a system %s", async (_name, counts) => {
  world = await startSyncedWorld({ "jobs/acme.yaml": ONE_WITNESS }, (fresh) => {
    fresh.users = crowd(LAST + 5);
  });
  const total = world.users.length;
  let cameFirst = (): void => undefined;
  const lastCame = new Promise<void>((resolve) => {
    cameFirst = resolve;
  });
  world.upstream.on("/users", async ({ query }) => {
    const from = Number(query.get("offset"));
    if (from === LAST - PAGE) {
      await Promise.race([lastCame, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      world.users.splice(from + 5, 0, { id: "new", login: "newcomer", state: "on" });
    }
    const items = world.users.slice(from, from + PAGE);
    if (from === LAST) cameFirst();
    return { body: { items, ...(counts(from) ? { total } : {}) } };
  });
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ new: 1, gone: 0, complete: false });
});
