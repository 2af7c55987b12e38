/**
 * Bytes to JSON values, safely: one pass over the bytes finds how deep they nest, whether they end where they should, and
 * which integers a JavaScript number cannot hold; those are put in quotes, so that ids arrive digit for digit.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { Failure } from "../../domain/errors";
import { withoutMark } from "./body";
import type { Answer } from "./http-client";
import type { Limits } from "./limits";
import { readHeader } from "./places";
import { addressOf, type Setting } from "./setting";

/** The body's value. What is no JSON is UPS011, what is nested too deep UPS012; the body itself is never told. */
export const readJson = (
  { headers, body }: Pick<Answer, "headers" | "body">,
  shown: string,
  limits: Limits,
  setting: Setting = "get",
): unknown => {
  const bytes = withoutMark(body).whole();
  const told = contentType(readHeader(headers, "content-type"));
  const broken = (why: string, fix: string): Failure =>
    new Failure("UPS011", `${shown} answered ${why} (${told}, ${body.length} bytes)`, { fix });

  const scan = scanJson(bytes);
  if (scan.depth > limits.depth)
    throw new Failure("UPS012", `${shown} answered with JSON nested more than ${limits.depth} deep`, {
      fix: `check \`${setting}\``,
    });
  if (!isUtf8(bytes)) throw broken("with text that is not UTF-8", "JSON has to be sent in UTF-8");

  const exact = scan.longNumbers.length === 0 ? bytes : quoteUnsafeIntegers(bytes, scan.longNumbers);
  try {
    return JSON.parse(exact.toString(isAscii(exact) ? "latin1" : "utf8"));
  } catch {
    // The engine's own message quotes the text, and with it people.
    if (told.includes("html") || /^\s*</.test(bytes.toString("latin1", 0, 100)))
      throw broken(
        "with a web page instead of JSON",
        `this is often a login or maintenance page: check ${setting === "auth.tokenUrl" ? addressOf(setting) : `\`baseUrl\`, \`${setting}\` and \`auth\``}`,
      );
    if (!scan.closed) throw broken("with JSON that ends in the middle", "try again later, or ask for smaller pages");
    throw broken("with something that is not JSON", `check ${addressOf(setting)}`);
  }
};

interface Scan {
  /** The deepest nesting of arrays and objects. */
  readonly depth: number;
  /** Whether every string, array and object is closed at the end. */
  readonly closed: boolean;
  /** Begin and end of numbers of 16 characters and more, which may be integers beyond 2^53. */
  readonly longNumbers: readonly (readonly [begin: number, end: number])[];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Assumes well-formed JSON and ends on any input; the parser has the last word on what is well-formed. */
const scanJson = (bytes: Buffer): Scan => {
  const longNumbers: [number, number][] = [];
  let depth = 0;
  let deepest = 0;
  let at = 0;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      for (at += 1; at < bytes.length && bytes[at] !== QUOTE; at += 1) if (bytes[at] === BACKSLASH) at += 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    } else if (isNumeric(byte)) {
      const begin = at;
      while (isNumeric(bytes[at + 1] ?? 0)) at += 1;
      if (at - begin >= 15) longNumbers.push([begin, at + 1]);
    }
  }
  return { depth: deepest, closed: depth === 0 && at === bytes.length, longNumbers };
};

/** Digits and `+-.eE`: what a number is made of, plus the `e` of `true` and `false`, which harms nothing. */
const isNumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x2b || byte === 0x65 || byte === 0x45;

/** The same JSON, with integers that JavaScript's numbers do not hold in quotes. */
export const withExactIntegers = (bytes: Buffer): Buffer => quoteUnsafeIntegers(bytes, scanJson(bytes).longNumbers);

const quoteUnsafeIntegers = (bytes: Buffer, numbers: Scan["longNumbers"]): Buffer => {
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const [begin, end] of numbers) {
    const text = bytes.toString("latin1", begin, end);
    if (!/^-?[1-9]\d*$/.test(text) || Number.isSafeInteger(Number(text))) continue;
    pieces.push(bytes.subarray(copied, begin), Buffer.from(`"${text}"`));
    copied = end;
  }
  return copied === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(copied)]);
};

/** Type and subtype alone, and only where they look like one: a header can hold anything. */
const contentType = (header: string | undefined): string =>
  /^\s*([\w.+-]{1,60}\/[\w.+-]{1,60})/.exec(header ?? "")?.[1]?.toLowerCase() ?? "no content type";
