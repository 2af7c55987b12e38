/** Steps through JSON as bytes, without making values of it: where things end, for those who parse only some of them. */

// Exported where they are declared, each would be looked up again for every byte (`exports.QUOTE`).
export { BACKSLASH, CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, NOWHERE, OPEN_LIST, OPEN_OBJECT, QUOTE };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The end of what does not end. */
const NOWHERE = -1;

/** A number of so many digits may be an integer that JavaScript's numbers do not hold. */
const LONG = 16;

/** Where the white space from `at` on ends. */
export const skipSpace = (bytes: Uint8Array, at: number): number => {
  let next = at;
  while (isSpace(bytes[next])) next += 1;
  return next;
};

/** Where the text whose opening quote is at `at` ends, closing quote included. */
export const endOfText = (bytes: Uint8Array, at: number): number => {
  let next = at;
  do {
    next += 1;
    while (next < bytes.length && bytes[next] !== QUOTE) next += 1;
  } while (isEscaped(bytes, next));
  return next < bytes.length ? next + 1 : NOWHERE;
};

/**
 * Where the object or list that opens at `at` ends. Right for whatever is well-formed; of anything else it finds some end or
 * none, so that only a parser can tell. The loop that a night without changes spends its time in.
 *
 * @param room how deep it may nest; beyond that it ends nowhere
 * @param onLong told of numbers of `LONG` digits and more
 */
const endOfNested = (bytes: Uint8Array, at: number, room: number, onLong: () => void): number => {
  const { length } = bytes;
  let depth = 0;
  for (let next = at; next < length; next += 1) {
    const byte = bytes[next] ?? 0;
    if (byte === QUOTE) {
      // `endOfText` again, because a call for every text would cost half as much as all the rest.
      do {
        next += 1;
        while (next < length && bytes[next] !== QUOTE) next += 1;
      } while (bytes[next - 1] === BACKSLASH && isEscaped(bytes, next));
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
      if (depth > room) return NOWHERE;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return next + 1;
    } else if (isDigit(byte)) {
      const begin = next;
      while (isDigit(bytes[next + 1] ?? 0)) next += 1;
      if (next - begin >= LONG - 1) onLong();
    }
  }
  return NOWHERE;
};

/** Where the number, `true`, `false` or `null` that begins at `at` ends, or whatever else stands in the place of one. */
const endOfPlain = (bytes: Uint8Array, at: number): number => {
  let next = at;
  while (next < bytes.length && !isEnd(bytes[next] ?? 0)) next += 1;
  return next > at ? next : NOWHERE;
};

/** Where the value that begins at `at` ends, under the terms of `endOfNested`. */
export const endOfValue = (bytes: Uint8Array, at: number, room: number, onLong: () => void): number => {
  const byte = bytes[at];
  if (byte === OPEN_OBJECT || byte === OPEN_LIST) return endOfNested(bytes, at, room, onLong);
  if (byte === QUOTE) return endOfText(bytes, at);
  const end = endOfPlain(bytes, at);
  if (end - at >= LONG) onLong();
  return end;
};

const isEnd = (byte: number): boolean =>
  byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || isSpace(byte);

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Whether an odd number of backslashes stands before `at`. */
const isEscaped = (bytes: Uint8Array, at: number): boolean => {
  let first = at;
  while (bytes[first - 1] === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
};
