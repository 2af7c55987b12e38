import type { Json } from "../../domain/json";
import type { Digest } from "../../domain/page-records";

/** Bytes; grows as it must. */
const FIRST_ROOM = 16 * 1024;

/** A character is at most three bytes, of which none is doubled, or one that becomes two. */
const MOST_BYTES = 3;

/** From so many characters on, Node's own ways of searching and writing a text are quicker than a loop. */
const LONG = 100;

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** What is written often, as bytes; it must need no escape. */
export const constant = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** What stands before a byte string in hexadecimal. */
const HEX = constant("\\\\x");
const HEX_DIGITS = constant("0123456789abcdef");

export const NULL = constant("\\N");
export const TAB = constant("\t");
export const NEWLINE = constant("\n");
const UTC = constant('+00:00"');
/** Length of `2026-03-01T08:00:00`. */
const WHOLE_SECONDS = 19;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const BILLION = 1e9;

/**
 * Lines of COPY's text format, written as bytes one after the other. Engines take long to put a long text together from many
 * short ones, and to encode it; most of what is written are short texts of ASCII, which need neither.
 */
export class CopyText {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_ROOM);
  #end = 0;

  /** How many bytes were written. */
  get size(): number {
    return this.#end;
  }

  /** What was written. It stays as it is until something is written after `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Begins anew, in the same room. */
  clear(): void {
    this.#end = 0;
  }

  /** A whole line. */
  line(values: readonly (string | number | boolean | null)[]): void {
    for (let index = 0; index < values.length; index += 1) {
      if (index > 0) this.raw(TAB);
      this.value(values[index] ?? null);
    }
    this.raw(NEWLINE);
  }

  value(value: string | number | boolean | null): void {
    if (typeof value === "string") this.text(value);
    else if (value === null) this.raw(NULL);
    else if (typeof value === "number") this.number(value);
    else this.text(String(value));
  }

  /** What needs no escape: separators, constants. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const into = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < length; index += 1) into[end++] = bytes[index] ?? 0;
    this.#end = end;
  }

  text(text: string): void {
    const { length } = text;
    if (length > LONG) {
      this.#anyText(text);
      return;
    }
    this.#reserve(length);
    const into = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === BACKSLASH) {
        this.#anyText(text);
        return;
      }
      into[end++] = code;
    }
    this.#end = end;
  }

  number(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= BILLION) {
      this.#anyText(String(value));
      return;
    }
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits += 1;
    this.#reserve(digits);
    const into = this.#bytes;
    let rest = value;
    for (let at = this.#end + digits - 1; at >= this.#end; at -= 1) {
      const tens = (rest / 10) | 0;
      into[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.#end += digits;
  }

  /** A byte string of 16 bytes. */
  digest(digest: Digest): void {
    this.raw(HEX);
    this.#reserve(2 * digest.length);
    const into = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < digest.length; index += 1) {
      const byte = digest.charCodeAt(index);
      into[end++] = HEX_DIGITS[byte >> 4] ?? 0;
      into[end++] = HEX_DIGITS[byte & 15] ?? 0;
    }
    this.#end = end;
  }

  /** A value as JSON, as `JSON.stringify` writes it. */
  json(value: Json): void {
    if (typeof value === "string") this.quoted(value);
    else if (typeof value !== "object" || value === null) this.text(String(value));
    else if (isList(value)) this.#list(value);
    else this.#object(value);
  }

  /** A text as JSON. */
  quoted(text: string): void {
    const { length } = text;
    if (length > LONG) {
      this.#anyText(JSON.stringify(text));
      return;
    }
    this.#reserve(length + 2);
    const into = this.#bytes;
    let end = this.#end;
    into[end++] = QUOTE;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === BACKSLASH || code === QUOTE) {
        this.#anyText(JSON.stringify(text));
        return;
      }
      into[end++] = code;
    }
    into[end++] = QUOTE;
    this.#end = end;
  }

  /**
   * A time as JSON, as Postgres writes a `timestamptz` in UTC.
   *
   * @param time RFC 3339 in UTC with milliseconds
   */
  jsonTime(time: string): void {
    this.#reserve(time.length + 2);
    const into = this.#bytes;
    let end = this.#end;
    into[end++] = QUOTE;
    // Neither the Z, nor zeros at the end of a fraction, nor a fraction of nothing else.
    let length = time.length - 1;
    while (time.charCodeAt(length - 1) === ZERO && length > WHOLE_SECONDS) length -= 1;
    if (length === WHOLE_SECONDS + 1) length -= 1;
    for (let index = 0; index < length; index += 1) into[end++] = time.charCodeAt(index);
    this.#end = end;
    this.raw(UTC);
  }

  #list(list: readonly Json[]): void {
    this.#byte(0x5b);
    for (let index = 0; index < list.length; index += 1) {
      if (index > 0) this.#byte(0x2c);
      this.json(list[index] ?? null);
    }
    this.#byte(0x5d);
  }

  #object(object: Readonly<Record<string, Json>>): void {
    this.#byte(0x7b);
    let isFirst = true;
    for (const name in object) {
      if (!isFirst) this.#byte(0x2c);
      isFirst = false;
      this.quoted(name);
      this.#byte(0x3a);
      this.json(object[name] ?? null);
    }
    this.#byte(0x7d);
  }

  /** Any text, escaped where it must be. */
  #anyText(text: string): void {
    const escaped = SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (char) => ESCAPES[char] ?? char) : text;
    this.#reserve(escaped.length * MOST_BYTES);
    this.#end += this.#bytes.write(escaped, this.#end);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#end] = byte;
    this.#end += 1;
  }

  #reserve(more: number): void {
    const wanted = this.#end + more;
    if (wanted <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}

const isList = (value: object): value is readonly Json[] => Array.isArray(value);
