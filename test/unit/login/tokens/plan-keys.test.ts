import type { SigningKeyRow } from "../../../../src/domain/sessions";
import { planKeys } from "../../../../src/login/tokens/plan-keys";

const DAY = 86_400_000;
const key = (kid: string, day: number): SigningKeyRow => ({ kid, public: {}, sealed: "", signsFrom: day * DAY });
const planAt = (day: number, ...keys: SigningKeyRow[]) => planOf(keys, day, 12);
const planOf = (keys: SigningKeyRow[], day: number, sessionHours: number) => {
  const usable = ({ kid }: SigningKeyRow) => !kid.startsWith("foreign");
  const { signing, makeFrom, drop } = planKeys(keys, { now: day * DAY, usable, sessions: (sessionHours * DAY) / 24 });
  return { signing, makeFrom: makeFrom === null ? null : makeFrom / DAY, drop };
};

test.each<[string, number, SigningKeyRow[], ReturnType<typeof planAt>]>([
  ["none yet: one that signs at once", 5, [], { signing: null, makeFrom: 5, drop: [] }],
  ["one, young", 5, [key("a", 0)], { signing: "a", makeFrom: null, drop: [] }],
  ["a day before it ends the next is published", 29, [key("a", 0)], { signing: "a", makeFrom: 30, drop: [] }],
  ["found late, the next is published a day all the same", 50, [key("a", 0)], { signing: "a", makeFrom: 51, drop: [] }],
  ["one waits for its turn", 29.5, [key("a", 0), key("b", 30)], { signing: "a", makeFrom: null, drop: [] }],
  [
    "its turn has come, and the old one stays for its tokens",
    30,
    [key("b", 30), key("a", 0)],
    { signing: "b", makeFrom: null, drop: [] },
  ],
  ["the old one goes a day later", 31.1, [key("a", 0), key("b", 30)], { signing: "b", makeFrom: null, drop: ["a"] }],
  ["a clock that was set back", -3, [key("a", 0)], { signing: "a", makeFrom: null, drop: [] }],
  ["one sealed with another secret is left alone", 40, [key("foreign", 0)], { signing: null, makeFrom: 40, drop: [] }],
  [
    "and does not keep ours from its turn",
    31,
    [key("a", 0), key("foreign", 30)],
    { signing: "a", makeFrom: 32, drop: [] },
  ],
])("%s", (_what, day, keys, plan) => {
  expect(planAt(day, ...keys)).toEqual(plan);
});

test.each([
  [12, 31],
  [23, 31],
  [24, 31 + 1 / 24],
  [72, 33 + 1 / 24],
  [720, 60 + 1 / 24],
])("with sessions of %d h the old one goes after day %d", (hours, day) => {
  const keys = [key("a", 0), key("b", 30)];
  expect(planOf(keys, day - 0.01, hours).drop).toEqual([]);
  expect(planOf(keys, day + 0.01, hours).drop).toEqual(["a"]);
});

test.each([12, 720])(
  "over a year one key signs at any time, published a day before, and at most three are kept, with sessions of %d h",
  (hours) => {
    let keys: SigningKeyRow[] = [];
    const published = new Map<string, number>();
    for (let day = 0; day < 365; day += 0.25) {
      const { makeFrom, drop } = planOf(keys, day, hours);
      if (makeFrom !== null) keys.push(key(`k${makeFrom}`, makeFrom));
      keys = keys.filter(({ kid }) => !drop.includes(kid));
      for (const { kid } of keys) if (!published.has(kid)) published.set(kid, day);
      const { signing } = planOf(keys, day, hours);
      expect(signing).not.toBeNull();
      expect(keys.length).toBeLessThanOrEqual(3);
      const begun = published.get(signing ?? "") ?? Number.NaN;
      expect(begun === 0 || day - begun >= 1).toBe(true);
    }
    expect(published.size).toBe(13);
  },
);
