import type { Mark, SinceIncrements } from "../../domain/increments";
import { valueAt } from "../../domain/value-at";

export const NO_MARK: Mark = {
  begunAt: null,
  tellsClock: false,
  newest: null,
  until: null,
  beyond: null,
  looked: false,
  link: null,
};

/** Clocks of servers differ by this much at most, in milliseconds: of two that answer in turn, and ours from theirs. */
export const CLOCKS_DIFFER = 60_000;

/** Below these numbers moments are seconds, above them milliseconds; so far from both that no system's time is in doubt. */
const SECONDS_BELOW = 1e11;

/** From here on a number is no moment: it could not be written as one. */
const YEAR_10000 = Date.UTC(10_000, 0);

/** The latest moment up to `until` that records tell at `field`; `newest` where none tells a later one. */
export function newestOf(
  { field }: Pick<SinceIncrements, "field">,
  records: readonly unknown[],
  newest: number | null,
  until: number | null = null,
): number | null {
  if (field === null) return null;
  let latest = newest;
  for (const record of records) {
    const moment = momentOf(valueAt(record, field));
    if (moment === null || (until !== null && moment > until)) continue;
    if (latest === null || moment > latest) latest = moment;
  }
  return latest;
}

/** Postgres prints a whole offset, which no standard of JavaScript's knows. */
const OFFSET_IN_HOURS = /:\d{2}(?:\.\d+)?[+-]\d{2}$/;

/** A text without a zone is taken for UTC; a day alone is by itself. */
function withZone(text: string): string {
  if (OFFSET_IN_HOURS.test(text)) return `${text.replace(" ", "T")}:00`;
  const hasZone = /(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes(":");
  return hasZone ? text : `${text.replace(" ", "T")}Z`;
}

/** In milliseconds; null for what is no moment. */
function momentOf(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{9,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number")
    return number > 0 && number < YEAR_10000 ? (number < SECONDS_BELOW ? number * 1_000 : number) : null;
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value)) return null;
  const moment = Date.parse(withZone(value));
  return Number.isNaN(moment) ? null : moment;
}
