import type { FullCadence } from "../../domain/increments";

const DAY = 86_400_000;
/** A run that starts a little earlier in the day than the last one must not wait for another night. */
const EARLY = 0.05;

/**
 * Whether a full pass is due: one of its days has begun since the last complete one, or that was too long ago. A day
 * without a pass that came to its end is made up for by the next run. Of one that is of a time to come nobody knows when it was.
 */
export function fullIsDue(cadence: FullCadence, last: Date, now: Date): boolean {
  if (last > now) return true;
  if ("after" in cadence) return now.getTime() - last.getTime() >= cadence.after * (1 - EARLY);
  const today = dayAt(cadence.timezone, now);
  for (let day = dayAt(cadence.timezone, last) + 1; day <= today; day += 1)
    if (cadence.on.includes(weekdayOf(day))) return true;
  return false;
}

/** The day that the calendar of a zone shows, counted from 1970-01-01. */
function dayAt(timezone: string, moment: Date): number {
  const shown: Record<string, number> = {};
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  for (const { type, value } of format.formatToParts(moment)) shown[type] = Number(value);
  const { year = 1970, month = 1, day = 1 } = shown;
  return Date.UTC(year, month - 1, day) / DAY;
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => (day + 4) % 7;
