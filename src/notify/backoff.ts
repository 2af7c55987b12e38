/** In milliseconds. */
const FIRST = 10_000;
const LONGEST = 3_600_000;
/** After so long nobody needs to be told how it was then. */
export const GIVE_UP_AFTER = 3 * 24 * 3_600_000;

/**
 * How long to wait before the next attempt: twice as long each time, up to an hour, and by chance up to a quarter less, so that
 * not all come back at once.
 *
 * @param attempts so far
 * @param random from 0 to below 1
 */
export const waitAfter = (attempts: number, random: number): number =>
  Math.min(LONGEST, FIRST * 2 ** Math.min(attempts - 1, 20)) * (1 - random / 4);
