import { kindOf, Misfit } from "./misfit";

/** RFC 3339, with two liberties that leave no doubt: an offset without its colon, and a space or a date alone (midnight UTC). */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,12}))?(?:[Zz]|([+-])(\d{2}):?(\d{2})))?$/;
const NO_ZONE = /\d[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?$/;

/** Epoch numbers below this many are seconds (until the year 5138), others milliseconds (from March 1973). */
const SECONDS_BELOW = 1e11;

const EARLIEST = Date.parse("0001-01-01T00:00:00.000Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * A point in time as RFC 3339 in UTC with milliseconds, from RFC 3339, a date, or epoch seconds or milliseconds
 * given as a number. Throws a `Misfit` (MAP021, MAP022).
 */
export function timestampOf(value: unknown): string {
  const usual = typeof value === "string" ? usualForm(value) : null;
  if (usual !== null) return usual;
  const instant = typeof value === "number" ? fromEpoch(value) : fromText(value);
  if (!(instant >= EARLIEST && instant <= LATEST))
    throw new Misfit("MAP022", "is not a time between the years 1 and 9999");
  return new Date(instant).toISOString();
}

/** What most systems send, told by how it reads back: the very time it says, in UTC, whole or with milliseconds. */
function usualForm(text: string): string | null {
  if (!(text.length === 24 || text.length === 20) || !text.endsWith("Z")) return null;
  const instant = Date.parse(text);
  if (!(instant >= EARLIEST)) return null;
  const written = new Date(instant).toISOString();
  return written === text || (text.length === 20 && written === `${text.slice(0, 19)}.000Z`) ? written : null;
}

function fromEpoch(epoch: number): number {
  return Math.round(Math.abs(epoch) < SECONDS_BELOW ? epoch * 1000 : epoch);
}

function fromText(value: unknown): number {
  if (typeof value !== "string") throw new Misfit("MAP021", `is ${kindOf(value)}, a time is wanted`);
  const text = value.trim();
  const match = FORM.exec(text);
  if (match === null) {
    throw new Misfit(
      "MAP022",
      NO_ZONE.test(text)
        ? 'is a time without a zone; append one in the mapping, such as `time.($ & "Z")`'
        : "is not a time such as `2026-03-01T08:00:00Z`",
    );
  }
  const [
    ,
    year,
    month,
    day,
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "",
    sign,
    offsetHour = "0",
    offsetMinute = "0",
  ] = match;
  const midnight = Date.parse(`${year}-${month}-${day}T00:00:00.000Z`);
  // Some engines roll the 30th of February over into March.
  const dayExists = new Date(midnight).getUTCDate() === Number(day);
  // 60 is the leap second; it becomes the first second of the next minute.
  const inRange = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  if (!dayExists || !inRange || Number(offsetHour) > 23 || Number(offsetMinute) > 59) {
    throw new Misfit("MAP022", "is not a time that exists");
  }
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -60_000 : 60_000);
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + milliseconds - offset;
}
