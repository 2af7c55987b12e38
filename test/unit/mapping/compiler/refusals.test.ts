import { lower } from "../../../../src/mapping/compiler/lower";

const NO_LETS: ReadonlySet<string> = new Set();

test.each<[string, string, number]>([
  ["($f := function($n) { $n = 0 ? 1 : $n * $f($n - 1) }; $f(3))", "a function that calls itself", 16],
  ["($a := function($f) { $f($f) }; $a($a))", "a function that calls itself", 16],
  ["[1..n]", "a range whose ends are not numbers written out, at most 10000 apart", 4],
  ["[1..99999]", "a range whose ends are not numbers written out, at most 10000 apart", 4],
  ["[1e21..1e21]", "a range whose ends are not numbers written out, at most 10000 apart", 7],
  ["[a]^(a)[].a", "`[]` behind the order of a list that is written out", 1],
  ["$eval(x)", "`$eval`", 5],
  ["$now()", "`$now`", 4],
  ["$millis()", "`$millis`", 7],
  ["$random()", "`$random`", 7],
  ["$shuffle(x)", "`$shuffle`", 8],
  ["[function($x) { $x }]", "a function used as a value", 10],
  ["{'f': $uppercase}", "a function used as a value", 16],
  ["(a ? $uppercase : $lowercase)(b)", "a function used as a value", 15],
  ["a ? $x := 1 : 2", "a variable bound within another expression", 9],
  ["$toMillis(a, b)", "a picture that is not written out", 10],
  ["$toMillis(a, '[Y]1[M]1[D]1[H]1[m]')", "a picture whose parts run into one another", 10],
  ["$contains(a, /(x*)*y/)", "a regular expression that may backtrack without bound", 21],
  ["$contains(a, /(?=x)y/)", "a regular expression that may backtrack without bound", 21],
  ["($f := $count(?); $f(a))", "a partial call of `$count`", 14],
  ["$count(/x/)", "a function handed to `$count`", 7],
  ["$replace(a, 'x', /x/)", "a function handed to `$replace`", 9],
  ["$replace(a, /x/, function($m) { $string($m) })", "a match that is used as a whole", 9],
  ["(function($x)<n:n> { $x })(1) ?? 2", "a signature in this place", 27],
])("%s is refused for %s", (text, construct, position) => {
  expect(lower(text, NO_LETS)).toEqual({ compiles: false, construct, position });
});

test("depth is refused before it exhausts the stack", () => {
  const deep = `${"(".repeat(490)}1${")".repeat(490)}`;
  expect(lower(deep, NO_LETS)).toMatchObject({ compiles: false, construct: "an expression nested this deeply" });
});

test("a regular expression that is long to compile is refused", () => {
  const text = `$contains(a, /${Array.from({ length: 500 }, (_, word) => `word${word}`).join("|")}/)`;
  expect(lower(text, NO_LETS)).toMatchObject({ compiles: false, construct: "a regular expression this long" });
});

test("functions that multiply when inlined are refused", () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `$f${level + 1} := function($x) { [$f${level}($x), $f${level}($x), $f${level}($x)] }`,
  );
  const text = `($f0 := function($x) { $x }; ${levels.join("; ")}; $f9(a))`;
  expect(lower(text, NO_LETS)).toMatchObject({ compiles: false, construct: "an expression of this size" });
});

test("text that does not parse throws JSONata's own error", () => {
  expect(() => lower("a.[", NO_LETS)).toThrow(expect.objectContaining({ code: "S0203" }));
});

test.each<[string, number]>([
  ["a.b.c", 3],
  ["1 + 2", 0],
  ["items[t = 'x'].id", 3],
  ["$map(a, function($x) { $map(b, function($y) { $x + $y }) })", 2],
  ["$distinct(a)", 2],
])("%s loops over data to a depth of %i", (text, nesting) => {
  expect(lower(text, NO_LETS)).toMatchObject({ code: { nesting } });
});

test("what an expression reads from outside is told", () => {
  const lowering = lower("$login & $parent.id & $local", new Set(["login", "other"]));
  expect(lowering).toMatchObject({ code: { lets: new Set(["login"]), usesParent: true, usesRegex: false } });
  expect(lower("$contains(a, /x/)", NO_LETS)).toMatchObject({ code: { usesRegex: true } });
});
