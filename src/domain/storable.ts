/** Whether the database can hold a text: without NUL, which Postgres does not store, and halves of surrogate pairs, which UTF-8 cannot express. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
