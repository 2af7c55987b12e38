/** Whether the database can hold a text: without NUL, which Postgres does not store, and halves of surrogate pairs, which UTF-8 cannot express. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

const EARLIEST = Date.parse("0001-01-01T00:00:00.000Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Whether a time is one of the years 1 to 9999: the database takes no year 0, and later ones have another form.
 *
 * @param instant milliseconds since 1970; NaN is none
 */
export const isStorableTime = (instant: number): boolean => instant >= EARLIEST && instant <= LATEST;
