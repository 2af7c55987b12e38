import { jitterOf, nextSlot, previousSlots, slotsBetween } from "../../../src/schedule/slot-times";

const iso = (slots: readonly Date[]) => slots.map((slot) => slot.toISOString().replace(":00.000Z", "Z"));

/** Slots after one moment up to another, in UTC to the minute. */
const between = (cron: string, timezone: string, after: string, upTo: string, limit?: number) =>
  iso(slotsBetween({ cron, timezone }, new Date(after), new Date(upTo), limit));

type Asked = readonly [cron: string, zone: string, after: string, upTo: string];

test.each<readonly [about: string, asked: Asked, slots: readonly string[]]>([
  [
    "an hour that does not exist runs right after the gap",
    ["15 2 * * *", "Europe/Berlin", "2026-03-27T12:00Z", "2026-03-30T12:00Z"],
    ["2026-03-28T01:15Z", "2026-03-29T01:00Z", "2026-03-30T00:15Z"],
  ],
  [
    "an hour that comes twice runs once, the first time",
    ["15 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-26T12:00Z"],
    ["2026-10-25T00:15Z", "2026-10-26T01:15Z"],
  ],
  [
    "every quarter of an hour, over a gap: the quarters inside it are one slot, with that at its end",
    ["*/15 * * * *", "Europe/Berlin", "2026-03-29T00:30Z", "2026-03-29T01:30Z"],
    ["2026-03-29T00:45Z", "2026-03-29T01:00Z", "2026-03-29T01:15Z", "2026-03-29T01:30Z"],
  ],
  [
    "every quarter of an hour, over an hour that comes twice: none the second time",
    ["*/15 * * * *", "Europe/Berlin", "2026-10-25T00:15Z", "2026-10-25T02:15Z"],
    ["2026-10-25T00:30Z", "2026-10-25T00:45Z", "2026-10-25T02:00Z", "2026-10-25T02:15Z"],
  ],
  [
    "a gap in New York",
    ["30 2 * * *", "America/New_York", "2026-03-07T12:00Z", "2026-03-09T12:00Z"],
    ["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
  ],
  [
    "an hour twice in New York",
    ["30 1 * * *", "America/New_York", "2026-10-31T12:00Z", "2026-11-02T12:00Z"],
    ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
  ],
  [
    "a gap of half an hour",
    ["*/15 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00Z", "2026-10-03T17:00Z"],
    ["2026-10-03T15:30Z", "2026-10-03T15:45Z"],
  ],
  [
    "half an hour twice",
    ["*/15 1 * * *", "Australia/Lord_Howe", "2026-04-04T13:00Z", "2026-04-04T16:30Z"],
    ["2026-04-04T14:00Z", "2026-04-04T14:15Z", "2026-04-04T14:30Z", "2026-04-04T14:45Z"],
  ],
  [
    "a zone half an hour off",
    ["30 0 * * *", "Asia/Kolkata", "2026-05-01T00:00Z", "2026-05-03T00:00Z"],
    ["2026-05-01T19:00Z", "2026-05-02T19:00Z"],
  ],
  [
    "no zone but UTC",
    ["15 2 * * *", "UTC", "2026-03-28T02:15Z", "2026-03-30T02:15Z"],
    ["2026-03-29T02:15Z", "2026-03-30T02:15Z"],
  ],
  [
    "a whole day that does not exist",
    ["0 0 * * *", "Pacific/Apia", "2011-12-29T09:00Z", "2011-12-31T12:00Z"],
    ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
  ],
  [
    "noon of a day that does not exist",
    ["0 12 30 12 *", "Pacific/Apia", "2011-01-31T00:00Z", "2012-12-31T00:00Z"],
    ["2011-12-30T10:00Z", "2012-12-29T22:00Z"],
  ],
  [
    "a midnight that does not exist",
    ["0 0 * * *", "America/Sao_Paulo", "2018-11-03T00:00Z", "2018-11-05T12:00Z"],
    ["2018-11-03T03:00Z", "2018-11-04T03:00Z", "2018-11-05T02:00Z"],
  ],
  [
    "seconds, over a gap",
    ["*/20 59 1,2 * * *", "Europe/Berlin", "2026-03-29T00:59:00Z", "2026-03-29T02:00Z"],
    ["2026-03-29T00:59:20.000Z", "2026-03-29T00:59:40.000Z", "2026-03-29T01:00Z"],
  ],
  [
    "seconds, in an hour that comes twice",
    ["30 59 2 * * *", "Europe/Berlin", "2026-10-25T00:00Z", "2026-10-25T03:00Z"],
    ["2026-10-25T00:59:30.000Z"],
  ],
  [
    "a day of the month or one of the week, when both are said",
    ["0 0 13 * fri", "UTC", "2026-02-05T00:00Z", "2026-02-21T00:00Z"],
    ["2026-02-06T00:00Z", "2026-02-13T00:00Z", "2026-02-20T00:00Z"],
  ],
  [
    "both kinds of day at once, when one begins with `*`: the first Monday of a month",
    ["0 0 */99,2-7 * mon", "UTC", "2026-05-20T00:00Z", "2026-08-20T00:00Z"],
    ["2026-06-01T00:00Z", "2026-07-06T00:00Z", "2026-08-03T00:00Z"],
  ],
  [
    "Sunday as 7, and numbers out of order",
    ["30,0 12,6 * * 6-7", "UTC", "2026-02-07T06:00Z", "2026-02-08T06:30Z"],
    ["2026-02-07T06:30Z", "2026-02-07T12:00Z", "2026-02-07T12:30Z", "2026-02-08T06:00Z", "2026-02-08T06:30Z"],
  ],
  [
    "29 February, not in 2100",
    ["0 0 29 2 *", "UTC", "2095-01-01T00:00Z", "2104-03-01T00:00Z"],
    ["2096-02-29T00:00Z", "2104-02-29T00:00Z"],
  ],
])("%s", (_, [cron, zone, after, upTo], slots) => {
  expect(between(cron, zone, after, upTo)).toEqual(slots);
  // The same by steps from one to the next.
  const steps: Date[] = [];
  for (let at = new Date(after); ; ) {
    const next = nextSlot({ cron, timezone: zone }, at);
    if (next === null || next > new Date(upTo)) break;
    steps.push(next);
    at = next;
  }
  expect(iso(steps)).toEqual(slots);
});

test("of more slots than the limit the newest are told, however many there were", () => {
  expect(between("* * * * * *", "Europe/Berlin", "2016-01-01T00:00Z", "2026-01-01T00:00Z", 2)).toEqual([
    "2025-12-31T23:59:59.000Z",
    "2026-01-01T00:00Z",
  ]);
  expect(between("* * * * *", "UTC", "2016-01-01T00:00Z", "2026-01-01T00:00Z")).toHaveLength(1_000);
});

test("nothing lies between a moment and itself, or an earlier one", () => {
  expect(between("* * * * *", "UTC", "2026-01-01T00:00Z", "2026-01-01T00:00Z")).toEqual([]);
  expect(between("* * * * *", "UTC", "2026-01-02T00:00Z", "2026-01-01T00:00Z")).toEqual([]);
});

test("the slots before a moment are told newest first, and it is not one of them", () => {
  const nightly = { cron: "15 2 * * *", timezone: "Europe/Berlin" };
  expect(iso(previousSlots(nightly, new Date("2026-03-30T00:15Z"), 2))).toEqual([
    "2026-03-29T01:00Z",
    "2026-03-28T01:15Z",
  ]);
  expect(previousSlots(nightly, new Date(), 0)).toEqual([]);
});

test("in an hour that comes twice, the slots of its first time are past when it comes again", () => {
  const schedule = { cron: "45 2 * * *", timezone: "Europe/Berlin" };
  const again = new Date("2026-10-25T01:10Z"); // 02:10, for the second time
  expect(iso(previousSlots(schedule, again, 1))).toEqual(["2026-10-25T00:45Z"]);
  expect(nextSlot(schedule, again)).toEqual(new Date("2026-10-26T01:45Z"));
});

test("the rarest day is found, and one that never comes is none", () => {
  const rare = { cron: "0 0 29 2 */7", timezone: "UTC" };
  expect(nextSlot(rare, new Date("2088-02-29T00:00Z"))).toEqual(new Date("2128-02-29T00:00Z"));
  expect(previousSlots(rare, new Date("2128-02-29T00:00Z"), 1)).toEqual([new Date("2088-02-29T00:00Z")]);
  // A word of node-cron's that no job file may hold.
  const never = { cron: "0 0 L * *", timezone: "UTC" };
  expect(nextSlot(never, new Date("2026-01-01T00:00Z"))).toBeNull();
  expect(previousSlots(never, new Date("2026-01-01T00:00Z"), 3)).toEqual([]);
});

describe("jitter", () => {
  test("is the same in every process and every night", () => {
    expect([jitterOf("acme", 300_000), jitterOf("acme", 300_000)]).toEqual([215_105, 215_105]);
    expect(jitterOf("acme", 0)).toBe(0);
  });

  test("spreads sources evenly over its length", () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let source = 0; source < 2_000; source++) {
      const tenth = Math.floor(jitterOf(`source-${source}`, 60_000) / 6_000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(60);
  });
});
