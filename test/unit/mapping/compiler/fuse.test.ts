import { type FusedSource, type FusedStep, fuse } from "../../../../src/mapping/compiler/fuse";
import { lower } from "../../../../src/mapping/compiler/lower";
import { Bail, OutOfFuel } from "../../../../src/mapping/compiler/outcomes";

const LETS = new Set(["login", "tags"]);

function expression(text: string): FusedSource {
  const lowering = lower(text, LETS);
  if (!lowering.compiles) throw new Error(lowering.construct);
  return { kind: "expression", code: lowering.code };
}

const step = (...sources: readonly (string | FusedSource)[]): FusedStep => ({
  sources: sources.map((source) => (typeof source === "string" ? expression(source) : source)),
  stopsIfTrue: false,
});

function letOf(name: string, text: string) {
  const lowering = lower(text, LETS);
  if (!lowering.compiles) throw new Error(lowering.construct);
  return { name, code: lowering.code };
}

/** What the steps give for a record. */
function run(
  steps: readonly FusedStep[],
  record: unknown,
  {
    lets = [],
    parent = undefined,
    given = [],
  }: { lets?: ReturnType<typeof letOf>[]; parent?: unknown; given?: unknown[] } = {},
): unknown[] {
  const out: unknown[] = new Array(steps.length).fill(undefined);
  fuse({ lets, steps })(record, parent, given, out);
  return out;
}

test("every step gives its value, lets and parent in sight", () => {
  const lets = [letOf("login", "$lowercase(profile.login)"), letOf("tags", "groups.id")];
  const record = { profile: { login: "ANN" }, groups: [{ id: 1 }, { id: 2 }] };
  const steps = [step("$login"), step("$count($tags)"), step("$tags[$ > 1]"), step("$parent.id"), step("missing")];
  expect(run(steps, record, { lets, parent: { id: "p" } })).toEqual(["ann", 2, 2, "p", undefined]);
});

test.each<[unknown, unknown]>([
  ["first", "first"],
  [undefined, "second"],
  [null, "second"],
  ["", "second"],
  [" \t", "second"],
  ["\u00a0", "second"],
  [" x", " x"],
  ["é", "é"],
  [[], "second"],
  [0, 0],
  [false, false],
])("of several sources the first present counts: %j gives %j", (x, expected) => {
  expect(run([step("x", "y", "z")], { x, y: "second", z: "third" })).toEqual([expected]);
});

test("when no source is present there is nothing, but a single one is given as it is", () => {
  expect(run([step("x", "y"), step("x")], { x: "" })).toEqual([undefined, ""]);
});

test("constants are sources like others", () => {
  const join: FusedSource = {
    kind: "join",
    parts: [expression("1"), expression("true"), expression("'x'")],
    with: "-",
  };
  expect(run([step("-1", "x"), step("null", "2"), step(join), step("''", "null")], {})).toEqual([
    -1,
    2,
    "1-true-x",
    undefined,
  ]);
});

test("a path that several steps read is read alike in all, also where a step is left out", () => {
  const steps = [
    step("a.b", "a.c"),
    step("a.c"),
    step("a.d.e", "a.c.x"),
    step("a.d.e"),
    step("l.v"),
    step("l[v > 1].v"),
  ];
  const first = { a: { c: 1, d: [{ e: 2 }, { e: 3 }] }, l: [{ v: 1 }, { v: 2 }] };
  expect(JSON.stringify(run(steps, first))).toBe("[1,1,[2,3],[2,3],[1,2],2]");
  expect(JSON.stringify(run(steps, { a: [{ b: 1 }, { c: 2 }], l: { v: 5 } }))).toBe("[1,2,null,null,5,5]");
});

test("a join joins what is present, as text", () => {
  const join = (...parts: FusedSource[]): FusedSource => ({ kind: "join", parts, with: ' "\\ ' });
  const parts = [expression("a"), expression("b"), { kind: "given", index: 1 } as const];
  expect(run([step(join(...parts))], { a: 1, b: "x" }, { given: [0, true] })).toEqual(['1 "\\ x "\\ true']);
  expect(run([step(join(...parts), "c")], { a: " ", c: "c" })).toEqual(["c"]);
  expect(() => run([step(join(...parts))], { a: { no: "text" } })).toThrow("a text is wanted");
});

test("a step that stops does, when it gives true, and nothing behind it is worked out", () => {
  const steps = [{ ...step("gone"), stopsIfTrue: true }, step("$uppercase(id)")];
  expect(run(steps, { gone: true, id: 1 })).toEqual([true, undefined]);
  expect(run(steps, { gone: "true", id: "a" })).toEqual(["true", "A"]);
});

test("what fails or does too much is thrown", () => {
  expect(() => run([step("$uppercase(id)")], { id: 1 })).toThrow(Bail);
  expect(() => run([step("$pad('x', n)")], { n: 1e9 })).toThrow(OutOfFuel);
});

test("a transform whose pattern reaches the record, not its copy, changes nothing", () => {
  const record = { a: [{}] };
  expect(() => run([step('a ~> |$$.*|{"a": 1}|')], record)).toThrow(Bail);
  expect(record).toEqual({ a: [{}] });
});

test("names and texts of a mapping never become code", () => {
  const record = JSON.parse('{"a\\"; throw 1; //": {"`$(b)`\\u2028": "x"}, "__proto__": {"y": 2}}');
  const texts = [
    '`a"; throw 1; //`.`$(b)`',
    "'\\u2028\"\\\\' & `__proto__`.y",
    '{"__proto__": 1, "constructor": 2, "a\\"b": 3}',
  ];
  const [first, second, third] = run(
    texts.map((text) => step(text)),
    record,
  );
  expect([first, second]).toEqual([undefined, '\u2028"\\2']);
  expect(JSON.stringify(third)).toBe('{"__proto__":1,"constructor":2,"a\\"b":3}');
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});
