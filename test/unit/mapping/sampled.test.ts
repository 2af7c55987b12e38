import { shapeOfRecords } from "../../../src/mapping/check-paths/sampled";

test("what some records have may be absent, and what none has is not there", () => {
  const shape = shapeOfRecords([
    { id: "1", tags: ["a"], nick: null },
    { id: 2, tags: [] },
  ]);
  expect([...(shape.property("id")?.kinds ?? [])]).toEqual(["string", "number"]);
  expect(["id", "nick", "gone"].map((name) => shape.requires(name))).toEqual([true, false, false]);
  expect([...(shape.property("tags")?.items().kinds ?? [])]).toEqual(["string"]);
  expect(shape.property("gone")).toBeNull();
});

test("an empty list and an empty object show nothing of what they hold", () => {
  const shape = shapeOfRecords([{ list: [], object: {} }]);
  expect(shape.property("list")?.items().kinds).toBeNull();
  expect(shape.property("object")?.property("anything")?.kinds).toBeNull();
});

test("names that are data are not told", () => {
  const byAddress = shapeOfRecords([{ "ada@a.example": 1, plain: 2 }]);
  expect([...byAddress.names]).toEqual(["plain"]);
  expect(byAddress.others).toBe("any");
  expect(byAddress.property("bob@a.example")?.kinds).toBeNull();
  const byLogin = shapeOfRecords([Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`user${index}`, 1]))]);
  expect({ names: byLogin.names.size, others: byLogin.others }).toEqual({ names: 0, others: "any" });
});

test("names that mean something to JavaScript are names like any other", () => {
  const shape = shapeOfRecords([JSON.parse('{ "__proto__": { "a": 1 }, "constructor": "x" }')]);
  expect([...shape.names]).toEqual(["__proto__", "constructor"]);
  expect(shape.property("toString")).toBeNull();
  expect([...(shape.property("__proto__")?.names ?? [])]).toEqual(["a"]);
});
