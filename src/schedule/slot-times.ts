import { createHash } from "node:crypto";
import { parse } from "node-cron";
import type { Schedule } from "../domain/job";
import { instantOf, latestWallTimeAt, wallTimeAt } from "./wall-time";

/**
 * When a schedule comes round. A slot is a local wall time that fits the words of `cron`, at the instant that it first comes:
 * an hour that does not exist runs right after the gap, once, and one that comes twice runs the first time.
 */

type Rhythm = Pick<Schedule, "cron" | "timezone">;

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** No day that a cron can name is further from the one before: 40 years, for 29 February on a given day of the week. */
const HORIZON_DAYS = 40 * 366;

/**
 * All slots after one instant up to and including another, oldest first.
 *
 * @param limit of more than so many, only the newest
 */
export function slotsBetween({ cron, timezone }: Rhythm, after: Date, upTo: Date, limit = 1_000): Date[] {
  const slots: Date[] = [];
  for (const slot of slotsBackFrom(cron, timezone, upTo.getTime())) {
    if (slot <= after.getTime() || slots.length === limit) break;
    slots.push(new Date(slot));
  }
  return slots.reverse();
}

/** The first slot after an instant; null when none ever comes. */
export function nextSlot({ cron, timezone }: Rhythm, after: Date): Date | null {
  for (const wall of wallTimes(cron, wallTimeAt(timezone, after.getTime()), 1)) {
    const slot = instantOf(timezone, wall);
    if (slot > after.getTime()) return new Date(slot);
  }
  return null;
}

/** The last slots before an instant, newest first. */
export function previousSlots({ cron, timezone }: Rhythm, before: Date, count: number): Date[] {
  const slots: Date[] = [];
  if (count <= 0) return slots;
  for (const slot of slotsBackFrom(cron, timezone, before.getTime() - 1)) {
    slots.push(new Date(slot));
    if (slots.length === count) break;
  }
  return slots;
}

/**
 * By how many milliseconds the slots of a source start later, so that not all sources start at once: less than `jitterMs`, and
 * the same in every process and every night.
 */
export function jitterOf(source: string, jitterMs: number): number {
  if (jitterMs <= 0) return 0;
  return createHash("sha256").update(source).digest().readUIntBE(0, 6) % jitterMs;
}

function* slotsBackFrom(cron: string, timezone: string, upTo: number): Generator<number> {
  let last = Number.POSITIVE_INFINITY;
  for (const wall of wallTimes(cron, latestWallTimeAt(timezone, upTo), -1)) {
    const slot = instantOf(timezone, wall);
    // Several wall times inside a gap are one instant.
    if (slot > upTo || slot === last) continue;
    last = slot;
    yield slot;
  }
}

/** What `cron` means: the numbers that fit each field, and which days. */
interface Pattern {
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  readonly isDay: (day: Date) => boolean;
}

/** Wall times that fit, from one on, in one direction. Days, hours and minutes without one are stepped over whole. */
function* wallTimes(cron: string, from: number, direction: 1 | -1): Generator<number> {
  const { hours, minutes, seconds, isDay } = readPattern(cron, direction);
  const isPassed = (start: number, length: number) => (direction === 1 ? start + length <= from : start > from);
  const today = Math.floor(from / DAY) * DAY;
  for (let days = 0; days <= HORIZON_DAYS; days++) {
    const day = today + direction * days * DAY;
    if (!isDay(new Date(day))) continue;
    for (const hour of hours.map((each) => day + each * HOUR)) {
      if (isPassed(hour, HOUR)) continue;
      for (const minute of minutes.map((each) => hour + each * MINUTE)) {
        if (isPassed(minute, MINUTE)) continue;
        for (const second of seconds) {
          const wall = minute + second * SECOND;
          if (!isPassed(wall, SECOND)) yield wall;
        }
      }
    }
  }
}

function readPattern(cron: string, direction: 1 | -1): Pattern {
  const fields = parse(cron);
  // As texts such as `L` node-cron knows more days; what may stand in a job file has been checked, and they may not.
  const days = new Set(fields.dayOfMonth);
  const weekdays = new Set(fields.dayOfWeek);
  const months = new Set(fields.month);
  const [dayWord = "*", , weekdayWord = "*"] = cron.trim().split(/\s+/).slice(-3);
  // The rule of cron: when both kinds of day are said, a day of either kind will do. (node-cron's own matcher
  // wants both at once, so that `0 0 1 * mon` would come twice a year.) A word that begins with `*` says no day.
  const isEither = !dayWord.startsWith("*") && !weekdayWord.startsWith("*");
  return {
    hours: inOrder(fields.hour, direction),
    minutes: inOrder(fields.minute, direction),
    seconds: inOrder(fields.second, direction),
    isDay: (date) => {
      if (!months.has(date.getUTCMonth() + 1)) return false;
      const [fits, fitsToo] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
      return isEither ? fits || fitsToo : fits && fitsToo;
    },
  };
}

/** node-cron keeps the order and the repetitions of what is written. */
const inOrder = (numbers: readonly number[], direction: 1 | -1): readonly number[] =>
  [...new Set(numbers)].sort((a, b) => direction * (a - b));
