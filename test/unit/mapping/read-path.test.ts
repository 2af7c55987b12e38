import fc from "fast-check";
import jsonata from "jsonata";
import { readPath } from "../../../src/mapping/read-path";

const NAMES = ["a", "b", "c"];

const { record } = fc.letrec((tie) => ({
  record: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 3 }),
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>("x", 0, 1, true, false, "", null),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("record"),
  ),
}));

test("plain paths give what JSONata gives", async () => {
  const paths = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(record, paths, async (root, names) => {
      const expected: unknown = await jsonata(names.join(".")).evaluate(root);
      expect(readPath(root, names)).toEqual(expected);
      expect(isSequence(readPath(root, names))).toBe(isSequence(expected));
    }),
    { numRuns: 2_000 },
  );
});

const isSequence = (value: unknown): boolean => Array.isArray(value) && "sequence" in value;

test.each<[unknown, unknown]>([
  [undefined, undefined],
  [{ a: { b: [] } }, []],
  [{ a: { b: ["x"] } }, ["x"]],
  [{ a: [{ b: "x" }] }, "x"],
  [{ a: [{ b: ["x", "y"] }, {}, { b: "z" }] }, ["x", "y", "z"]],
  [{ a: "text" }, undefined],
  [Object.create({ a: { b: "inherited" } }), undefined],
])("a.b of %j is %j", (root, expected) => {
  expect(JSON.stringify(readPath(root, ["a", "b"]))).toBe(JSON.stringify(expected));
});
