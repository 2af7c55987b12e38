/** `ignore:` in a job: what changes at every read is no change, and a record in which nothing else changed is not looked at. */
import { crowd, JOB, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
afterEach(() => world.close());

const PEOPLE = 20;
const users = async () => recordsOf(await world.sync(), "users");
const ignoring = (...paths: readonly string[]): string => {
  const job = JOB.replace(/^ {2}users:\n/m, `  users:\n    ignore: [${paths.join(", ")}]\n`);
  if (job === JOB) throw new Error("the job says nowhere what users are");
  return job;
};

test("what is ignored changes nothing by itself, and everything else does", async () => {
  world = await startWorld({ "jobs/acme.yaml": ignoring("seenAt") });
  world.users = crowd(PEOPLE);
  await world.sync();
  for (const [index, person] of world.users.entries()) person.seenAt = `2026-11-26T10:00:${10 + index}Z`;
  expect(await users()).toMatchObject({ same: PEOPLE, changed: 0, unparsed: PEOPLE, volatile: false });
  world.users[3]!.name = "Changed";
  expect(await users()).toMatchObject({ changed: 1, same: PEOPLE - 1, unparsed: PEOPLE - 1 });
});

test("a job that ignores something else looks at every record again", async () => {
  world = await startWorld({ "jobs/acme.yaml": ignoring("seenAt") });
  world.users = crowd(PEOPLE);
  await world.sync();
  await world.write("jobs/acme.yaml", ignoring("seenAt", "readAt"));
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: 0 });
  expect(await users()).toMatchObject({ same: PEOPLE, unparsed: PEOPLE });
});
