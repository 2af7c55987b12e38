import * as fc from "fast-check";
import { readSafeguard } from "../../../../src/config/job/read-policies";
import { isBeyondBelief } from "../../../../src/domain/beyond-belief";
import type { Limits } from "../../../../src/domain/job";
import type { Population } from "../../../../src/domain/weighing";
import { isOverRemovalLimit, weighChanges, weighPopulation } from "../../../../src/sync/judge/safeguard";
import { holds } from "../../../support/holds";

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
  emptied: 0,
  ...some,
});

/** What is held and why, in the order of an entity: by its population, and then by how much of it changes. */
function rulesFor(some: Partial<Population>, limits: Limits = POLICY, edited = false): readonly string[] {
  const weighed = population(some);
  const changes = weighChanges(weighed, weighed.changed, limits);
  return [...weighPopulation(weighed, limits, edited), ...(changes === null ? [] : [changes])].map(
    ({ rule, holds }) => `${rule}: ${holds.what}`,
  );
}

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
  holds(
    fc.property(sizes, ([removals, before]) => {
      const asked = Math.max(0, Math.min(removals, before));
      expect(isOverRemovalLimit(asked, before, POLICY.removals)).toBe(isOverByModel(asked, before));
    }),
    2_000,
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
  holds(
    fc.property(sizes, fc.nat({ max: 600 }), ([removals, before], removedBefore) => {
      const asked = Math.max(0, Math.min(removals, before));
      // An enumeration that is not complete is neither empty nor shrunk, so the limit stands alone.
      const rules = rulesFor({ before, removals: asked, removedBefore, fetched: 1, complete: false });
      const over = asked > 0 && isOverByModel(asked + removedBefore, before + removedBefore);
      expect(rules).toEqual(over ? ["removals: removals"] : []);
    }),
    2_000,
  );
});

test("what is judged by a run stays judged when it is split over several", () => {
  holds(
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
  const rules = (fetched: number, removals: number) => rulesFor({ fetched, removals, before: 1_000 }, policy);
  expect(rules(900, 100)).toEqual([]);
  expect(rules(899, 101)).toEqual(["shrink: removals"]);
  expect(rules(899, 9)).toEqual([]);
});

test("over 40 % of changed records, from 20, are held, beside removals", () => {
  expect(rulesFor({ before: 50, changed: 20 })).toEqual([]);
  expect(rulesFor({ before: 50, changed: 21 })).toEqual(["changes: changes"]);
  expect(rulesFor({ before: 19, changed: 19 })).toEqual([]);
  expect(rulesFor({ before: 50, changed: 21, removals: 30 })).toEqual(["removals: removals", "changes: changes"]);
});

test("an answer in which many are missing and as many are new holds both; newcomers or leavers alone are nobody else's people", () => {
  expect(rulesFor({ before: 40, fetched: 40, created: 40, known: 0, removals: 40 })).toEqual([
    "replaced: removals",
    "replaced: creates",
  ]);
  expect(rulesFor({ before: 40, fetched: 70, created: 30, known: 40 })).toEqual([]);
  // A quarter is the limit.
  expect(rulesFor({ before: 40, fetched: 40, created: 10, known: 30 })).toEqual([]);
  expect(rulesFor({ before: 40, fetched: 40, created: 11, known: 29 })).toEqual(["replaced: creates"]);
  // Where it broke off, more strangers than people one knows.
  expect(rulesFor({ before: 40, created: 20, known: 20, complete: false })).toEqual([]);
  expect(rulesFor({ before: 40, created: 20, known: 19, complete: false })).toEqual(["replaced: creates"]);
  expect(rulesFor({ before: 0, created: 200, known: 0 })).toEqual([]);
});

test("what nobody has looked at removes nobody, however few, in a run that nobody watches", () => {
  expect(rulesFor({ removals: 1 }, POLICY, true)).toEqual(["edited: removals"]);
  expect(rulesFor({ created: 5, changed: 5 }, POLICY, true)).toEqual([]);
});

/**
 * Every rule once more, as the reference says it, in whole numbers and with none of the code: what is held of a population.
 * Limits are in hundredths of a percent.
 */
function heldByModel(p: Population, l: Readonly<Record<string, number>>): ReadonlySet<string> {
  const over = (count: number, whole: number, limit: number) => count * 10_000 > whole * limit;
  const small = (count: number, whole: number, limit: number) =>
    (count >= 10 && over(count, whole, limit)) || (count >= 3 && count * 2 > whole);
  const held = new Set<string>();
  const missing = p.before - p.known;
  const isReplaced =
    p.before > 0 &&
    small(p.created, p.before, l.replaced!) &&
    (p.complete ? small(missing, p.before, l.replaced!) : p.created > p.known);
  if (isReplaced) held.add("creates");
  const week = p.removals + p.removedBefore;
  const reasons = [
    p.complete && p.fetched === 0 && p.before > 0,
    p.emptied > 0,
    isReplaced,
    p.fetched > 0 && over(p.rejected, p.fetched, l.rejects!),
    week >= l.most! || small(week, p.before + p.removedBefore, l.removals!),
    p.removals >= 10 && p.complete && over(p.before - p.fetched, p.before, l.shrink!),
  ];
  if (p.removals > 0 && reasons.includes(true)) held.add("removals");
  if (p.changed >= 20 && over(p.changed, p.before, l.changes!)) held.add("changes");
  return held;
}

test("every limit is the rule as written, at every boundary, whatever the job says", () => {
  const share = fc.oneof(fc.constantFrom(100, 500, 1_000, 2_500, 4_000, 5_700), fc.integer({ min: 1, max: 10_000 }));
  const limits = fc.record({
    removals: share,
    changes: share,
    shrink: share,
    rejects: share,
    replaced: share,
    most: fc.oneof(fc.constant(500), fc.integer({ min: 1, max: 500 })),
  });
  const cases = fc.tuple(limits, fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 12_000 }))).chain(([limits, before]) => {
    // Counts that lie about a limit more often than chance would have it.
    const edges = Object.values(limits).map((limit) => Math.floor((before * limit) / 10_000));
    const near = fc
      .tuple(
        fc.constantFrom(0, 3, 10, 20, 500, limits.most, Math.floor(before / 2), before, ...edges),
        fc.integer({ min: -2, max: 2 }),
      )
      .map(([edge, off]) => Math.max(0, edge + off));
    const upTo = (max: number) => fc.oneof(near, fc.nat({ max })).map((count) => Math.min(count, max));
    return fc.record({
      limits: fc.constant(limits),
      population: fc.record({
        entity: fc.constant("users" as const),
        before: fc.constant(before),
        complete: fc.boolean(),
        fetched: near,
        rejected: near,
        created: near,
        changed: upTo(before),
        removals: upTo(before),
        known: upTo(before),
        removedBefore: fc.oneof(fc.constant(0), near),
        emptied: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 7) }),
      }),
    });
  });
  holds(
    fc.property(cases, ({ population: weighed, limits }) => {
      const { most, ...shares } = limits;
      const policy = {
        ...POLICY,
        ...Object.fromEntries(Object.entries(shares).map(([name, one]) => [name, one / 10_000])),
        most,
      };
      const held = rulesFor(weighed, policy).map((rule) => rule.split(": ")[1]);
      expect(new Set(held)).toEqual(heldByModel(weighed, limits));
      expect(held.length).toBe(new Set(held).size);
    }),
    2_000,
  );
});

test("evidence tells what would be removed, and its numbers as the books do", () => {
  const told = (some: Partial<Population>): readonly string[] =>
    weighPopulation(population(some), POLICY).map(({ message }) => message);
  expect(told({ before: 2_000, fetched: 0, known: 0, removals: 2_000 })).toEqual([
    "the answer was empty, but the mirror holds 2,000 users",
  ]);
  expect(told({ before: 1_204, fetched: 1_204, known: 1_192, rejected: 40, removals: 12 })).toEqual([
    "12 of 1,204 users would be removed, but 40 of 1,204 could not be mapped (limit 1 %)",
  ]);
});
