/** What a guess costs. The numbers follow PCI DSS 8.3.4 and NIST SP 800-63B-4. */
const FREE_FAILURES = 5;
const FIRST_WAIT = 30;
const LONGEST_WAIT = 3600;
const LOCKED_AFTER = 10;
const LOCK = 1800;

/**
 * How many seconds nobody may try after so many failures in a row: none after the first five, then 30 s doubling to an hour;
 * after ten never less than half an hour.
 */
export function waitAfter(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  const doubled = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - FREE_FAILURES - 1));
  return failures < LOCKED_AFTER ? doubled : Math.max(LOCK, doubled);
}

/** The same as a list: the wait after 1, 2, 3 … failures; the last stands for all beyond. */
export const WAITS: readonly number[] = Array.from({ length: 14 }, (_, index) => waitAfter(index + 1));

/** Failures in a row are forgotten after a day without any. Milliseconds. */
export const FORGOTTEN_AFTER = 86_400_000;

/** A login has ended by then, or its process has: its attempt failed. Milliseconds. */
export const LOST_AFTER = 120_000;

/**
 * Failures from one address within the window. An office behind one address makes some; when a source as a whole sees
 * many, somebody guesses from many addresses, and each is given less. An address without failures is never kept out by
 * those of others.
 */
export const ADDRESS_LIMITS = { window: 900_000, failures: 50, sourceFailures: 500, underAttack: 5 } as const;
