/** Slots of random schedules, compared with a clock that is looked at every minute. */
import * as fc from "fast-check";
import { nextSlot, previousSlots, slotsBetween } from "../../../src/schedule/slot-times";
import { holds } from "../../support/holds";

const MINUTE = 60_000;
const DAY = 86_400_000;

interface Field {
  readonly word: string;
  readonly fits: (value: number) => boolean;
}

const SAYS_NOTHING: Field = { word: "*", fits: () => true };

/** One field of a cron together with what it means. */
const field = (least: number, most: number): fc.Arbitrary<Field> => {
  const value = fc.integer({ min: least, max: most });
  const span = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const step = fc.integer({ min: 1, max: most });
  const item = fc.oneof(
    value.map((at): Field => ({ word: `${at}`, fits: (it) => it === at })),
    span.map(([from, to]): Field => ({ word: `${from}-${to}`, fits: (it) => from <= it && it <= to })),
    fc.tuple(span, step).map(
      ([[from, to], by]): Field => ({
        word: `${from}-${to}/${by}`,
        fits: (it) => from <= it && it <= to && (it - from) % by === 0,
      }),
    ),
  );
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map(
    (items): Field => ({
      word: items.map(({ word }) => word).join(","),
      fits: (it) => items.some(({ fits }) => fits(it)),
    }),
  );
  const steps = step.map((by): Field => ({ word: `*/${by}`, fits: (it) => (it - least) % by === 0 }));
  return fc.oneof(fc.constant(SAYS_NOTHING), list, steps);
};

/** A cron of five words, and whether a wall time fits it. Half of them leave the days open, so that there is something to see. */
const crons = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    // Up to 28, for all months have those: what never comes is refused.
    fc.oneof(fc.constant(SAYS_NOTHING), field(1, 28)),
    fc.oneof(fc.constant(SAYS_NOTHING), field(1, 12)),
    fc.oneof(fc.constant(SAYS_NOTHING), field(0, 6)),
  )
  .map(([minute, hour, day, month, weekday]) => ({
    cron: [minute, hour, day, month, weekday].map(({ word }) => word).join(" "),
    fits: (wall: number) => {
      const date = new Date(wall);
      const [fitsDay, fitsWeekday] = [day.fits(date.getUTCDate()), weekday.fits(date.getUTCDay())];
      const either = !day.word.startsWith("*") && !weekday.word.startsWith("*");
      return (
        minute.fits(date.getUTCMinutes()) &&
        hour.fits(date.getUTCHours()) &&
        month.fits(date.getUTCMonth() + 1) &&
        (either ? fitsDay || fitsWeekday : fitsDay && fitsWeekday)
      );
    },
  }));

/** Zones, and moments at which their clocks are changed. */
const CHANGES: readonly (readonly [zone: string, near: readonly string[]])[] = [
  ["UTC", ["2026-02-28T23:00Z"]],
  ["Europe/Berlin", ["2026-03-29T01:00Z", "2026-10-25T01:00Z"]],
  ["America/New_York", ["2026-03-08T07:00Z", "2026-11-01T06:00Z"]],
  ["Australia/Lord_Howe", ["2026-10-03T15:30Z", "2026-04-04T15:00Z"]],
  ["America/Sao_Paulo", ["2018-11-04T03:00Z", "2018-02-18T02:00Z"]],
  ["Pacific/Apia", ["2011-12-30T10:00Z"]],
  ["Africa/Casablanca", ["2026-02-15T02:00Z", "2026-03-22T02:00Z"]],
  ["America/Caracas", ["2007-12-09T07:00Z", "2016-05-01T07:00Z"]],
  ["Antarctica/Troll", ["2026-03-29T01:00Z", "2026-10-25T01:00Z"]],
  ["Asia/Kolkata", ["2026-06-15T00:00Z"]],
];

const worlds = fc
  .constantFrom(...CHANGES)
  .chain(([timezone, near]) =>
    fc.record({
      timezone: fc.constant(timezone),
      after: fc
        .tuple(fc.constantFrom(...near), fc.integer({ min: -30 * 60, max: 120 }))
        .map(([change, minutes]) => Date.parse(change) + minutes * MINUTE),
      length: fc.integer({ min: 0, max: 36 * 60 }).map((minutes) => minutes * MINUTE),
    }),
  )
  .map((world) => ({ ...world, upTo: world.after + world.length }));

const shown = (zone: string) => {
  // The Swedish write the date as we calculate with it.
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return (instant: number) => Date.parse(`${format.format(instant).replace(" ", "T")}Z`);
};

/** Slots by the definition: at each minute, whether one of the wall times that are shown for the first time fits. */
function slotsByModel(fits: (wall: number) => boolean, zone: string, after: number, upTo: number): number[] {
  const clock = shown(zone);
  const slots: number[] = [];
  let latest = clock(after - DAY - MINUTE);
  for (let at = after - DAY; at <= upTo; at += MINUTE) {
    const wall = clock(at);
    let isSlot = false;
    for (; latest < wall; latest += MINUTE) isSlot ||= fits(latest + MINUTE);
    if (isSlot && at > after) slots.push(at);
  }
  return slots;
}

const between = (cron: string, timezone: string, after: number, upTo: number) =>
  slotsBetween({ cron, timezone }, new Date(after), new Date(upTo), 10_000).map((slot) => slot.getTime());

test("slots are those of a clock that is looked at every minute", () => {
  holds(
    fc.property(crons, worlds, ({ cron, fits }, { timezone, after, upTo }) => {
      expect(between(cron, timezone, after, upTo)).toEqual(slotsByModel(fits, timezone, after, upTo));
    }),
    25,
  );
});

const cronsOfSeconds = fc.tuple(field(0, 59), crons).map(([second, { cron }]) => `${second.word} ${cron}`);

test("slots rise, lie within their bounds, and are the same however an interval is split", () => {
  holds(
    fc.property(
      fc.oneof(
        crons.map(({ cron }) => cron),
        cronsOfSeconds,
      ),
      worlds.map((world) => ({ ...world, upTo: Math.min(world.upTo, world.after + 90 * MINUTE) })),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (cron, { timezone, after, upTo }, share) => {
        const slots = between(cron, timezone, after, upTo);
        for (const [index, slot] of slots.entries()) expect(slot).toBeGreaterThan(slots[index - 1] ?? after);
        for (const slot of slots) expect(slot).toBeLessThanOrEqual(upTo);
        const middle = Math.round(after + share * (upTo - after));
        expect([...between(cron, timezone, after, middle), ...between(cron, timezone, middle, upTo)]).toEqual(slots);
        const next = nextSlot({ cron, timezone }, new Date(after));
        expect(next !== null && next.getTime() <= upTo ? [next.getTime()] : []).toEqual(slots.slice(0, 1));
        const previous = previousSlots({ cron, timezone }, new Date(upTo + 1), 2).map((slot) => slot.getTime());
        expect(previous.filter((slot) => slot > after)).toEqual(slots.slice(-2).reverse());
      },
    ),
    25,
  );
});
