/**
 * G23 by the clock: unknown, disabled, locked and wrong take alike long, at the median of interleaved samples within 5 %. What it
 * measures needs a quiet machine; that the work is the same is tested beside it, in `test/integration/login/g23-alike.test.ts`.
 */
import { COST } from "../../src/passwords/create-hasher";
import { isWhole } from "../support/chance";
import { LoginHouse, seed, sql } from "../support/login-house";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

const SAMPLES = 100;
const PEOPLE = ["ada", "nobody", "off", "locked"] as const;

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(made.database, ["ada", "off", "locked"]);
});
afterAll(() => made.drop());

const campaign = isWhole ? test : test.skip;

campaign(
  "four kinds of people are answered in the same time, hashed as in production",
  async () => {
    const house = new LoginHouse(made.database, { cost: COST });
    for (const key of ["ada", "off", "locked"]) await house.letIn(key, "right");
    await sql(made.database, "update mirror.users set status = 'disabled' where key = 'off'");
    for (let i = 0; i < 10; i += 1) {
      await house.try("locked", "wrong");
      if (i < 9) house.now += 3_600_000 / 10;
    }
    const took = new Map<string, number[]>(PEOPLE.map((login) => [login, []]));
    for (let i = 0; i < SAMPLES; i += 1)
      // Each is first as often as any other.
      for (let place = 0; place < PEOPLE.length; place += 1) {
        const login = PEOPLE[(i + place) % PEOPLE.length] ?? "ada";
        // The others are to be checked, not locked out.
        if (login !== "locked")
          await sql(made.database, "update login.failures set failures = 0 where kind <> 'login' or failures < 10");
        const begun = performance.now();
        expect(await house.try(login, "wrong")).toBe("refused");
        took.get(login)?.push(performance.now() - begun);
      }
    const medians = PEOPLE.map((login) => took.get(login)?.toSorted((a, b) => a - b)[SAMPLES / 2] ?? 0);
    const [least, most] = [Math.min(...medians), Math.max(...medians)];
    expect({ medians, isAlike: most / least < 1.05 }).toEqual({ medians, isAlike: true });
  },
  240_000,
);
