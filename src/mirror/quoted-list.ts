/** Words of our own, as `in (…)` and `array[…]` of SQL take them. What people or customers wrote is sent as a parameter instead. */
export const quotedList = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(", ");
