import { EACH_VALUE } from "../../domain/job";
import { BACKSLASH, CLOSE_OBJECT, endOfText, endOfValue, OPEN_OBJECT, QUOTE, skipSpace } from "./json-bytes";

/**
 * Whether a page says twice what stands at a path, or on the way to it; behind `*`, any of the names there. A parser keeps the second and says nothing, and
 * the records of the first look gone.
 *
 * @param bytes of well-formed JSON
 */
export function isNamedTwice(bytes: Buffer, path: readonly string[], begin = skipSpace(bytes, 0)): boolean {
  const [name, ...others] = path;
  if (name === undefined || bytes[begin] !== OPEN_OBJECT) return false;
  let found: number | null = null;
  const met = new Set<string>();
  for (let at = begin; bytes[at] !== CLOSE_OBJECT; ) {
    const quote = skipSpace(bytes, at + 1);
    if (bytes[quote] !== QUOTE) break;
    const end = endOfText(bytes, quote);
    const value = skipSpace(bytes, skipSpace(bytes, end) + 1);
    const own = textOf(bytes.subarray(quote, end));
    if (name === EACH_VALUE && met.size === met.add(own).size) return true;
    if (own === name) {
      if (found !== null) return true;
      found = value;
    }
    at = skipSpace(
      bytes,
      endOfValue(bytes, value, Number.POSITIVE_INFINITY, () => undefined),
    );
  }
  return found !== null && isNamedTwice(bytes, others, found);
}

const textOf = (quoted: Buffer): string =>
  quoted.includes(BACKSLASH) ? JSON.parse(quoted.toString()) : quoted.toString("utf8", 1, quoted.length - 1);
