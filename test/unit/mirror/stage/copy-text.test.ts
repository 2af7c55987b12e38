import * as fc from "fast-check";
import type { Json } from "../../../../src/domain/json";
import { CopyText } from "../../../../src/mirror/stage/copy-text";

const UNESCAPED: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", "\\": "\\" };

/** Lines of COPY's text format, as Postgres reads them. */
const read = (text: CopyText): readonly (readonly (string | null)[])[] =>
  text.bytes
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t").map((value) => (value === "\\N" ? null : unescaped(value))));

const unescaped = (value: string): string =>
  value.replace(/\\(.)/gs, (_, char: string) => {
    const found = UNESCAPED[char];
    if (found === undefined) throw new Error(`\`\\${char}\` is no escape`);
    return found;
  });

/** Short and long texts of all kinds, as they may be stored: without NUL and halves of pairs. */
const text = fc
  .oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("\\", "\t", "\n", "\r", "N", '"', "a", "ü", "💡", "\u001f", "\u007f") }),
    fc.constantFrom(
      "\\N",
      "\\.",
      "a".repeat(99),
      "a".repeat(100),
      "a".repeat(101),
      `${"a".repeat(200)}\t`,
      "ü".repeat(200),
    ),
  )
  .map((value) => value.replaceAll("\0", " "));

test("what is written is what is read, whatever it is", () => {
  const value = fc.oneof(
    text,
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: 0 }),
    fc.maxSafeInteger(),
    fc.double(),
  );
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 6 }), { maxLength: 30 }), (lines) => {
      const written = new CopyText();
      for (const line of lines) written.line(line);
      expect(read(written)).toEqual(lines.map((line) => line.map((one) => (one === null ? null : String(one)))));
    }),
  );
});

test.each([0, 7, 9, 10, 99, 100, 12_345, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 53 - 1, -1, 0.5])("%d", (number) => {
  const written = new CopyText();
  written.number(number);
  expect(written.bytes.toString()).toBe(String(number));
});

test("JSON is as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), text, (value, more) => {
      const json = [value, more, { [more]: value, __proto__: 1, n: null }] as Json;
      const written = new CopyText();
      written.json(json);
      written.line([]);
      expect(read(written)).toEqual([[JSON.stringify(json)]]);
    }),
  );
  const written = new CopyText();
  written.json(JSON.parse('{"__proto__":{"a":[]},"b":-0}'));
  expect(written.bytes.toString()).toBe('{"__proto__":{"a":[]},"b":0}');
});

test.each([
  ["2026-03-01T08:00:00.000Z", '"2026-03-01T08:00:00+00:00"'],
  ["2026-03-01T08:00:00.250Z", '"2026-03-01T08:00:00.25+00:00"'],
  ["0001-01-01T00:00:00.007Z", '"0001-01-01T00:00:00.007+00:00"'],
  ["9999-12-31T23:59:50.100Z", '"9999-12-31T23:59:50.1+00:00"'],
])("%s is %s to Postgres", (time, json) => {
  const written = new CopyText();
  written.jsonTime(time);
  expect(written.bytes.toString()).toBe(json);
});

test("a digest is its bytes", () => {
  const bytes = Buffer.from("00ff10a5c3007f80fe0102030405060a", "hex");
  const written = new CopyText();
  written.digest(bytes.toString("latin1"));
  written.line([]);
  expect(read(written)).toEqual([[`\\x${bytes.toString("hex")}`]]);
});

test("what was cleared is gone, and what grows keeps what was there", () => {
  const written = new CopyText();
  written.line(["gone"]);
  written.clear();
  expect(written.size).toBe(0);
  const lines = Array.from({ length: 20_000 }, (_, number) => [`line ${number}`, String(number)]);
  for (const line of lines) written.line(line);
  expect(read(written)).toEqual(lines);
});
