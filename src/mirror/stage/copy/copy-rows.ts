import { isJsonList, type Json } from "../../../domain/json";
import type { Digest } from "../../../domain/page-records";

/** Bytes; grows as it must. */
const FIRST_ROOM = 16 * 1024;

/** Bytes that a character takes at most. */
const MOST_BYTES = 3;

/** From so many characters on, Node's own ways of writing a text are quicker than a loop. */
const LONG = 100;

/** What comes before the rows, and behind them. https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4 */
export const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
export const TRAILER = Buffer.from([0xff, 0xff]);

/** Bytes of a length, which stands before each value. */
const LENGTH = 4;
const NULL = -1;
/** How `jsonb` is told; the number of its format. */
const JSONB = 1;
/** 2000-01-01, from which Postgres counts, in milliseconds since 1970. */
const EPOCH = Date.UTC(2000, 0);
/** Length of `2026-03-01T08:00:00`. */
const WHOLE_SECONDS = 19;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const TWO_TO_32 = 2 ** 32;

/** What is written often, as bytes. */
export const constant = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const UTC = constant('+00:00"');

/**
 * Rows of COPY's binary format, written as bytes one after the other: Postgres reads it a third sooner than the text format. Engines
 * take long to put a long text together from many short ones, and to encode it; most of what is written are short texts of ASCII,
 * which need neither.
 *
 * Each value must have the very type of its column: `text` and everything stored like it, `bigint` (`int8`), `integer` (`int4`),
 * `boolean`, `timestamptz`, `bytea`, `jsonb`.
 */
export class CopyRows {
  #bytes: Buffer;
  #end = 0;

  /** @param room bytes that are there from the beginning */
  constructor(room = FIRST_ROOM) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** How many bytes were written. */
  get size(): number {
    return this.#end;
  }

  /** What was written. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Begins a row of so many values. */
  row(values: number): void {
    this.#reserve(2);
    this.#bytes[this.#end] = values >> 8;
    this.#bytes[this.#end + 1] = values & 0xff;
    this.#end += 2;
  }

  /** A whole row of texts and `bigint`s. */
  line(values: readonly (string | number | null)[]): void {
    this.row(values.length);
    for (const value of values) {
      if (typeof value === "number") this.int8(value);
      else this.text(value);
    }
  }

  /** Values that were written before. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    const into = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < length; index += 1) into[end++] = bytes[index] ?? 0;
    this.#end = end;
  }

  none(): void {
    this.#reserve(LENGTH);
    this.#int32(NULL);
  }

  text(text: string | null): void {
    if (text === null) {
      this.none();
      return;
    }
    const { length } = text;
    this.#reserve(LENGTH + length * MOST_BYTES);
    this.#int32(length);
    if (this.#ascii(text)) return;
    const written = this.#bytes.write(text, this.#end);
    this.#end -= LENGTH;
    this.#int32(written);
    this.#end += written;
  }

  /** @param value an integer that a double holds exactly */
  int8(value: number): void {
    this.#reserve(LENGTH + 8);
    this.#int32(8);
    this.#int32(Math.floor(value / TWO_TO_32));
    this.#int32(value % TWO_TO_32);
  }

  /** @param time RFC 3339 in UTC with milliseconds */
  timestamptz(time: string): void {
    const milliseconds = Date.parse(time) - EPOCH;
    // In microseconds, which a double does not hold exactly for all years.
    const low = (milliseconds % TWO_TO_32) * 1000;
    this.#reserve(LENGTH + 8);
    this.#int32(8);
    this.#int32(Math.trunc(milliseconds / TWO_TO_32) * 1000 + Math.floor(low / TWO_TO_32));
    this.#int32(low % TWO_TO_32);
  }

  int4(value: number): void {
    this.#reserve(LENGTH + 4);
    this.#int32(4);
    this.#int32(value);
  }

  boolean(value: boolean): void {
    this.#reserve(LENGTH + 1);
    this.#int32(1);
    this.#bytes[this.#end++] = value ? 1 : 0;
  }

  bytea(bytes: Buffer | null): void {
    if (bytes === null) {
      this.none();
      return;
    }
    this.#reserve(LENGTH + bytes.length);
    this.#int32(bytes.length);
    this.#end += bytes.copy(this.#bytes, this.#end);
  }

  digest(digest: Digest | null): void {
    if (digest === null) {
      this.none();
      return;
    }
    this.#reserve(LENGTH + digest.length);
    this.#int32(digest.length);
    this.#end += this.#bytes.write(digest, this.#end, "latin1");
  }

  /** A `jsonb`: what `write` writes by `json` and its like. */
  jsonb(write: () => void): void {
    this.#reserve(LENGTH + 1);
    const from = this.#end + LENGTH;
    this.#bytes[from] = JSONB;
    this.#end = from + 1;
    write();
    const end = this.#end;
    this.#end = from - LENGTH;
    this.#int32(end - from);
    this.#end = end;
  }

  /** A value as JSON, as `JSON.stringify` writes it. */
  json(value: Json): void {
    if (typeof value === "string") this.quoted(value);
    else if (typeof value !== "object" || value === null) this.#any(String(value));
    else if (isJsonList(value)) this.#list(value);
    else this.#object(value);
  }

  /** A text as JSON. */
  quoted(text: string): void {
    const { length } = text;
    if (length > LONG) {
      this.#any(JSON.stringify(text));
      return;
    }
    this.#reserve(length + 2);
    const into = this.#bytes;
    let end = this.#end;
    into[end++] = QUOTE;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === BACKSLASH || code === QUOTE) {
        this.#any(JSON.stringify(text));
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

  /** Writes a short text of ASCII, for which there is room; any other it leaves to others. */
  #ascii(text: string): boolean {
    const { length } = text;
    if (length > LONG) return false;
    const into = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      into[end++] = code;
    }
    this.#end = end;
    return true;
  }

  #any(text: string): void {
    this.#reserve(text.length * MOST_BYTES);
    this.#end += this.#bytes.write(text, this.#end);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#end] = byte;
    this.#end += 1;
  }

  /** Big-endian; there is room. */
  #int32(value: number): void {
    const into = this.#bytes;
    const end = this.#end;
    into[end] = value >> 24;
    into[end + 1] = value >> 16;
    into[end + 2] = value >> 8;
    into[end + 3] = value;
    this.#end = end + 4;
  }

  #reserve(more: number): void {
    const wanted = this.#end + more;
    if (wanted <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}
