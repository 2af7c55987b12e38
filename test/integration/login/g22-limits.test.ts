/** G22: five failures are free, then one waits; ten lock. One count for all processes, all modes, and however the login is written. */
import type { LoginAnswer } from "../../../src/domain/login";
import { LOST_AFTER } from "../../../src/login/limits";
import { eventually } from "../../support/eventually";
import { LoginHouse, seed, sql } from "../../support/login-house";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(made.database, ["ada", "bob"]);
});
afterAll(() => made.drop());
beforeEach(async () => {
  await sql(made.database, "delete from login.failures");
  await sql(made.database, "delete from login.clock");
});

const counted = async (): Promise<unknown> =>
  (
    await sql(made.database, "select coalesce(max(failures), 0) as failures from login.failures where kind = 'login'")
  )[0]?.failures;

/** Seconds to wait after 1, 2, 3 … failures in a row. */
const WAITS = [0, 0, 0, 0, 0, 30, 60, 120, 240, 1800, 1800, 1920, 3600, 3600];

test.each(["ada", "nobody"])("five failures are free, then 30 s doubling, and ten lock: %s", async (login) => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  for (const [index, wait] of WAITS.entries()) {
    expect(await house.try(login, "wrong")).toBe("refused");
    expect(await counted()).toBe(index + 1);
    house.now += wait * 1000 - 1;
    // The right password is refused as the wrong one is, as long as it is locked, and counts for nothing.
    if (wait > 0) expect(await house.try(login, "right")).toBe("refused");
    expect(await counted()).toBe(index + 1);
    house.now += 1;
  }
  expect(await house.try("ada", "right")).toBe("mirror");
});

test("the right password forgets the failures, live and offline", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  for (let i = 0; i < 5; i += 1) await house.try("ada", "wrong");
  expect(await house.try("ada", "right")).toBe("mirror");
  expect(await counted()).toBe(0);
  house.live = { outcome: "refused" };
  for (let i = 0; i < 5; i += 1) await house.try("ada", "wrong");
  await house.letIn("ada", "right");
  expect(await counted()).toBe(0);
});

test("one count is shared by processes, modes, ways of writing, and live and offline", async () => {
  const [one, other] = [
    new LoginHouse(made.database),
    new LoginHouse(made.database, { policy: { mode: "mirror-only" } }),
  ];
  await one.letIn("ada", "right");
  await one.try("ada", "wrong");
  one.live = { outcome: "refused" };
  await one.try("ADA", "wrong");
  await one.try("Ada", "wrong");
  await other.try("ada", "wrong");
  await other.try("aDa", "wrong");
  await other.try("ada", "wrong");
  expect(await counted()).toBe(6);
  expect(await one.try("ada", "right")).toBe("refused");
  expect(await other.try("ADA", "right")).toBe("refused");
  // A process that begins now knows, too.
  expect(await new LoginHouse(made.database).try("ada", "right")).toBe("refused");
});

test("a name with spaces around it, or with what nobody sees in it, has one count", async () => {
  const house = new LoginHouse(made.database);
  house.live = { outcome: "refused" };
  const written = ["nobody", " nobody", "nobody  ", "\tnobody", "no\u200bbody", "nobody\u00a0"];
  for (const name of written) await house.try(name, "wrong");
  expect(await counted()).toBe(written.length);
});

test.each([
  { outcome: "unavailable", reason: "timeout" },
  { outcome: "unavailable", reason: "service-account" },
  { outcome: "indeterminate", reason: "rate-limited" },
  { outcome: "indeterminate", reason: "nonsense" },
] as const)("what is no definite no counts for nothing: $reason", async (live) => {
  const house = new LoginHouse(made.database);
  house.live = live;
  for (let i = 0; i < 20; i += 1) expect(await house.try("bob", "right")).toBe("unavailable");
  expect(await counted()).toBe(0);
  await house.letIn("bob", "right");
  await sql(made.database, "delete from login.verifiers");
});

test("a login that its process did not live to end has failed", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  for (let i = 0; i < 6; i += 1)
    await house.attempts.begin({ source: "acme", login: "ada", address: null }, house.now + i);
  house.now += LOST_AFTER;
  // As long as they may still be under way nobody knows.
  expect(await house.answer("ada", "right")).toEqual({ result: "unavailable", retryAfter: 1 });
  house.now += 6;
  await house.attempts.begin({ source: "acme", login: "ada", address: null }, house.now);
  expect(await counted()).toBe(6);
  // Seven of them.
  house.now += LOST_AFTER + 1;
  expect(await house.try("ada", "wrong")).toBe("refused");
  expect(await counted()).toBe(8);
  expect(await house.try("ada", "right")).toBe("refused");
});

describe("a process whose clock is far ahead", () => {
  afterEach(() => sql(made.database, "delete from login.clock; delete from login.verifiers"));

  test("keeps nobody out for longer than others do", async () => {
    const ahead = new LoginHouse(made.database);
    ahead.now = Date.now() + 10 * 365 * 24 * 3_600_000;
    ahead.live = { outcome: "refused" };
    for (let i = 0; i < 60; i += 1) await ahead.try(i < 6 ? "ada" : `nobody ${i}`, "wrong", { address: "192.0.2.7" });
    const house = new LoginHouse(made.database);
    house.now = Date.now();
    house.live = { outcome: "accepted", key: "ada" };
    // Twenty minutes pass.
    await sql(
      made.database,
      "update login.failures set at = at - interval '20 min', begun_at = begun_at - interval '20 min'",
    );
    expect(await house.try("ada", "right", { address: "192.0.2.7" })).toBe("live");
  });

  test("gives no fresh guesses", async () => {
    const ahead = new LoginHouse(made.database);
    ahead.now = Date.now() + 10 * 365 * 24 * 3_600_000;
    ahead.live = { outcome: "refused" };
    for (let i = 0; i < 6; i += 1) {
      await ahead.try("ada", "wrong");
      ahead.now += 48 * 3_600_000;
    }
    expect(await counted()).toBe(6);
    ahead.live = { outcome: "accepted", key: "ada" };
    expect(await ahead.try("ada", "right")).toBe("refused");
  });
});

test("the right password forgets what processes that died left under way", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  for (let i = 0; i < 4; i += 1) {
    house.now += LOST_AFTER / 2;
    for (let dead = 0; dead < 5; dead += 1)
      await house.attempts.begin({ source: "acme", login: "ada", address: null }, house.now);
    expect(await house.try("ada", "right")).toBe("mirror");
  }
});

test("of many guesses at once no more are asked about than may be made one after the other", async () => {
  const house = new LoginHouse(made.database);
  house.live = { outcome: "refused" };
  let asked = 0;
  house.meanwhile = async () => {
    asked += 1;
  };
  const guesses = await Promise.all(Array.from({ length: 30 }, (_, i) => house.try("ada", `guess ${i}`)));
  expect(guesses.filter((answer) => answer === "refused").length).toBeGreaterThanOrEqual(6);
  expect(new Set([...guesses, "unavailable"])).toEqual(new Set(["refused", "unavailable"]));
  expect(asked).toBe(6);
  expect(await counted()).toBe(6);
});

test.each(["ada", "nobody"])(
  "of many logins at once none is called wrong that nobody was asked about: %s",
  async (login) => {
    const house = new LoginHouse(made.database);
    const isThere = login === "ada";
    house.live = isThere ? { outcome: "accepted", key: "ada" } : { outcome: "indeterminate", reason: "nonsense" };
    let asked = 0;
    const beyond: LoginAnswer[] = [];
    house.meanwhile = async () => {
      asked += 1;
      if (asked < 6)
        await eventually(
          async () => beyond.length,
          (answered) => answered === 4,
        );
      else for (let i = 0; i < 4; i += 1) beyond.push(await house.answer(login, "right"));
    };
    const begun = await Promise.all(Array.from({ length: 6 }, () => house.try(login, "right")));
    expect(new Set(begun)).toEqual(new Set([isThere ? "live" : "unavailable"]));
    expect(beyond).toEqual(Array(4).fill({ result: "unavailable", retryAfter: 1 }));
    const rows = await sql(made.database, "select failures, under_way from login.failures where kind = 'login'");
    expect(rows).toEqual([{ failures: 0, under_way: 0 }]);
    house.meanwhile = async () => undefined;
    expect(await house.try(login, "right")).toBe(isThere ? "live" : "unavailable");
  },
);

describe("by address", () => {
  const address = "198.51.100.7";

  test("so many failures from one address keep it out for a while, whoever is meant; others go on", async () => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "right");
    for (let i = 0; i < 50; i += 1) expect(await house.try(`nobody ${i}`, "x", { address })).toBe("refused");
    const answer = await house.answer("ada", "right", address);
    expect(answer).toEqual({ result: "unavailable", retryAfter: 900 });
    expect(await house.try("ada", "right", { address: "198.51.100.8" })).toBe("mirror");
    expect(await house.try("ada", "right")).toBe("mirror");
    house.now += 900_000;
    expect(await house.try("ada", "right", { address })).toBe("mirror");
  });

  test("an IPv6 address counts with its /64, an IPv4 address in disguise as without it", async () => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "right");
    for (let i = 0; i < 50; i += 1) await house.try(`nobody ${i}`, "x", { address: `2001:db8:0:1::${i.toString(16)}` });
    expect(await house.try("ada", "right", { address: "2001:db8:0:1:ffff::1" })).toBe("unavailable");
    expect(await house.try("ada", "right", { address: "2001:db8:0:2::1" })).toBe("mirror");
    const written = ["::ffff:198.51.100.1", "198.51.100.1", "::ffff:c633:6401", "0:0:0:0:0:FFFF:198.51.100.1"];
    for (let i = 0; i < 50; i += 1) await house.try(`none ${i}`, "x", { address: written[i % 4]! });
    for (const address of written)
      expect([address, await house.try("ada", "right", { address })]).toEqual([address, "unavailable"]);
    for (const address of ["198.51.100.2", "::ffff:198.51.100.2", "::ffff:c633:6402"])
      expect([address, await house.try("ada", "right", { address })]).toEqual([address, "mirror"]);
  });

  test("when a source is guessed at from many addresses, each may guess less, and who guesses not goes on", async () => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "right");
    await sql(
      made.database,
      "insert into login.failures (source, kind, subject, failures, at) values ('acme', 'source', '', 499, $1)",
      [new Date(house.now).toISOString()],
    );
    for (let i = 0; i < 5; i += 1) await house.try(`nobody ${i}`, "x", { address });
    expect(await house.try("ada", "right", { address })).toBe("unavailable");
    expect(await house.try("ada", "right", { address: "198.51.100.8" })).toBe("mirror");
  });
});

test("what is typed is kept nowhere in plain text", async () => {
  const house = new LoginHouse(made.database);
  await house.try("hunter2-in-the-wrong-field", "hunter3", { address: "198.51.100.77" });
  const rows = await sql(made.database, "select f::text as row from login.failures f");
  expect(rows.length).toBe(3);
  expect(JSON.stringify(rows)).not.toMatch(/hunter|198\.51/);
});
