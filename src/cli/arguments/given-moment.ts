import { InvalidArgumentError } from "commander";
import { isStorableTime } from "../../domain/storable";

/** What it takes, for the help. */
export const TIME = "a date (its start, in UTC) or an RFC 3339 time";

/** RFC 3339; a date alone, which is its beginning in UTC; or as the text answers print it, with ` UTC`. */
const FORM = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(Z|z|UTC|[+-]\d{2}:\d{2}))?$/;

/** @returns RFC 3339 in UTC. @throws InvalidArgumentError for what is no moment, leaves open which it is, or cannot be kept */
export function givenMoment(text: string): string {
  const [, date = "", time = "00:00:00", zone = "Z"] = FORM.exec(text.trim()) ?? [];
  const instant = Date.parse(`${date}T${time}${/^(z|UTC)$/i.test(zone) ? "Z" : zone}`);
  // Some engines roll the 30th of February over into March.
  const dayExists = date !== "" && new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  if (Number.isNaN(instant) || !dayExists)
    throw new InvalidArgumentError(
      "it must be a date such as 2026-11-01, or a moment with its zone such as 2026-11-01T08:30:00Z",
    );
  if (!isStorableTime(instant)) throw new InvalidArgumentError("it must be between the years 1 and 9999, in UTC too");
  return new Date(instant).toISOString();
}
