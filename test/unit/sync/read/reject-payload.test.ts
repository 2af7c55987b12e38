import type { Json } from "../../../../src/domain/json";
import { maskWhile, payloadOf } from "../../../../src/sync/read/reject-payload";

const asItIs = (record: Json): Json => record;

test("the record is kept as the mask shows it, and never with what proves who somebody is", () => {
  const mask = (record: Json): Json => ({ ...(record as object), name: "A…" });
  expect(payloadOf({ name: "Ann", password: "hunter2", apiKey: "k", nested: { token: "t", n: 1 } }, mask)).toBe(
    '{"name":"A…","nested":{"n":1}}',
  );
  expect(payloadOf({ name: "Ann" }, null)).toBeNull();
});

test.each([
  ["null", null, "null"],
  ["a text", "x", '"x"'],
  ["a list", [1], "[1]"],
  ["nothing", undefined, null],
  ["more than is kept", "x".repeat(64 * 1024), null],
])("%s", (_what, record, expected) => {
  expect(payloadOf(record, asItIs)).toBe(expected);
});

test("a record too deep to be looked at is rejected without it", () => {
  let deep: Json = 1;
  for (let level = 0; level < 200_000; level += 1) deep = { a: deep };
  expect(payloadOf(deep, asItIs)).toBeNull();
});

test("of very many rejects the first are kept with their records", () => {
  expect(maskWhile(9_999, asItIs)).toBe(asItIs);
  expect(maskWhile(10_000, asItIs)).toBeNull();
});
