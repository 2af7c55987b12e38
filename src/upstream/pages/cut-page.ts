import type { Body } from "../http/body";
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfText,
  endOfValue,
  NOWHERE,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from "./json-bytes";

/** Where the list of records stands in a page, its brackets included. */
export interface ListPlace {
  readonly begin: number;
  readonly end: number;
}

/** Where the records of a page stand in its bytes. */
export interface CutPage extends ListPlace {
  /** Begin and end of every record, one after the other. */
  readonly bounds: readonly number[];
  /** Whether a record may hold an integer that JavaScript's numbers do not hold. */
  readonly hasLong: boolean;
}

/**
 * Cuts a page at the boundaries of its records, in one pass that makes no values. What lies between the records is checked:
 * the list's brackets and commas, and that nothing on the path to it is named twice. So a page is JSON exactly if it is so
 * without its list, and every record is; and a record that is, byte for byte, one that was parsed before need not be parsed for that.
 *
 * @param path of the list; empty when the page itself is the list
 * @param depth how deep the page may nest
 * @returns null for a page that has to be parsed whole: it is damaged, too deep, has no list there, or writes a name beside
 *   the path with an escape
 */
export const cutPage = (bytes: Buffer, path: readonly string[], depth: number): CutPage | null => {
  const names = path.map((name) => Buffer.from(name));
  const bounds: number[] = [];
  const list = { begin: 0, end: 0 };
  let hasLong = false;
  const onLong = (): void => {
    hasLong = true;
  };

  // Each of these steps tells where ends what begins at `begin`.
  const endOfList = (begin: number): number => {
    if (bytes[begin] !== OPEN_LIST) return NOWHERE;
    const room = depth - path.length - 1;
    let at = skipSpace(bytes, begin + 1);
    for (let last = bytes[at] === CLOSE_LIST; !last; ) {
      const end = endOfValue(bytes, at, room, onLong);
      if (end === NOWHERE) return NOWHERE;
      bounds.push(at, end);
      at = skipSpace(bytes, end);
      last = bytes[at] === CLOSE_LIST;
      if (!last && bytes[at] !== COMMA) return NOWHERE;
      if (!last) at = skipSpace(bytes, at + 1);
    }
    list.begin = begin;
    list.end = at + 1;
    return list.end;
  };

  /** An object on the path, one of whose properties leads on to the list. */
  const endOfStep = (begin: number, step: number): number => {
    const name = names[step];
    if (name === undefined) return endOfList(begin);
    if (bytes[begin] !== OPEN_OBJECT) return NOWHERE;
    let isFound = false;
    for (let at = begin; ; ) {
      const quote = skipSpace(bytes, at + 1);
      const end = bytes[quote] === QUOTE ? endOfText(bytes, quote) : NOWHERE;
      if (end === NOWHERE) return NOWHERE;
      const written = bytes.subarray(quote + 1, end - 1);
      const leadsOn = written.equals(name);
      if ((leadsOn && isFound) || written.includes(BACKSLASH)) return NOWHERE;
      isFound ||= leadsOn;
      const colon = skipSpace(bytes, end);
      if (bytes[colon] !== COLON) return NOWHERE;
      const value = skipSpace(bytes, colon + 1);
      const after = leadsOn ? endOfStep(value, step + 1) : endOfValue(bytes, value, depth, onLong);
      if (after === NOWHERE) return NOWHERE;
      at = skipSpace(bytes, after);
      if (bytes[at] === CLOSE_OBJECT) return isFound ? at + 1 : NOWHERE;
      if (bytes[at] !== COMMA) return NOWHERE;
    }
  };

  const end = endOfStep(skipSpace(bytes, 0), 0);
  if (end === NOWHERE || skipSpace(bytes, end) !== bytes.length) return null;
  return { ...list, bounds, hasLong };
};

/** The page with an empty list in the place of its own, still to be parsed. */
export const withoutList = (page: Body, { begin, end }: ListPlace): Buffer =>
  Buffer.concat([page.part(0, begin), EMPTY_LIST, page.part(end)]);

const EMPTY_LIST = Buffer.from("[]");
