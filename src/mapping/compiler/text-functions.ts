import { bail, COST, charge, paid } from "./fuel";
import { callReference } from "./reference";
import { isList, type Marked } from "./sequences";

const SURROGATE = /[\ud800-\udfff]/;

const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number | undefined => value === undefined || typeof value === "number";

function lowercase(text: unknown): string | undefined {
  if (text === undefined) return undefined;
  return isText(text) ? paid(text.toLowerCase()) : bail();
}

function uppercase(text: unknown): string | undefined {
  if (text === undefined) return undefined;
  return isText(text) ? paid(text.toUpperCase()) : bail();
}

/** Runs of white space become one space, and none is left at the ends. */
function trim(text: unknown): string | undefined {
  if (text === undefined) return undefined;
  if (!isText(text)) return bail();
  charge(text.length);
  let [from, to] = [0, text.length];
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  const inner = text.slice(from, to);
  return /[\t\n\r]| {2}/.test(inner) ? inner.replace(/[ \t\n\r]+/g, " ") : inner;
}

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

/** The code points of a text; null when they are its code units. */
function pointsOf(text: string): readonly string[] | null {
  if (!SURROGATE.test(text)) return null;
  charge(text.length * COST.copy);
  return Array.from(text);
}

/** In code points. */
function length(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (!isText(text)) return bail();
  charge(text.length);
  return pointsOf(text)?.length ?? text.length;
}

function substring(text: unknown, start: unknown, count: unknown): string | undefined {
  if (!(text === undefined || isText(text)) || !isCount(start) || !isCount(count)) return bail();
  if (text === undefined) return undefined;
  charge(text.length);
  if (start === undefined) return bail();
  const points = pointsOf(text);
  const size = points === null ? text.length : points.length;
  const from = size + start < 0 ? 0 : start;
  if (count !== undefined && count <= 0) return "";
  const end = count === undefined ? undefined : from >= 0 ? from + count : size + from + count;
  return points === null ? text.slice(from, end) : points.slice(from, end).join("");
}

function substringBefore(text: unknown, chars: unknown): string | undefined {
  const place = placeOf(text, chars);
  return place < 0 ? (text as string | undefined) : (text as string).slice(0, place);
}

function substringAfter(text: unknown, chars: unknown): string | undefined {
  const place = placeOf(text, chars);
  return place < 0 ? (text as string | undefined) : (text as string).slice(place + (chars as string).length);
}

function placeOf(text: unknown, chars: unknown): number {
  if (text === undefined && (chars === undefined || isText(chars))) return -1;
  return isText(text) && isText(chars) ? indexIn(text, chars, 0) : bail();
}

/** Finding a text in another takes, at worst, the product of their lengths. */
function indexIn(text: string, chars: string, from: number): number {
  charge(1 + (text.length * chars.length) / 1024);
  return text.indexOf(chars, from);
}

function pad(text: unknown, width: unknown, chars: unknown): string | undefined {
  if (!(text === undefined || isText(text)) || typeof width !== "number" || !(chars === undefined || isText(chars)))
    return bail();
  if (text === undefined) return undefined;
  const filling = chars === undefined || chars === "" ? " " : chars;
  const missing = Math.abs(Math.trunc(width)) - (length(text) ?? 0);
  if (!(missing > 0)) return text;
  charge(missing * filling.length);
  const all = filling.repeat(missing);
  const padding = filling.length > 1 ? substring(all, 0, missing) : all;
  return width > 0 ? `${text}${padding}` : `${padding}${text}`;
}

function contains(text: unknown, token: unknown): boolean | undefined {
  if (!(text === undefined || isText(text)) || !(token === undefined || isText(token))) return bail();
  return text === undefined || token === undefined ? undefined : indexIn(text, token, 0) >= 0;
}

function split(text: unknown, separator: unknown, limit: unknown): string[] | undefined {
  if (!isCount(limit)) return bail();
  if (text === undefined && (separator === undefined || isText(separator))) return undefined;
  if (!isText(text) || !isText(separator) || !isLimit(limit)) return bail();
  if (limit !== undefined && !(limit > 0)) return [];
  charge(text.length + (text.length * separator.length) / 1024);
  return text.split(separator, limit);
}

/** A number of pieces: a negative one is an error. */
export const isLimit = (limit: unknown): limit is number | undefined => isCount(limit) && !((limit ?? 0) < 0);

function replace(text: unknown, pattern: unknown, replacement: unknown, limit: unknown): string | undefined {
  if (!(text === undefined || isText(text)) || !isText(pattern) || !isText(replacement) || !isCount(limit))
    return bail();
  if (text === undefined) return undefined;
  if (pattern === "" || !isLimit(limit)) return bail();
  if (limit !== undefined && !(limit > 0)) return text;
  charge((text.length * pattern.length) / 1024);
  let result = "";
  let position = 0;
  let count = 0;
  for (let found = text.indexOf(pattern); found >= 0; found = text.indexOf(pattern, position)) {
    if (limit !== undefined && count >= limit) break;
    charge(COST.property + replacement.length);
    result += text.slice(position, found) + replacement;
    position = found + pattern.length;
    count += 1;
  }
  return paid(result + text.slice(position));
}

function join(list: unknown, separator: unknown): string | undefined {
  if (!(separator === undefined || isText(separator))) return bail();
  if (list === undefined) return undefined;
  if (isText(list)) return list;
  if (!isList(list)) return bail();
  let size = list.length * (1 + (separator ?? "").length);
  for (const item of list) size += isText(item) ? item.length : bail();
  charge(size);
  return (list as Marked as string[]).join(separator ?? "");
}

type Encoding =
  | "base64encode"
  | "base64decode"
  | "encodeUrlComponent"
  | "encodeUrl"
  | "decodeUrlComponent"
  | "decodeUrl";

const coding =
  (name: Encoding) =>
  (text: unknown): unknown => {
    if (text === undefined) return undefined;
    if (!isText(text)) return bail();
    charge(4 * text.length);
    return callReference(name, text);
  };

const base64encode = coding("base64encode");
const base64decode = coding("base64decode");
const encodeUrlComponent = coding("encodeUrlComponent");
const encodeUrl = coding("encodeUrl");
const decodeUrlComponent = coding("decodeUrlComponent");
const decodeUrl = coding("decodeUrl");

/** The builtins that work on texts. */
export const TEXT_FUNCTIONS = {
  lowercase,
  uppercase,
  trim,
  length,
  substring,
  substringBefore,
  substringAfter,
  pad,
  contains,
  split,
  replace,
  join,
  base64encode,
  base64decode,
  encodeUrlComponent,
  encodeUrl,
  decodeUrlComponent,
  decodeUrl,
};
