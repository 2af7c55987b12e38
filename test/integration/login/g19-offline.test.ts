/** G19: offline only with a verifier that the customer's system vouched for at most so long ago; a clock set back is no help. */

import { Pepper } from "../../../src/passwords/pepper";
import { LoginHouse, PEPPER, seed, sql } from "../../support/login-house";
import { HOUR } from "../../support/login-world";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(made.database, ["ada", "bob"]);
});
afterAll(() => made.drop());
beforeEach(async () => {
  for (const table of ["verifiers", "failures", "clock"]) await sql(made.database, `delete from login.${table}`);
});

test.each([
  [72, 72],
  [1, 1],
  [120, 120],
  // Whatever a policy says, nothing is believed for longer.
  [500, 120],
])("with `offline: %d h` the mirror answers for %d h, to the millisecond", async (offline, hours) => {
  const house = new LoginHouse(made.database, { policy: { offline: offline * HOUR } });
  await house.letIn("ada", "right");
  house.now += hours * HOUR;
  expect(await house.try("ada", "right")).toBe("mirror");
  house.now += 1;
  expect(await house.try("ada", "right")).toBe("unavailable");
});

test("with 0 it is off, and nothing is kept", async () => {
  const house = new LoginHouse(made.database, { policy: { offline: 0 } });
  await house.letIn("ada", "right");
  expect(await house.try("ada", "right")).toBe("unavailable");
  expect(await sql(made.database, "select from login.verifiers")).toEqual([]);
});

test("being let in by the mirror extends nothing, being let in by the customer's system does", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  for (let i = 0; i < 72; i += 1) {
    house.now += HOUR;
    expect(await house.try("ada", "right")).toBe("mirror");
  }
  house.now += 1;
  expect(await house.try("ada", "right")).toBe("unavailable");
  await house.letIn("ada", "right");
  house.now += 72 * HOUR;
  expect(await house.try("ada", "right")).toBe("mirror");
});

test("a clock that was set back lets nobody in, also to a time at which the verifier was young", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  const made_ = house.now;
  house.now += 80 * HOUR;
  expect(await house.try("ada", "right")).toBe("unavailable");
  house.now = made_ + HOUR;
  expect(await house.try("ada", "right")).toBe("unavailable");
  // Another process with its clock as it should be goes on; the one that is behind knows from it.
  const other = new LoginHouse(made.database);
  other.now = made_ + 79 * HOUR;
  expect(await other.try("ada", "right")).toBe("unavailable");
});

test("a process whose clock is far ahead shuts nobody else out", async () => {
  const house = new LoginHouse(made.database);
  await house.journal.saw(Date.now() + 30 * 24 * 3_600_000, 0);
  expect(await house.journal.seenAt()).toBeLessThan(Date.now() + 3_600_000);
});

test("once a clock that was far ahead is right, the next login counts as any other", async () => {
  const ahead = new LoginHouse(made.database);
  ahead.now = Date.now() + 10 * 365 * 24 * HOUR;
  await ahead.letIn("ada", "right");
  ahead.live = { outcome: "refused" };
  await ahead.letIn("bob", "right");
  await ahead.try("bob", "right");
  const house = new LoginHouse(made.database);
  house.now = Date.now() + 120_000;
  for (const key of ["ada", "bob"]) {
    await house.letIn(key, "another");
    expect(await house.try(key, "another")).toBe("mirror");
  }
});

test("a verifier of a time to come answers nobody", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  await sql(made.database, "update login.verifiers set vouched_at = vouched_at + interval '2 minutes'");
  expect(await house.try("ada", "right")).toBe("unavailable");
});

test("who was never let in cannot be let in by the mirror, and is not refused for it", async () => {
  const house = new LoginHouse(made.database);
  expect(await house.try("bob", "right")).toBe("unavailable");
  expect(await house.try("nobody", "right")).toBe("refused");
});

test("who signs in by another name than the mirror has is found by it offline", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right", "Ada@Example.com");
  expect(await house.try("ada@example.com", "right")).toBe("mirror");
  expect(await house.try("ada@example.com", "wrong")).toBe("refused");
  expect(await house.try("ada", "right")).toBe("mirror");
});

test("with another pepper who signs in by another name is found as before, and the name leads to one person", async () => {
  const before = new LoginHouse(made.database);
  await before.letIn("ada", "right", "ada@example.com");
  const pepper = new Pepper("a pepper that takes the place of another");
  const house = new LoginHouse(made.database, { pepper, previous: PEPPER });
  expect(await house.try("ada@example.com", "right")).toBe("mirror");
  await house.letIn("bob", "right", "ada@example.com");
  expect(await house.answer("ada@example.com", "right")).toMatchObject({ basis: "mirror", subject: { key: "bob" } });
  expect(await sql(made.database, "select key from login.verifiers where login is not null")).toEqual([{ key: "bob" }]);
});

test("somebody's user name is nobody else's other name", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("bob", "of bob");
  await house.letIn("ada", "of ada", "bob");
  expect(await house.try("bob", "of ada")).toBe("refused");
  expect(await house.try("bob", "of bob")).toBe("mirror");
});

test("what somebody typed once is nobody's user name where the customer's system has vouched for one", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right", "adam");
  expect(await house.try("adam", "right")).toBe("mirror");
  expect(await house.directory.keyOf("acme", "adam")).toBeNull();
  expect(await house.directory.keyOf("acme", "ADA")).toBe("ada");
});

test("what two have typed leads to whoever was let in by it last", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "of ada", "shared");
  await house.letIn("bob", "of bob", "shared");
  expect(await house.try("shared", "of ada")).toBe("refused");
  expect(await house.try("shared", "of bob")).toBe("mirror");
  expect(await house.try("ada", "of ada")).toBe("mirror");
});

describe("the account", () => {
  const column = (text: string) => sql(made.database, `update mirror.users set ${text} where key = 'ada'`);
  afterEach(() =>
    column(
      "status = 'active', tombstoned_at = null, valid_from = null, valid_until = null, password_changed_at = null",
    ),
  );

  test.each([
    ["status = 'disabled'", "refused"],
    ["status = 'locked'", "refused"],
    ["tombstoned_at = now()", "refused"],
    ["valid_until = '2026-01-05T12:00:00Z'", "refused"],
    ["valid_from = '2026-01-05T12:00:00.001Z'", "refused"],
    ["password_changed_at = '2026-01-05T12:00:00.001Z'", "unavailable"],
    ["valid_until = '2026-01-05T12:00:00.001Z', valid_from = '2026-01-05T12:00:00Z'", "mirror"],
    ["password_changed_at = '2026-01-05T11:59:59Z'", "mirror"],
  ])("with %s is %s, also when a verifier is left", async (change, expected) => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "right");
    await column(change);
    expect(await house.try("ada", "right")).toBe(expected);
  });
});
