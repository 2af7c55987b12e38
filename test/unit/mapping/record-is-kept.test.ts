import { compileMapping } from "../../../src/mapping/compile-mapping";
import { mappingSpec } from "./mapping-spec";

/** Freezes a value all the way down, so that whoever changes it fails. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test.each([
  ["compiled", "$sum(list.n)"],
  ["by the reference, which adds to an empty list that it groups", "empty{n: $count($)} ? 'made' : 'none'"],
  ["in the sandbox", "($f := function($n) { $n = 0 ? $count(list) : $f($n - 1) }; $f(3))"],
])("an expression worked out %s leaves the record as it was", async (_way, title) => {
  const fields = { username: "login", status: { from: "'active'" }, title };
  const mapping = compileMapping(mappingSpec({ fields }), { deletes: null });
  const record = frozen({ id: 1, login: "ann", list: [{ n: 1 }, { n: 2 }], empty: [] });
  const [mapped] = await mapping.mapPage([record], null);
  await mapping.close();
  expect(mapped).toMatchObject({ outcome: "record" });
});

test("a value that holds its parts many times over is refused before it is written out", async () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`d${at}`, at === 0 ? "[x, x]" : `[$d${at - 1}, $d${at - 1}]`]),
  );
  const spec = mappingSpec({
    let: doubling,
    fields: { username: "login", status: { from: "'active'" } },
    attributes: { all: "$d39" },
  });
  const mapping = compileMapping(spec, { deletes: null });
  const [mapped] = await mapping.mapPage([{ id: 1, login: "ann", x: 1 }], null);
  await mapping.close();
  expect(mapped).toMatchObject({ outcome: "rejected", field: "attributes.all", code: "MAP038" });
});
