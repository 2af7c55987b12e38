import fc from "fast-check";
import { parsedRecords } from "../../../../src/upstream/pages/parsed-records";
import { textOf } from "../../../../src/upstream/pages/value-text";
import { holds } from "../../../support/holds";

const same = (one: unknown, other: unknown, ...ignored: readonly (readonly string[])[]): boolean => {
  const records = parsedRecords([one, other], ignored);
  const digests = records.digests();
  expect(digests).toHaveLength(32);
  return digests.subarray(0, 16).equals(digests.subarray(16));
};

test("without anything to ignore it is JSON", () => {
  holds(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(textOf(value, []))).toEqual(value);
    }),
  );
});

test("values that JSON writes alike stay apart", () => {
  expect(same([Number.POSITIVE_INFINITY], [null])).toBe(false);
  expect(same([Number.POSITIVE_INFINITY], ["Infinity"])).toBe(false);
  expect(same([-0], [0])).toBe(false);
  expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false);
});

test("what stands at an ignored path does not count, nor that it is there", () => {
  expect(same({ id: 1, meta: { seen: 1, by: "a" } }, { id: 1, meta: { seen: 2, by: "a" } }, ["meta", "seen"])).toBe(
    true,
  );
  expect(same({ id: 1, meta: { by: "a" } }, { id: 1, meta: { seen: 2, by: "a" } }, ["meta", "seen"])).toBe(true);
  expect(same({ id: 1, meta: { seen: 1, by: "a" } }, { id: 1, meta: { seen: 1, by: "b" } }, ["meta", "seen"])).toBe(
    false,
  );
  expect(same({ id: 1, meta: 1 }, { id: 1, meta: 2 }, ["meta", "seen"])).toBe(false);
  expect(same({ id: 1, seen: 1 }, { id: 1, seen: 2 }, ["meta", "seen"])).toBe(false);
});

test("a list on the way stands for each of its items", () => {
  const record = (...seen: number[]) => ({ groups: [seen.map((at) => ({ id: 1, seen: at }))] });
  expect(same(record(1, 2), record(3, 4), ["groups", "seen"])).toBe(true);
  expect(same(record(1, 2), record(3), ["groups", "seen"])).toBe(false);
});

test("then the order of properties does not count, but that of items does", () => {
  expect(same({ a: { x: 1, y: 2 }, b: 2 }, { b: 2, a: { y: 2, x: 1 } }, ["seen"])).toBe(true);
  expect(same({ a: [1, 2] }, { a: [2, 1] }, ["seen"])).toBe(false);
});

test("names that objects have by themselves are names like any other", () => {
  const record = JSON.parse('{"__proto__":{"seen":1},"constructor":1}');
  expect(textOf(record, [["seen"]])).toBe('{"__proto__":{"seen":1},"constructor":1}');
  expect(textOf(record, [["__proto__"]])).toBe('{"constructor":1}');
});
