/** A record that says that it was changed in the future, by a system that tells the time or none. */

import { SINCE_JOB } from "../../support/changing-upstream";
import { counts, person, putAll, startToldChanges, type ToldChanges } from "../../support/told-changes";

const HOUR = 60 * 60_000;
const NOTE =
  "of `users` a record says that it was changed at 9999-12-31 00:00:00 UTC, which is still to come: that does not count";

let { world, users, close } = {} as ToldChanges;
beforeEach(async () => {
  ({ world, users, close } = await startToldChanges(SINCE_JOB, (changing) => {
    changing.hidesClock = true;
    changing.clock = Date.now() - 5 * HOUR;
    putAll(changing);
  }));
});
afterEach(() => close());

const isStampedInTheFuture = (number: number): void => {
  world.users[number - 1]!.updatedAt = "9999-12-31T00:00:00Z";
};

test.each([
  ["first", 3],
  ["last", 12],
])("on the %s page it moves no mark, and is told", async (_, number) => {
  isStampedInTheFuture(number);
  expect((await world.sync()).notes).toContain(NOTE);
  users.clock += HOUR;
  users.put(person(1, { name: "Changed" }));
  const report = await world.sync();
  expect(counts(report)).toMatchObject({ incremental: true, changed: 1 });
  expect(report.notes).toContain(NOTE);
  users.clock += HOUR;
  users.put(person(2, { name: "Changed, too" }));
  expect(counts(await world.sync())).toMatchObject({ incremental: true, changed: 1 });
});

test("a mark that it moved before is given up", async () => {
  await world.sync();
  await world.sql("update sync.watermarks set value = '9999-12-31T00:00:00.000Z'");
  users.put(person(1, { name: "Changed" }));
  expect((await world.sync()).notes).toContain(
    "`users` is read in full by the next run too: its changes were asked for from a time that is still to come",
  );
  expect(counts(await world.sync())).toMatchObject({ complete: true, changed: 1 });
  expect(counts(await world.sync())).toMatchObject({ incremental: true });
});

test("where all records say so, everything is read", async () => {
  for (let number = 1; number <= 12; number += 1) isStampedInTheFuture(number);
  expect((await world.sync()).notes).toContain(
    "`users` is read in full by the next run too: all times at `updatedAt` are still to come",
  );
});

describe("where the system tells the time", () => {
  beforeEach(() => {
    users.hidesClock = false;
  });

  test("that bounds the mark, and such a record is told as well", async () => {
    isStampedInTheFuture(3);
    expect((await world.sync()).notes).toContain(NOTE);
    users.clock += HOUR;
    users.put(person(1, { name: "Changed" }));
    expect(counts(await world.sync())).toMatchObject({ incremental: true, changed: 1 });
  });

  test("one such record hides from nobody that changes are listed later than they were made", async () => {
    isStampedInTheFuture(3);
    const half = HOUR / 2;
    users.clock += half;
    await world.sync();
    // Made before that run began, and in the list only after it.
    const late = { ...person(1, { name: "Changed" }), updatedAt: new Date(users.clock - half / 2).toISOString() };
    world.users[0] = late;
    users.clock += HOUR;
    expect(counts(await world.sync())).toMatchObject({ incremental: true, changed: 1 });
  });

  test("what changes while a long list is read is not still to come", async () => {
    users.beforePage = (page) => {
      users.clock += 10 * 60_000;
      if (page === 2) users.put(person(12, { name: "Meanwhile" }));
      return null;
    };
    expect((await world.sync()).notes.join()).not.toContain("still to come");
  });

  test("where all records say so, the time is the system's own", async () => {
    for (let number = 1; number <= 12; number += 1) isStampedInTheFuture(number);
    expect((await world.sync()).notes).toContain(NOTE);
    users.clock += HOUR;
    expect(counts(await world.sync())).toMatchObject({ incremental: true });
  });
});
