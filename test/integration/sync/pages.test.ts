/** Pages that were met before are neither cut nor parsed; what of their records may not rest on that is looked at all the same. */
import { crowd, recordsOf, startSyncedWorld, type World } from "../../support/world";

let world: World;
afterEach(() => world.close());

const PEOPLE = 40;
const users = async (choices?: Parameters<World["sync"]>[0]) => recordsOf(await world.sync(choices), "users");

/** Digests of the pages of users, and how many records they hold. */
const pages = () =>
  world.sql<{ page: string; records: number }>(
    "select encode(page, 'hex') as page, length(digests) / 16 as records from sync.pages where stream = 'users' order by page",
  );
const held = async (): Promise<number> => (await pages()).reduce((sum, { records }) => sum + records, 0);

async function startCrowd(): Promise<void> {
  world = await startSyncedWorld({}, (fresh) => {
    fresh.users = crowd(PEOPLE);
  });
}

test("a first load remembers its pages, a quiet night leaves them, a change replaces the one that it is on", async () => {
  await startCrowd();
  const first = await pages();
  expect(await held()).toBe(PEOPLE);
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE });
  expect(await pages()).toEqual(first);
  world.users[3]!.name = "Changed";
  expect(await users()).toMatchObject({ changed: 1, same: PEOPLE - 1, unparsed: PEOPLE - 1 });
  const after = await pages();
  expect(await held()).toBe(PEOPLE);
  expect(after.filter(({ page }) => !first.some((one) => one.page === page))).toHaveLength(1);
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE });
});

test("a page that returns as it was restores who was on it", async () => {
  await startCrowd();
  const [gone] = world.users.splice(6, 1);
  expect(await users()).toMatchObject({ gone: 1 });
  world.users.splice(6, 0, gone!);
  expect(await users()).toMatchObject({ restored: 1, same: PEOPLE - 1 });
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE });
});

test("what is held or rejected is looked at again, on a page that did not change", async () => {
  await startCrowd();
  world.users[0]!.login = "";
  expect(await users()).toMatchObject({ rejected: 1, unparsed: PEOPLE - 1 });
  expect(await users()).toMatchObject({ rejected: 1, unparsed: PEOPLE - 1 });
  world.users[0]!.login = "back";
  for (const person of world.users) person.state = "off";
  expect(await users()).toMatchObject({ held: PEOPLE });
  expect(await users()).toMatchObject({ held: PEOPLE, unparsed: 0 });
});

test("a page that comes twice is noticed", async () => {
  await startCrowd();
  world.users = [...world.users, ...world.users.map((person) => ({ ...person }))];
  expect(await users()).toMatchObject({ complete: false, gone: 0 });
});

test("a run that looks at everything remembers nothing new and leaves what there is", async () => {
  await startCrowd();
  const before = await pages();
  expect(await users({ full: true })).toMatchObject({ same: PEOPLE, unparsed: 0 });
  expect(await pages()).toEqual(before);
});
