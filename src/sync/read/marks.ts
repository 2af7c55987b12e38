import type { Mark, SinceIncrements } from "../../domain/increments";
import { valueAt } from "../../domain/value-at";

export const NO_MARK: Mark = { begunAt: null, newest: null, link: null };

/** Below these numbers moments are seconds, above them milliseconds; so far from both that no system's time is in doubt. */
const SECONDS_BELOW = 1e11;

/** The latest moment that records tell at `field`; `newest` where none tells a later one. */
export function newestOf(
  { field }: Pick<SinceIncrements, "field">,
  records: readonly unknown[],
  newest: number | null,
): number | null {
  if (field === null) return null;
  let latest = newest;
  for (const record of records) {
    const moment = momentOf(valueAt(record, field));
    if (moment !== null && (latest === null || moment > latest)) latest = moment;
  }
  return latest;
}

/** In milliseconds; null for what is no moment. A text without a zone is taken for UTC. */
function momentOf(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{9,16}$/.test(value) ? Number(value) : value;
  if (typeof number === "number")
    return Number.isFinite(number) && number > 0 ? (number < SECONDS_BELOW ? number * 1_000 : number) : null;
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value)) return null;
  const hasZone = /(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(value) || !value.includes(":");
  const moment = Date.parse(hasZone ? value : `${value.replace(" ", "T")}Z`);
  return Number.isNaN(moment) ? null : moment;
}
