/** Whoever comes while a list is read moves others from page to page. Nobody who was there may seem to be gone by that. */
import { crowd, JOB, recordsOf, startSyncedWorld, type World } from "../../support/world";

/** One witness is enough to say that somebody is gone. */
const FILES = { "jobs/acme.yaml": JOB.replace("deletes: [sweep, 'state = \"purged\"']", "deletes: sweep-now") };
const PAGE = 10;
/** So long the page before the last waits for the last one to come first, in milliseconds. */
const PATIENCE = 300;

let world: World;
afterEach(() => world.close());

const come = (at: number): void => void world.users.splice(at, 0, { id: "new", login: "newcomer", state: "on" });
const users = async () => recordsOf(await world.sync(), "users");

test.each([
  ["counts on its first page alone", (from: number) => from === 0],
  ["remembers its count for a while", () => true],
])("between two pages that are answered in another order, where a system %s", async (_name, counts) => {
  world = await startSyncedWorld(FILES, (fresh) => {
    fresh.users = crowd(45);
  });
  const total = world.users.length;
  let cameFirst = (): void => undefined;
  const lastCame = new Promise<void>((resolve) => {
    cameFirst = resolve;
  });
  world.upstream.on("/users", async ({ query }) => {
    const from = Number(query.get("offset"));
    if (from === 30) {
      await Promise.race([lastCame, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      come(35);
    }
    if (from === 40) cameFirst();
    return { body: { items: world.users.slice(from, from + PAGE), ...(counts(from) ? { total } : {}) } };
  });
  expect(await users()).toMatchObject({ new: 1, gone: 0, complete: false });
});

test("after the only page that counts them, where the last page is full", async () => {
  world = await startSyncedWorld(FILES, (fresh) => {
    fresh.users = crowd(40);
  });
  world.upstream.on("/users", ({ query }) => {
    const from = Number(query.get("offset"));
    if (from === 20 && world.users.length === 40) come(25);
    const items = world.users.slice(from, from + PAGE);
    return { body: { items, ...(from === 0 ? { total: world.users.length } : {}) } };
  });
  expect(await users()).toMatchObject({ new: 1, same: 40, gone: 0, complete: false });
  expect(await users()).toMatchObject({ same: 41, gone: 0, complete: true });
});
