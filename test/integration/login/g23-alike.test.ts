/**
 * G23: unknown, disabled, locked and wrong are answered alike, and after the same work: as many hashes, and statements that differ
 * by no more than one. How long that takes on a clock is measured by `test/faults/g23-medians.test.ts`.
 */
import type { LoginPolicy } from "../../../src/domain/login";
import { LoginHouse, seed, sql } from "../../support/login-house";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(made.database, ["ada", "off", "shut", "locked"]);
  const house = new LoginHouse(made.database);
  for (const key of ["ada", "off", "shut", "locked"]) await house.letIn(key, "right");
  await sql(made.database, "update mirror.users set status = 'disabled' where key = 'off'");
  await sql(made.database, "update mirror.users set status = 'locked' where key = 'shut'");
});
afterAll(() => made.drop());
beforeEach(() => sql(made.database, "delete from login.failures"));

const MODES: readonly [string, Partial<LoginPolicy>, "refused" | "away"][] = [
  ["live-first, live", { mode: "live-first" }, "refused"],
  ["live-first, in an outage", { mode: "live-first" }, "away"],
  ["mirror-first, live", { mode: "mirror-first" }, "refused"],
  ["mirror-first, in an outage", { mode: "mirror-first" }, "away"],
  ["mirror-only", { mode: "mirror-only" }, "refused"],
  ["live-only", { mode: "live-only" }, "refused"],
];

test("a yes about a user name that nobody has here is answered as a no is", async () => {
  const house = new LoginHouse(made.database);
  const seen: string[] = [];
  for (const live of [{ outcome: "refused" }, { outcome: "accepted", key: null }] as const)
    for (const login of ["ada", "nobody"]) {
      house.live = live;
      const hashes = house.hashes;
      seen.push(JSON.stringify([await house.answer(login, "wrong"), house.hashes - hashes]));
    }
  expect(new Set(seen)).toEqual(new Set(['[{"result":"refused"},1]']));
});

describe.each(MODES)("%s", (_, policy, live) => {
  test("four kinds of people are answered with the same words after the same hashes", async () => {
    const house = new LoginHouse(made.database, { policy });
    house.live = live === "refused" ? { outcome: "refused" } : { outcome: "unavailable", reason: "timeout" };
    // Ten failures and what comes of them.
    for (let i = 0; i < 6; i += 1) await house.try("locked", "wrong");
    const seen: Record<string, unknown> = {};
    for (const login of ["ada", "nobody", "off", "shut", "locked"]) {
      const hashes = house.hashes;
      const answer = await house.answer(login, "wrong");
      seen[login] = JSON.stringify({ answer, hashes: house.hashes - hashes });
    }
    expect(new Set(Object.values(seen)).size).toBe(1);
    expect(seen.ada).toMatch(/^{"answer":{"result":"refused"},"hashes":[12]}$/);
  });
});
