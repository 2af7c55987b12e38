import * as fc from "fast-check";
import { readSafeguard } from "../../../src/config/read-policies";
import { isBeyondBelief } from "../../../src/domain/beyond-belief";
import type { Population } from "../../../src/domain/staging";
import { isOverRemovalLimit, weighPopulation } from "../../../src/sync/safeguard";

const POLICY = readSafeguard(null);

const population = (some: Partial<Population>): Population => ({
  entity: "users",
  before: 1_000,
  fetched: 1_000,
  rejected: 0,
  changed: 0,
  removals: 0,
  removedBefore: 0,
  complete: true,
  created: 0,
  known: 1_000,
  ...some,
});

const rulesFor = (some: Partial<Population>): readonly string[] =>
  weighPopulation(population(some), POLICY).map(({ rule, holds }) => `${rule}: ${holds}`);

/** The rule as it is written down, in whole numbers: over 5 % with at least 10, over half with at least 3, or 500. */
const isOverByModel = (removals: number, before: number): boolean =>
  (removals >= 10 && 20 * removals > before) || (removals >= 3 && 2 * removals > before) || removals >= 500;

/** Sizes that lie about a limit more often than chance would have it. */
const sizes = fc.nat({ max: 12_000 }).chain((before) => {
  const edges = [3, 10, 500, Math.floor(before / 20), Math.floor(before / 2), before];
  const removals = fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }))
    .map(([edge, off]) => edge + off);
  return fc.tuple(fc.oneof(removals, fc.nat({ max: before })), fc.constant(before));
});

test("the limit of removals is the rule as written, at every boundary", () => {
  fc.assert(
    fc.property(sizes, ([removals, before]) => {
      const asked = Math.max(0, Math.min(removals, before));
      expect(isOverRemovalLimit(asked, before, POLICY.removals)).toBe(isOverByModel(asked, before));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [2, 2, false],
  [2, 3, false],
  [3, 6, false],
  [3, 5, true],
  [9, 18, false],
  [9, 180, false],
  [10, 200, false],
  [10, 199, true],
  [11, 200, true],
  [499, 10_000, false],
  [500, 1_000_000, true],
])("%d of %d: over the limit is %s", (removals, before, over) => {
  expect(isOverRemovalLimit(removals, before, POLICY.removals)).toBe(over);
});

test("removals are held if those of the run and of the week before are over the limit together, and only if there are any", () => {
  fc.assert(
    fc.property(sizes, fc.nat({ max: 600 }), ([removals, before], removedBefore) => {
      const asked = Math.max(0, Math.min(removals, before));
      // An enumeration that is not complete is neither empty nor shrunk, so the limit stands alone.
      const rules = rulesFor({ before, removals: asked, removedBefore, fetched: 1, complete: false });
      const over = asked > 0 && isOverByModel(asked + removedBefore, before + removedBefore);
      expect(rules).toEqual(over ? ["removals: removals"] : []);
    }),
    { numRuns: 2_000 },
  );
});

test("what is judged by a run stays judged when it is split over several", () => {
  fc.assert(
    fc.property(fc.nat({ max: 5_000 }), fc.array(fc.nat({ max: 60 }), { maxLength: 12 }), (before, runs) => {
      let removed = 0;
      for (const asked of runs) {
        const removals = Math.min(asked, before - removed);
        const now = { before: before - removed, removals, removedBefore: removed, fetched: 1, complete: false };
        if (rulesFor(now).length === 0) removed += removals;
      }
      expect(isOverByModel(removed, before)).toBe(false);
    }),
  );
});

test("an empty answer removes nobody, however few there were; an enumeration that broke off is not empty", () => {
  expect(rulesFor({ fetched: 0, before: 1, removals: 1 })).toEqual(["empty: removals"]);
  expect(rulesFor({ fetched: 0, before: 1, removals: 1, complete: false })).toEqual([]);
  expect(rulesFor({ fetched: 0, before: 0 })).toEqual([]);
});

test("over 1 % of bad records hold the removals; over 40 %, from 20, are beyond belief", () => {
  expect(rulesFor({ rejected: 10, removals: 1 })).toEqual([]);
  expect(rulesFor({ rejected: 11, removals: 1 })).toEqual(["rejects: removals"]);
  expect(rulesFor({ rejected: 11 })).toEqual([]);
  expect(isBeyondBelief(20, 50)).toBe(false);
  expect(isBeyondBelief(20, 49)).toBe(true);
  expect(isBeyondBelief(19, 19)).toBe(false);
});

test("a list that shrank by more than a tenth holds the removals, also where the job allows many", () => {
  const policy = { ...POLICY, removals: 0.5 };
  const rules = (fetched: number, removals: number) =>
    weighPopulation(population({ fetched, removals, before: 1_000 }), policy).map(({ rule }) => rule);
  expect(rules(900, 100)).toEqual([]);
  expect(rules(899, 101)).toEqual(["shrink"]);
  expect(rules(899, 9)).toEqual([]);
});

test("over 40 % of changed records, from 20, are held, beside removals", () => {
  expect(rulesFor({ before: 50, changed: 20 })).toEqual([]);
  expect(rulesFor({ before: 50, changed: 21 })).toEqual(["changes: changes"]);
  expect(rulesFor({ before: 19, changed: 19 })).toEqual([]);
  expect(rulesFor({ before: 50, changed: 21, removals: 30 })).toEqual(["removals: removals", "changes: changes"]);
});
