import * as fc from "fast-check";
import type { Schedule } from "../../../src/domain/job";
import type { SettleFacts, SlotDecision } from "../../../src/domain/slots";
import { decideSlots } from "../../../src/schedule/decide-slots";
import { jitterOf, slotsBetween } from "../../../src/schedule/slot-times";
import { holds } from "../../support/holds";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const NIGHTLY: Schedule = {
  cron: "15 2 * * *",
  timezone: "UTC",
  jitter: 0,
  missed: "once",
  grace: 12 * HOUR,
  overlap: "skip",
};
const HOURLY: Schedule = { ...NIGHTLY, cron: "0 * * * *" };

const facts = (settledUntil: string, now: string, runningRun: number | null = null): SettleFacts => ({
  source: "acme",
  settledUntil: new Date(settledUntil),
  now: new Date(now),
  runningRun,
});

const short = (date: Date) => date.toISOString().replace(":00.000Z", "Z");

/** Decisions in one line each: `2026-03-02T02:15Z due: why`. */
const decided = (schedule: Schedule, about: SettleFacts) =>
  decideSlots(schedule, about).map(({ slot, state, coveredBy, note }) => {
    const by = coveredBy === null ? "" : ` by ${short(coveredBy)}`;
    return `${short(slot)} ${state}${by}${note === null ? "" : `: ${note}`}`;
  });

const SILENCE = (from: string, to: string) => `no scheduler was running between ${from}Z and ${to}Z`;

describe("a slot on time", () => {
  test("is due at its moment", () => {
    expect(decideSlots(NIGHTLY, facts("2026-03-02T02:14:59Z", "2026-03-02T02:15:00Z"))).toEqual<SlotDecision[]>([
      {
        slot: new Date("2026-03-02T02:15Z"),
        state: "due",
        dueAt: new Date("2026-03-02T02:15Z"),
        coveredBy: null,
        note: null,
      },
    ]);
  });

  test("is still on time after 60 s, and missed a moment later", () => {
    expect(decided(NIGHTLY, facts("2026-03-02T02:00Z", "2026-03-02T02:16:00Z"))).toEqual(["2026-03-02T02:15Z due"]);
    expect(decided(NIGHTLY, facts("2026-03-02T02:00Z", "2026-03-02T02:16:00.001Z"))).toEqual([
      `2026-03-02T02:15Z due: caught up: ${SILENCE("2026-03-02T02:00:00", "2026-03-02T02:16:00")}`,
    ]);
  });

  test("is decided once, and not before its moment", () => {
    expect(decided(NIGHTLY, facts("2026-03-02T02:15Z", "2026-03-02T02:15:30Z"))).toEqual([]);
    expect(decided(NIGHTLY, facts("2026-03-02T02:00Z", "2026-03-02T02:14:59.999Z"))).toEqual([]);
    expect(decided(NIGHTLY, facts("2026-03-03T02:00Z", "2026-03-02T02:20:00Z"))).toEqual([]);
  });

  test("is due whatever `missed` and a grace of nothing say", () => {
    const strict: Schedule = { ...NIGHTLY, missed: "skip", grace: 0 };
    expect(decided(strict, facts("2026-03-02T02:00Z", "2026-03-02T02:15:59Z"))).toEqual(["2026-03-02T02:15Z due"]);
  });

  test("each of several is due", () => {
    const often = { ...NIGHTLY, cron: "*/20 * * * * *" };
    expect(decided(often, facts("2026-03-02T02:15:10Z", "2026-03-02T02:16:10Z"))).toEqual([
      "2026-03-02T02:15:20.000Z due",
      "2026-03-02T02:15:40.000Z due",
      "2026-03-02T02:16Z due",
    ]);
  });
});

describe("jitter", () => {
  const spread: Schedule = { ...NIGHTLY, jitter: 30 * MINUTE };
  const later = jitterOf("acme", spread.jitter);
  const dueAt = new Date(Date.parse("2026-03-02T02:15Z") + later);

  test("puts the slot's moment off, by the same every time", () => {
    expect(later).toBeGreaterThan(5 * MINUTE);
    expect(decideSlots(spread, facts("2026-03-02T02:15:00Z", "2026-03-02T02:15:00Z"))).toEqual([]);
    expect(decideSlots(spread, facts("2026-03-02T02:14:59Z", "2026-03-02T02:15:00Z"))).toMatchObject([
      { slot: new Date("2026-03-02T02:15Z"), state: "due", dueAt, note: null },
    ]);
  });

  test("a slot whose moment is still to come is not missed", () => {
    const skipping: Schedule = { ...spread, missed: "skip" };
    expect(decided(skipping, facts("2026-03-02T02:00Z", "2026-03-02T02:20:00Z"))).toEqual(["2026-03-02T02:15Z due"]);
    const justOnTime = new Date(dueAt.getTime() + MINUTE).toISOString();
    expect(decided(skipping, facts("2026-03-02T02:00Z", justOnTime))).toEqual(["2026-03-02T02:15Z due"]);
  });
});

describe("missed slots", () => {
  test("are caught up once: the newest is due and covers those before it", () => {
    const silence = SILENCE("2026-03-02T00:30:00", "2026-03-02T03:30:00");
    expect(decided(HOURLY, facts("2026-03-02T00:30Z", "2026-03-02T03:30Z"))).toEqual([
      `2026-03-02T01:00Z covered by 2026-03-02T03:00Z: ${silence}; caught up with the slot of 2026-03-02T03:00:00Z`,
      `2026-03-02T02:00Z covered by 2026-03-02T03:00Z: ${silence}; caught up with the slot of 2026-03-02T03:00:00Z`,
      `2026-03-02T03:00Z due: caught up: ${silence}`,
    ]);
  });

  test("are covered by the first slot on time", () => {
    const silence = SILENCE("2026-03-02T00:30:00", "2026-03-02T03:00:10");
    expect(decided({ ...HOURLY, cron: "0,10 0 * * * *" }, facts("2026-03-02T00:30Z", "2026-03-02T03:00:10Z"))).toEqual([
      ...["01:00Z", "01:00:10.000Z", "02:00Z", "02:00:10.000Z"].map(
        (time) =>
          `2026-03-02T${time} covered by 2026-03-02T03:00Z: ${silence}; caught up with the slot of 2026-03-02T03:00:00Z`,
      ),
      "2026-03-02T03:00Z due",
      "2026-03-02T03:00:10.000Z due",
    ]);
  });

  test("are not caught up with `missed: skip`; one on time is due all the same", () => {
    const silence = SILENCE("2026-03-02T00:30:00", "2026-03-02T03:00:10");
    const note = `${silence}; with \`missed: skip\` that is not caught up`;
    expect(decided({ ...HOURLY, missed: "skip" }, facts("2026-03-02T00:30Z", "2026-03-02T03:00:10Z"))).toEqual([
      `2026-03-02T01:00Z missed: ${note}`,
      `2026-03-02T02:00Z missed: ${note}`,
      "2026-03-02T03:00Z due",
    ]);
  });

  test("are caught up at exactly `grace`, and not a moment later", () => {
    const silence = SILENCE("2026-03-01T12:00:00", "2026-03-02T14:15:00");
    expect(decided(NIGHTLY, facts("2026-03-01T12:00Z", "2026-03-02T14:15:00Z"))).toEqual([
      `2026-03-02T02:15Z due: caught up: ${silence}`,
    ]);
    expect(decided(NIGHTLY, facts("2026-03-01T12:00Z", "2026-03-02T14:15:00.001Z"))).toEqual([
      `2026-03-02T02:15Z missed: ${silence}; older than grace 12h`,
    ]);
  });

  test("older than `grace` leave one row, whose note tells how long nothing was running", () => {
    const minutely: Schedule = { ...NIGHTLY, cron: "* * * * *", grace: 90 * 1000 };
    const silence = SILENCE("2026-03-01T00:00:00", "2026-04-01T00:00:30");
    expect(decided(minutely, facts("2026-03-01T00:00Z", "2026-04-01T00:00:30Z"))).toEqual([
      `2026-03-31T23:58Z missed: ${silence}; older than grace 90s`,
      `2026-03-31T23:59Z covered by 2026-04-01T00:00Z: ${silence}; caught up with the slot of 2026-04-01T00:00:00Z`,
      "2026-04-01T00:00Z due",
    ]);
  });

  test("of some nights only the last is caught up", () => {
    const silence = SILENCE("2026-03-01T12:00:00", "2026-03-04T08:00:00");
    expect(decided(NIGHTLY, facts("2026-03-01T12:00Z", "2026-03-04T08:00Z"))).toEqual([
      `2026-03-03T02:15Z missed: ${silence}; older than grace 12h`,
      `2026-03-04T02:15Z due: caught up: ${silence}`,
    ]);
  });

  test("never make more than a thousand rows", () => {
    const often: Schedule = { ...NIGHTLY, cron: "* * * * * *" };
    const rows = decideSlots(often, facts("2026-03-01T00:00Z", "2026-04-01T00:00Z"));
    expect(rows).toHaveLength(1_000);
    expect(rows.at(-1)).toMatchObject({ slot: new Date("2026-04-01T00:00Z"), state: "due" });
  });
});

describe("while a run of the source is going", () => {
  const busy = "run 41 of the source was still going";

  test("`overlap: skip` skips what would be due", () => {
    expect(decided(NIGHTLY, facts("2026-03-02T02:00Z", "2026-03-02T02:15Z", 41))).toEqual([
      `2026-03-02T02:15Z skipped: ${busy}`,
    ]);
  });

  test("what catches up a missed slot waits instead", () => {
    const late = decided(HOURLY, facts("2026-03-02T00:30Z", "2026-03-02T02:30Z", 41));
    expect(late.map((line) => line.slice(0, 25))).toEqual(["2026-03-02T01:00Z covered", "2026-03-02T02:00Z due: ca"]);
    const onTime = decided(HOURLY, facts("2026-03-02T00:30Z", "2026-03-02T02:00Z", 41));
    expect(onTime.map((line) => line.slice(0, 25))).toEqual(["2026-03-02T01:00Z covered", "2026-03-02T02:00Z due"]);
  });

  test("what would not have run anyhow is missed", () => {
    const about = facts("2026-03-01T00:00Z", "2026-03-02T02:15Z", 41);
    expect(decided({ ...NIGHTLY, missed: "skip" }, about).map((line) => line.slice(0, 25))).toEqual([
      "2026-03-01T02:15Z missed:",
      "2026-03-02T02:15Z skipped",
    ]);
  });

  test("`overlap: queue` lets it be due", () => {
    const queueing: Schedule = { ...NIGHTLY, overlap: "queue" };
    expect(decided(queueing, facts("2026-03-02T02:00Z", "2026-03-02T02:15Z", 41))).toEqual(["2026-03-02T02:15Z due"]);
  });
});

test("every slot within grace is decided exactly once, whenever and however often is asked", () => {
  const schedules = fc.record({
    cron: fc.constantFrom("* * * * *", "*/15 * * * *", "0 * * * *", "15 2 * * *", "*/30 * * * * *"),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"),
    jitter: fc.constantFrom(0, 90_000, 20 * MINUTE),
    missed: fc.constantFrom("once" as const, "skip" as const),
    grace: fc.constantFrom(0, 30_000, 10 * MINUTE, 3 * HOUR),
    overlap: fc.constantFrom("skip" as const, "queue" as const),
  });
  const beats = fc.array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: 1, max: 6 * HOUR })),
      fc.option(fc.constant(41)),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const starts = fc.constantFrom("2026-03-29T00:00Z", "2026-10-25T00:00Z", "2026-11-01T04:30Z", "2026-05-05T01:00Z");
  holds(
    fc.property(schedules, beats, starts, (schedule, pauses, start) => {
      const later = jitterOf("acme", schedule.jitter);
      const all: SlotDecision[] = [];
      let settledUntil = new Date(start);
      for (const [pause, runningRun] of pauses) {
        const now = new Date(settledUntil.getTime() + pause);
        const decisions = decideSlots(schedule, { source: "acme", settledUntil, now, runningRun });
        const young = slotsBetween(schedule, settledUntil, now).filter(
          (slot) => now.getTime() - slot.getTime() - later <= Math.max(schedule.grace, MINUTE),
        );
        const slots = decisions.map(({ slot }) => slot);
        expect(slots.slice(-young.length || slots.length)).toEqual(young);
        // Of the older ones at most one is told of.
        expect(slots.length - young.length).toBeLessThanOrEqual(1);
        for (const { slot, state, dueAt, coveredBy } of decisions) {
          expect(dueAt.getTime() - slot.getTime()).toBe(later);
          expect(coveredBy !== null).toBe(state === "covered");
          if (coveredBy === null) continue;
          expect(coveredBy.getTime()).toBeGreaterThan(slot.getTime());
          expect(decisions).toContainEqual(expect.objectContaining({ slot: coveredBy, state: "due" }));
        }
        all.push(...decisions);
        settledUntil = now;
      }
      expect(new Set(all.map(({ slot }) => slot.getTime())).size).toBe(all.length);
    }),
    25,
  );
});
