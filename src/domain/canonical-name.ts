/** A name as the mirror compares the names of people: in any case, and however its letters are put together. */
export const canonicalName = (name: string): string => name.normalize("NFC").toLowerCase().normalize("NFC");
