import type { SigningKeyRow } from "../../../../src/domain/sessions";
import { planKeys } from "../../../../src/login/tokens/plan-keys";

const DAY = 86_400_000;
const key = (kid: string, day: number): SigningKeyRow => ({ kid, public: {}, sealed: "", signsFrom: day * DAY });
const planAt = (day: number, ...keys: SigningKeyRow[]) => planOf(keys, day, 12);
const planOf = (keys: SigningKeyRow[], day: number, sessionHours: number) => {
  const openedBy = ({ kid }: SigningKeyRow) =>
    kid.startsWith("foreign") ? null : kid.startsWith("previous") ? "previous" : "current";
  const { signing, makeFrom, drop } = planKeys(keys, { now: day * DAY, openedBy, sessions: (sessionHours * DAY) / 24 });
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
  ["one sealed with another secret is left alone", 30, [key("foreign", 0)], { signing: null, makeFrom: 30, drop: [] }],
  [
    "also when it may have been found late, a day of which was for its successor",
    31.9,
    [key("foreign", 0), key("a", 30)],
    { signing: "a", makeFrom: null, drop: [] },
  ],
  [
    "until its time and that of its tokens is over",
    32.1,
    [key("foreign", 0), key("a", 30)],
    { signing: "a", makeFrom: null, drop: ["foreign"] },
  ],
  [
    "one of the pepper before signs until ours has been published for a day",
    5,
    [key("previous", 0)],
    { signing: "previous", makeFrom: 6, drop: [] },
  ],
  ["and meanwhile", 5.9, [key("previous", 0), key("a", 6)], { signing: "previous", makeFrom: null, drop: [] }],
  [
    "then ours does, and it stays for its tokens",
    6,
    [key("previous", 0), key("a", 6)],
    { signing: "a", makeFrom: null, drop: [] },
  ],
  ["it goes a day later", 7.1, [key("previous", 0), key("a", 6)], { signing: "a", makeFrom: null, drop: ["previous"] }],
  [
    "a process that still has the pepper before takes ours not from its turn",
    8.5,
    [key("a", 6), key("previous", 7)],
    { signing: "a", makeFrom: null, drop: [] },
  ],
  ["found late, it signs until ours does", 50, [key("previous", 0)], { signing: "previous", makeFrom: 51, drop: [] }],
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

test.each([
  ["a", 29.5, 24],
  ["a", 31, 1],
  ["a", 31, 24],
  ["a", 45, 24],
  ["previous", 29.5, 24],
  ["previous", 29.9, 720],
  ["previous", 40, 12],
])("%s, which is first asked for on day %d, stays for sessions of %d h that it signed last", (kid, day, hours) => {
  let keys = [key(kid, 0)];
  let signedUntil = 0;
  let goneBy = 0;
  for (let now = day; now < day + 80 && goneBy === 0; now += 1 / 48) {
    const { makeFrom, drop, signing } = planOf(keys, now, hours);
    if (makeFrom !== null) keys.push(key(`k${makeFrom}`, makeFrom));
    keys = keys.filter((one) => !drop.includes(one.kid));
    if (signing === kid) signedUntil = now;
    if (drop.includes(kid)) goneBy = now;
  }
  expect(signedUntil).toBeGreaterThan(day + 0.9);
  expect(goneBy - signedUntil).toBeGreaterThan(hours / 24);
  expect(goneBy - signedUntil).toBeLessThan(Math.max(24, hours + 1) / 24 + 0.1);
});
