import * as fc from "fast-check";
import type { Json } from "../../../../../src/domain/json";
import { CopyRows, HEADER, TRAILER } from "../../../../../src/mirror/stage/copy/copy-rows";
import { holds } from "../../../../support/holds";

/** Rows of COPY's binary format, as Postgres reads them: the bytes of each value. */
function read({ bytes }: CopyRows): readonly (readonly (Buffer | null)[])[] {
  const rows: (Buffer | null)[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const row: (Buffer | null)[] = [];
    const values = bytes.readInt16BE(at);
    at += 2;
    while (row.length < values) {
      const length = bytes.readInt32BE(at);
      at += 4;
      row.push(length === -1 ? null : bytes.subarray(at, at + length));
      at += Math.max(length, 0);
    }
    rows.push(row);
  }
  return rows;
}

const one = (write: (rows: CopyRows) => void): Buffer | null => {
  const rows = new CopyRows(1);
  rows.row(1);
  write(rows);
  return read(rows)[0]?.[0] ?? null;
};

/** Short and long texts of all kinds, as they may be stored: without NUL and halves of pairs. */
const text = fc
  .oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("\\", "\t", "\n", "\r", "N", '"', "a", "ü", "💡", "\u001f", "\u007f") }),
    fc.constantFrom("", "a".repeat(99), "a".repeat(100), "a".repeat(101), `${"a".repeat(200)}\t`, "ü".repeat(200)),
  )
  .map((value) => value.replaceAll("\0", " "));

test("what is written is what is read, whatever it is", () => {
  const value = fc.oneof(text, fc.constant(null), fc.maxSafeInteger());
  holds(
    fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 6 }), { maxLength: 30 }), (lines) => {
      const written = new CopyRows(1);
      for (const line of lines) written.line(line);
      const decoded = read(written).map((row, at) =>
        row.map((bytes, index) => {
          if (typeof lines[at]?.[index] === "number") return Number(bytes?.readBigInt64BE());
          return bytes?.toString() ?? null;
        }),
      );
      expect(decoded).toEqual(lines.map((line) => line.map((number) => (Object.is(number, -0) ? 0 : number))));
    }),
  );
});

test.each([
  0,
  1,
  255,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  -1,
  -(2 ** 31),
  -(2 ** 32) - 7,
  -(2 ** 53) + 1,
])("%d", (number) => {
  expect(one((rows) => rows.int8(number))?.readBigInt64BE()).toBe(BigInt(number));
  if (Math.abs(number) < 2 ** 31) expect(one((rows) => rows.int4(number))?.readInt32BE()).toBe(number);
});

test.each([
  ["2000-01-01T00:00:00.000Z", 0n],
  ["2000-01-01T00:00:01.001Z", 1_001_000n],
  ["1999-12-31T23:59:59.999Z", -1_000n],
  ["0001-01-01T00:00:00.001Z", -63_082_281_599_999_000n],
  ["9999-12-31T23:59:59.999Z", 252_455_615_999_999_000n],
])("%s is so many microseconds", (time, expected) => {
  expect(one((rows) => rows.timestamptz(time))?.readBigInt64BE()).toBe(expected);
});

test("JSON is as JSON.stringify writes it", () => {
  const jsonOf = (json: Json) => one((rows) => rows.jsonb(() => rows.json(json)));
  holds(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), text, (value, more) => {
      const json = [value, more, { [more]: value, __proto__: 1, n: null }] as Json;
      expect(jsonOf(json)?.toString()).toBe(`\u0001${JSON.stringify(json)}`);
    }),
  );
  expect(jsonOf(JSON.parse('{"__proto__":{"a":[]},"b":-0}'))?.toString()).toBe('\u0001{"__proto__":{"a":[]},"b":0}');
});

test.each([
  ["2026-03-01T08:00:00.000Z", '"2026-03-01T08:00:00+00:00"'],
  ["2026-03-01T08:00:00.250Z", '"2026-03-01T08:00:00.25+00:00"'],
  ["0001-01-01T00:00:00.007Z", '"0001-01-01T00:00:00.007+00:00"'],
  ["9999-12-31T23:59:50.100Z", '"9999-12-31T23:59:50.1+00:00"'],
])("%s is %s to Postgres", (time, json) => {
  const written = new CopyRows();
  written.jsonTime(time);
  expect(written.bytes.toString()).toBe(json);
});

test("bytes are bytes, and what is none is none", () => {
  const bytes = Buffer.from("00ff10a5c3007f80fe0102030405060a", "hex");
  expect(one((rows) => rows.digest(bytes.toString("latin1")))).toEqual(bytes);
  expect(one((rows) => rows.bytea(bytes))).toEqual(bytes);
  expect(one((rows) => rows.boolean(true))).toEqual(Buffer.from([1]));
  expect(one((rows) => rows.boolean(false))).toEqual(Buffer.from([0]));
  for (const none of [(rows: CopyRows) => rows.digest(null), (rows: CopyRows) => rows.bytea(null)])
    expect(one(none)).toBeNull();
});

test("before the rows stands what Postgres knows the format by, and behind them their end", () => {
  expect(HEADER).toEqual(Buffer.from("5047434f50590aff0d0a000000000000000000", "hex"));
  expect(TRAILER.readInt16BE()).toBe(-1);
});

test("what grows keeps what was there", () => {
  const written = new CopyRows();
  const lines = Array.from({ length: 20_000 }, (_, number) => [`line ${number}`, String(number)]);
  for (const line of lines) written.line(line);
  expect(read(written).map((row) => row.map(String))).toEqual(lines);
});
