/**
 * Wall time and instants. A wall time is what the clocks of a zone show, written as the milliseconds that the same digits would
 * mean in UTC, so that one can be calculated with.
 */

const SECOND = 1_000;
const DAY = 86_400_000;

/** What the clocks of a zone show at an instant. */
export function wallTimeAt(zone: string, instant: number): number {
  return instant + offsetAt(zone, instant);
}

/**
 * The first instant at which the clocks of a zone show a wall time or a later one. So a wall time that does not exist, because
 * the clocks are put forward over it, is the instant that they are; and one that comes twice is its first occurrence. Later
 * wall times never come at an earlier instant.
 */
export function instantOf(zone: string, wall: number): number {
  // No zone is a day or more away from UTC, and clocks are not changed twice in two days: these are the only offsets there are.
  const [earliest, latest] = [wall - DAY, wall + DAY];
  const before = offsetAt(zone, earliest);
  const after = offsetAt(zone, latest);
  for (const offset of [before, after]) if (offsetAt(zone, wall - offset) === offset) return wall - offset;
  return changeBetween(zone, earliest, latest);
}

/** The latest wall time that the clocks of a zone have shown so far, which is past the present one after they were put back. */
export function latestWallTimeAt(zone: string, instant: number): number {
  return instant + Math.max(offsetAt(zone, instant), offsetAt(zone, instant - DAY));
}

/** The instant from which on another offset holds than at `from`. */
function changeBetween(zone: string, from: number, to: number): number {
  const old = offsetAt(zone, from);
  let [holds, over] = [Math.floor(from / SECOND), Math.ceil(to / SECOND)];
  while (over - holds > 1) {
    const middle = Math.floor((holds + over) / 2);
    if (offsetAt(zone, middle * SECOND) === old) holds = middle;
    else over = middle;
  }
  return over * SECOND;
}

/** By how many milliseconds the clocks of a zone are ahead of UTC. */
function offsetAt(zone: string, instant: number): number {
  const whole = Math.floor(instant / SECOND) * SECOND;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(whole)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
}

/** Building a format costs a thousand times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}
