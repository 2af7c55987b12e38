import { fullIsDue } from "../../../../src/sync/state/full-is-due";

const sundays = { on: [0], timezone: "Europe/Berlin" };
const at = (text: string): Date => new Date(text);

// 2026-11-22 is a Sunday; Berlin is an hour ahead of UTC.
test.each([
  ["on a Sunday when the last was on Saturday night", "2026-11-21T22:30:00Z", "2026-11-22T01:15:00Z", true],
  ["no second time on that Sunday", "2026-11-22T01:15:00Z", "2026-11-22T22:30:00Z", false],
  ["not on Saturday", "2026-11-15T01:15:00Z", "2026-11-21T22:30:00Z", false],
  ["as soon as it is Sunday in the zone", "2026-11-15T01:15:00Z", "2026-11-21T23:30:00Z", true],
  ["on Monday, when none came to its end on Sunday", "2026-11-15T01:15:00Z", "2026-11-23T01:15:00Z", true],
  ["months later", "2026-06-01T00:00:00Z", "2026-11-25T00:00:00Z", true],
  ["when the last is of a time to come", "2026-11-25T00:00:00Z", "2026-11-01T00:00:00Z", true],
])("a day of the week: %s", (_, last, now, due) => {
  expect(fullIsDue(sundays, at(last), at(now))).toBe(due);
});

test.each([
  ["a week later, some minutes early", "2026-11-20T02:15:09Z", "2026-11-27T02:15:02Z", true],
  ["when the last is of a time to come", "2026-12-29T02:15:00Z", "2026-11-26T02:15:00Z", true],
  ["not a day early", "2026-11-20T02:15:00Z", "2026-11-26T02:15:00Z", false],
])("a duration: %s", (_, last, now, due) => {
  expect(fullIsDue({ after: 7 * 86_400_000 }, at(last), at(now))).toBe(due);
});
