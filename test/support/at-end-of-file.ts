/** Where the environment of a test file looks for what it is to close. */
const CLOSERS = Symbol.for("understudy.at-end-of-file");

/** Closes what a test file shares when all its tests and hooks are over, whatever order they were written in. */
export function atEndOfFile(close: () => Promise<void>): void {
  const place = globalThis as { [CLOSERS]?: (() => Promise<void>)[] };
  place[CLOSERS] ??= [];
  place[CLOSERS].push(close);
}
