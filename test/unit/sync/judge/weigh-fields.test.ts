import * as fc from "fast-check";
import { readSafeguard } from "../../../../src/config/job/read-policies";
import type { FieldDrift } from "../../../../src/domain/weighing";
import { weighField, worthWeighing } from "../../../../src/sync/judge/weigh-fields";
import { holds } from "../../../support/holds";

const LIMITS = readSafeguard(null);

const drift = (some: Partial<FieldDrift>): FieldDrift => ({
  entity: "users",
  field: "status",
  value: "disabled",
  count: 0,
  from: [],
  changed: 0,
  before: 100,
  filled: 100,
  distinct: 3,
  seen: true,
  ...some,
});
const ruleFor = (some: Partial<FieldDrift>): string | null => weighField(drift(some), LIMITS, true)?.rule ?? null;

test.each([
  // One and the same value for over a fifth, from ten.
  [{ count: 20 }, null],
  [{ count: 21 }, "flips"],
  [{ count: 9, before: 10, filled: 10 }, null],
  [{ count: 10, before: 10, filled: 10 }, "flips"],
  // The value is lost: of those who have one.
  [{ value: null, count: 20 }, null],
  [{ value: null, count: 21 }, "emptied"],
  [{ value: null, count: 11, filled: 50 }, "emptied"],
  // A word that nobody had, for over a tenth.
  [{ seen: false, count: 10 }, null],
  [{ seen: false, count: 11 }, "unseen"],
  [{ seen: true, count: 11 }, null],
  // A field of many values is no set of words, nor one in which nearly everybody has their own.
  [{ seen: false, count: 11, distinct: 21 }, null],
  [{ seen: false, count: 11, distinct: 20, filled: 59 }, null],
  [{ seen: false, count: 11, distinct: 20, filled: 60 }, "unseen"],
  // The first values of a field are no drift.
  [{ count: 100, filled: 0 }, null],
] as const)("%o: %s", (some, rule) => {
  expect(ruleFor(some)).toBe(rule);
});

test("whatever is judged is worth looking at, and one fewer is not", () => {
  const shares = fc.nat({ max: 1_000 }).map((thousandths) => thousandths / 1_000);
  holds(
    fc.property(fc.nat({ max: 3_000 }), shares, shares, shares, (before, flips, unseen, emptied) => {
      const limits = { ...LIMITS, flips, unseen, emptied };
      const from = worthWeighing(before, limits);
      const judged = (some: Partial<FieldDrift>): boolean =>
        weighField(drift({ before, filled: Math.max(before, 1), distinct: 1, seen: false, ...some }), limits, true) !==
        null;
      if (before >= 3)
        expect([judged({ count: from.given }), judged({ count: from.given - 1 })]).toEqual([true, false]);
      expect(judged({ count: from.emptied - 1, value: null })).toBe(false);
    }),
    75,
  );
});

test("the evidence says what becomes of what, in counts; of personal fields no value", () => {
  const from = [
    { value: "active", count: 190 },
    { value: null, count: 10 },
  ];
  const some = drift({ count: 200, changed: 220, before: 240, filled: 230, from });
  expect(weighField(some, LIMITS, true)).toEqual({
    entity: "users",
    field: "status",
    rule: "flips",
    count: 220,
    of: 240,
    holds: { what: "field", field: "status" },
    message: "`status` of 200 of 240 users would become `disabled`; until now `active` 190, none 10 (limit 20 %)",
  });
  const hidden = weighField({ ...some, field: "email", value: "canary@example.com" }, LIMITS, false);
  expect(hidden?.message).toBe("`email` of 200 of 240 users would become one and the same value (limit 20 %)");
  const long = weighField({ ...some, field: "attributes.note", value: { text: "x".repeat(500) } }, LIMITS, true);
  expect(long?.message.length).toBeLessThan(200);
});

test("the limits are the rules as written, at every boundary", () => {
  const cases = fc.nat({ max: 5_000 }).chain((before) =>
    fc.record({
      before: fc.constant(before),
      filled: fc.nat({ max: before }),
      count: fc
        .tuple(
          fc.constantFrom(10, Math.floor(before / 5), Math.floor(before / 10), before),
          fc.integer({ min: -2, max: 2 }),
        )
        .map(([edge, off]) => Math.max(0, edge + off)),
      distinct: fc.nat({ max: 40 }),
      seen: fc.boolean(),
      value: fc.constantFrom<"x" | null>("x", null),
    }),
  );
  holds(
    fc.property(cases, (some) => {
      const { count, before, filled, distinct, seen, value } = some;
      const judged = filled > 0 && count >= 10;
      const flips = judged && value !== null && 5 * count > before;
      const unseen =
        judged && value !== null && !seen && distinct <= 20 && filled >= 3 * distinct && 10 * count > before;
      const emptied = judged && value === null && 5 * count > filled;
      expect(ruleFor(some)).toBe(emptied ? "emptied" : flips ? "flips" : unseen ? "unseen" : null);
    }),
    2_000,
  );
});
