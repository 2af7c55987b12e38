import { CODES, type Code } from "../../../src/domain/error-codes";
import { afterRun, RETRY, type SlotSoFar } from "../../../src/mirror/after-run";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const ended = (code: string | null, slot: Partial<SlotSoFar> = {}) => {
  const error = code === null ? null : { code, message: "ann@example.com could not be read", fix: null };
  return afterRun({ error }, { attempts: 1, crashes: 0, left: HOUR, ...slot }, RETRY);
};

test("a run without an error is the end of its slot, whatever it found", () => {
  expect(ended(null)).toEqual({ state: "done", again: 0, attempts: 1, crashes: 0, note: null });
});

test.each(["UPS001", "UPS002", "UPS003", "UPS004", "UPS011", "RUN005", "DB001", "DB010", "DB020"])(
  "%s is tried five times, with pauses that double",
  (code) => {
    const pauses = [1, 2, 3, 4].map((attempts) => ended(code, { attempts }));
    expect(pauses.map(({ state }) => state)).toEqual(["due", "due", "due", "due"]);
    expect(pauses.map(({ again }) => again)).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
    expect(ended(code, { attempts: 5 })).toMatchObject({ state: "failed", attempts: 5 });
  },
);

test("what would be tried again after grace is given up at once", () => {
  expect(ended("UPS003", { attempts: 3, left: 4 * MINUTE })).toMatchObject({ state: "due" });
  expect(ended("UPS003", { attempts: 3, left: 4 * MINUTE - 1 })).toMatchObject({
    state: "failed",
    note: "UPS003: the customer's system is failing, and too late to try again within grace",
  });
});

test.each(["CFG001", "MAP012", "UPS005", "UPS014", "RUN006", "BUG001", "NEW999"])("%s is not tried again", (code) => {
  expect(ended(code)).toMatchObject({ state: "failed", attempts: 1 });
});

test.each([
  ["RUN004", 0],
  ["RUN001", 2_000],
  ["RUN003", 2_000],
])("%s was no attempt", (code, again) => {
  expect(ended(code, { attempts: 5, left: -1 })).toMatchObject({ state: "due", again, attempts: 4, crashes: 0 });
});

test("a slot whose process died is due at once, and set aside after the third time", () => {
  expect(ended("RUN007")).toMatchObject({ state: "due", again: 0, crashes: 1 });
  expect(ended("RUN007", { crashes: 1 })).toMatchObject({ state: "due", again: 0, crashes: 2 });
  expect(ended("RUN007", { crashes: 2 })).toMatchObject({
    state: "failed",
    crashes: 3,
    note: "set aside: the process that worked it died 3 times",
  });
});

test("no note repeats a message, which may name a person", () => {
  for (const code of Object.keys(CODES) as Code[])
    for (const attempts of [1, 5]) expect(ended(code, { attempts }).note).not.toContain("ann@");
});
