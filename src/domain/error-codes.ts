/**
 * The closed union of failures. `exit` is the command's exit code, `retry` whether the same
 * attempt may succeed later without anybody changing anything.
 */
const code = (exit: number, retry: boolean, title: string) => ({ exit, retry, title }) as const;

export const CODES = {
  // Usage of the command line
  USE001: code(2, false, "a word or flag the command does not know"),
  USE002: code(2, false, "no such source"),
  USE003: code(2, false, "no such run, plan, hold or person"),

  // Files and environment
  CFG001: code(3, false, "invalid files"),

  // Mapping files and records

  // Upstream

  // Runs
  RUN001: code(7, true, "the source is already running"),
  RUN002: code(9, false, "a saved plan no longer matches"),
  RUN003: code(7, false, "the fence was lost: another run took over the source"),
  RUN004: code(130, false, "interrupted"),

  // Own database and queue
  DB001: code(8, true, "the database is out of reach"),

  // Bugs
  BUG001: code(1, false, "a bug"),
} as const;

export type Code = keyof typeof CODES;
