import { newestOf } from "../../../../src/sync/read/marks";

const field = ["meta", "at"];
const newest = (...values: readonly unknown[]): string | null => {
  const moment = newestOf(
    { field },
    values.map((at) => ({ meta: { at } })),
    null,
  );
  return moment === null ? null : new Date(moment).toISOString();
};

test.each([
  ["RFC 3339", "2026-11-22T01:15:00Z"],
  ["with an offset", "2026-11-22T02:15:00+01:00"],
  ["without a zone", "2026-11-22 01:15:00"],
  ["without a zone, with a fraction", "2026-11-22T01:15:00.000000"],
  ["with an offset of hours alone, as Postgres prints it", "2026-11-22 01:15:00.000+00"],
  ["with an offset of hours alone, west of UTC", "2026-11-21T19:15:00-06"],
  ["with an offset of hours alone and no seconds", "2026-11-22 06:45+05:30"],
  ["a zone after a space", "2026-11-22 01:15:00 +0000"],
  ["seconds", 1795310100],
  ["milliseconds", 1795310100000],
  ["seconds in text", "1795310100"],
])("a moment as %s", (_, value) => {
  expect(newest(value)).toBe("2026-11-22T01:15:00.000Z");
});

test.each([
  ["a day", "2026-11-22", "2026-11-22T00:00:00.000Z"],
  ["a month", "2026-11-02", "2026-11-02T00:00:00.000Z"],
])("%s has no offset at its end", (_, value, expected) => {
  expect(newest(value)).toBe(expected);
});

test("what is later than can be believed does not count", () => {
  const until = Date.parse("2026-11-22T00:00:00Z");
  const records = ["2026-11-21", "2026-11-22", "2026-11-23"].map((at) => ({ meta: { at } }));
  expect(newestOf({ field }, records, null, until)).toBe(until);
  expect(newestOf({ field }, records.slice(2), null, until)).toBeNull();
});

test("the latest counts, and what is no moment does not", () => {
  expect(
    newest("2026-11-22", null, "soon", {}, -5, "", "2026-11-23", "9999999999999999999", "9999999999999999", Number.NaN),
  ).toBe("2026-11-23T00:00:00.000Z");
  expect(newestOf({ field }, [null, 7, "x", { meta: null }, { meta: [1] }], 42)).toBe(42);
  expect(newestOf({ field: null }, [{ meta: { at: 1795310100 } }], null)).toBeNull();
});
