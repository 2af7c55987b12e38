import * as fc from "fast-check";
import { readSafeguard } from "../../../../src/config/job/read-policies";
import type { RoleGrowth } from "../../../../src/domain/weighing";
import { weighRole } from "../../../../src/sync/judge/weigh-role";
import { holds } from "../../../support/holds";

const LIMITS = readSafeguard(null);

const growth = (some: Partial<RoleGrowth>): RoleGrowth => ({
  role: "r1",
  name: "Admin",
  privileged: true,
  gained: 0,
  gainedByKnown: 0,
  gainedBefore: 0,
  holders: 8,
  people: 200,
  ...some,
});
const isHeld = (some: Partial<RoleGrowth>): boolean => weighRole(growth(some), LIMITS) !== null;

test.each([
  [3, 3, 0, false],
  [4, 3, 0, true],
  // A quarter more is the limit.
  [4, 16, 0, false],
  [5, 16, 0, true],
  // Its first holders are judged: three come without a question.
  [3, 0, 0, false],
  [4, 0, 0, true],
  // Those of the week count, and only if there are more now.
  [1, 6, 3, true],
  [1, 40, 3, false],
  [0, 6, 3, false],
  // 50 at all, however many hold it.
  [49, 1_000, 0, false],
  [50, 1_000, 0, true],
])(
  "%d more of a privileged role that %d hold, %d of them since a week: held is %s",
  (gained, holders, gainedBefore, held) => {
    expect(isHeld({ gained, holders, gainedBefore })).toBe(held);
  },
);

test.each([
  [19, 10, 90, false],
  [20, 10, 100, false],
  [21, 10, 100, true],
  // Its first holders are those that it was made for.
  [200, 0, 200, false],
  [499, 10, 100_000, false],
  [500, 10, 100_000, true],
])("%d people more with a role that %d of %d hold: held is %s", (gainedByKnown, holders, people, held) => {
  expect(isHeld({ privileged: false, gained: gainedByKnown, gainedByKnown, holders, people })).toBe(held);
});

test("new people bring their roles, as long as these are not privileged", () => {
  expect(isHeld({ privileged: false, gained: 400, gainedByKnown: 0, holders: 100, people: 200 })).toBe(false);
  expect(isHeld({ gained: 400, gainedByKnown: 0, holders: 100, people: 200 })).toBe(true);
});

test("the evidence names the role and counts, and nobody", () => {
  expect(weighRole(growth({ gained: 30, gainedBefore: 2 }), LIMITS)).toEqual({
    entity: "user_roles",
    role: "r1",
    rule: "privileged",
    count: 30,
    of: 8,
    holds: { what: "grants", role: "r1" },
    message:
      "30 would newly hold the privileged role `Admin` (r1), which 8 hold, 2 of them gained in the last 7 days (limit 25 %)",
  });
});

/** The rules as the reference says them, in whole numbers. */
const isHeldByModel = ({
  privileged,
  gained,
  gainedByKnown: known,
  gainedBefore,
  holders,
  people,
}: RoleGrowth): boolean => {
  const [week, earlier] = [gained + gainedBefore, Math.max(0, holders - gainedBefore)];
  return privileged
    ? gained > 0 && (week >= 50 || (week >= 4 && 4 * week > earlier))
    : holders > 0 && (known >= 500 || (known >= 20 && 5 * known > people));
};

test("the limits are the rules as written, at every boundary", () => {
  const counts = fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(499, 500, 501), fc.nat({ max: 3_000 }));
  const growths = fc
    .record({
      gained: counts,
      known: counts,
      gainedBefore: counts,
      holders: counts,
      people: counts,
      privileged: fc.boolean(),
    })
    .map(({ known, ...some }) => growth({ ...some, gainedByKnown: Math.min(known, some.gained) }));
  const edges = fc
    .record({ n: fc.nat({ max: 200 }), off: fc.integer({ min: -1, max: 1 }), privileged: fc.boolean() })
    .map(({ n, off, privileged }) => {
      const gained = Math.max(0, n + off);
      return growth({ gained, gainedByKnown: gained, holders: 4 * n, people: 5 * n, privileged });
    });
  holds(
    fc.property(fc.oneof(growths, edges), (one) => {
      expect(weighRole(one, LIMITS) !== null).toBe(isHeldByModel(one));
    }),
    2_000,
  );
});
