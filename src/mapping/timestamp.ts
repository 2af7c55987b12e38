import { isStorableTime } from "../domain/storable";
import { kindOf, Misfit } from "./misfit";

/** RFC 3339, with two liberties that leave no doubt: an offset without its colon, and a space or a date alone (midnight UTC). */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,12}))?(?:[Zz]|([+-])(\d{2}):?(\d{2})))?$/;
const NO_ZONE = /\d[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?$/;

/** Epoch numbers below this many are seconds (until the year 5138), others milliseconds (from March 1973). */
const SECONDS_BELOW = 1e11;

/**
 * A point in time as RFC 3339 in UTC with milliseconds, from RFC 3339, a date, or epoch seconds or milliseconds
 * given as a number. Throws a `Misfit` (MAP021, MAP022).
 */
export function timestampOf(value: unknown): string {
  const usual = typeof value === "string" ? usualForm(value) : null;
  if (usual !== null) return usual;
  const instant = typeof value === "number" ? fromEpoch(value) : fromText(value);
  if (!isStorableTime(instant)) throw new Misfit("MAP022", "is not a time between the years 1 and 9999");
  return new Date(instant).toISOString();
}

/**
 * What most systems send, seen without making a date of it: a day, or a time in UTC, whole or with milliseconds. Null for all
 * else, and for what does not exist.
 */
function usualForm(text: string): string | null {
  switch (text.length) {
    case 24:
      return isDay(text) && isTime(text) && text[19] === "." && has3Digits(text, 20) && text[23] === "Z" ? text : null;
    case 20:
      return isDay(text) && isTime(text) && text[19] === "Z" ? `${text.slice(0, 19)}.000Z` : null;
    case 10:
      return isDay(text) ? `${text}T00:00:00.000Z` : null;
    default:
      return null;
  }
}

/** A day between the years 1 and 9999, at the beginning of the text. */
function isDay(text: string): boolean {
  if (text[4] !== "-" || text[7] !== "-") return false;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false;
  return day <= 28 || day <= lastDay(year, month);
}

function lastDay(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** A time of day behind the day; leap seconds are left to others. */
function isTime(text: string): boolean {
  if (text[10] !== "T" || text[13] !== ":" || text[16] !== ":") return false;
  return twoDigits(text, 11) < 24 && twoDigits(text, 14) < 60 && twoDigits(text, 17) < 60;
}

const has3Digits = (text: string, at: number): boolean => twoDigits(text, at) >= 0 && twoDigits(text, at + 1) >= 0;

/** The number two digits make; what are none make one that compares as false. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const ZERO = "0".charCodeAt(0);

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
