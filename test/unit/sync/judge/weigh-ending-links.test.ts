import * as fc from "fast-check";
import { readSafeguard } from "../../../../src/config/job/read-policies";
import type { EndingLinks } from "../../../../src/domain/weighing";
import { weighEndingLinks } from "../../../../src/sync/judge/weigh-ending-links";
import { holds } from "../../../support/holds";

const LIMITS = readSafeguard(null);

/** Roles `r0`, `r1`, … with so many links each, the most first. */
const ending = (counts: readonly number[], some: Partial<EndingLinks> = {}): EndingLinks => ({
  kind: "user_roles",
  entity: "roles",
  records: 12,
  before: 1_000,
  removedBefore: 0,
  by: counts.map((count, at) => ({ key: `r${at}`, name: `Role ${at}`, count })),
  ...some,
});
const heldOf = (counts: readonly number[], some?: Partial<EndingLinks>): number =>
  weighEndingLinks(ending(counts, some), LIMITS)?.count ?? 0;

test.each([
  [[50], 0, 0],
  [[51], 0, 1],
  [[9], 30, 0],
  // Those that are left are under the limit: they go.
  [[51, 50], 0, 1],
  [[40, 30, 20], 0, 1],
  [[40, 30, 25], 0, 2],
  // What went within the week counts.
  [[10], 41, 0],
  [[10], 45, 1],
])("%j links would end after %d within the week: %d wait", (counts, removedBefore, held) => {
  expect(heldOf(counts, { removedBefore })).toBe(held);
});

test("the evidence names what would go, the most first, and how many links", () => {
  expect(weighEndingLinks(ending([900, 60, 5, 1], { removedBefore: 7 }), LIMITS)).toEqual({
    entity: "roles",
    rule: "removals",
    count: 2,
    of: 12,
    holds: { what: "tombstones", keys: ["r0", "r1"] },
    message:
      "966 of 1,000 user_roles would end with `Role 0` (r0), `Role 1` (r1), `Role 2` (r2), others, after 7 in the last 7 days (limit 5 %)",
  });
});

test("what goes is under the limit, and would not be with the next", () => {
  const isOver = (links: number, before: number): boolean =>
    (links >= 10 && 20 * links > before) || (links >= 3 && 2 * links > before) || links >= 500;
  holds(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }),
      fc.nat({ max: 2_000 }),
      fc.nat({ max: 30 }),
      (unsorted, others, removedBefore) => {
        const counts = [...unsorted].sort((a, b) => b - a);
        const sum = (from: number) => counts.slice(from).reduce((all, count) => all + count, removedBefore);
        const before = sum(0) - removedBefore + others;
        const held = heldOf(counts, { before, removedBefore });
        const whole = before + removedBefore;
        expect(held === counts.length || !isOver(sum(held), whole)).toBe(true);
        expect(held === 0 || isOver(sum(held - 1), whole)).toBe(true);
      },
    ),
    1_000,
  );
});
