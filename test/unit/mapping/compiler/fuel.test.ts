import { compiled } from "./both-ways";

const LIST = Array.from({ length: 30_000 }, (_, id) => ({ id, n: `x${id}` }));
const WIDE = Object.fromEntries(LIST.map(({ id, n }) => [n, id]));
const RECORD = { l: LIST, wide: WIDE, s: "a".repeat(200_000), words: "ab ".repeat(60_000) };

/** Each would block the process, or fill its memory, if it were let. */
test.each([
  '$pad("x", 1e9)',
  '$pad("x", -1e9)',
  "($a := s & s; $b := $a & $a; $c := $b & $b; $d := $c & $c; $d)",
  "$map(l, function($v) { $map(l, function($w) { $v.id + $w.id }) })",
  "l.($x := id; $$.l[id = $x].n)",
  "l@$a.l@$b[$a.id = $b.id].{'x': $a.id}",
  "$distinct(l)",
  "$sort(l, function($a, $b) { $a.n > $b.n })",
  "l^(n)",
  "l{n: id}",
  "$reduce(l, function($a, $v) { $append($a, $v) }, [])",
  "$reduce(l, function($a, $v) { $a & $v.n & s }, '')",
  '($a := {"x": l, "y": l}; $b := {"x": $a, "y": $a}; $c := {"x": $b, "y": $b}; $d := {"x": $c, "y": $c}; $string($d))',
  '($a := {"x": l, "y": l}; $b := {"x": $a, "y": $a}; $c := {"x": $b, "y": $b}; $d := {"x": $c, "y": $c}; $count($d.**))',
  '($a := {"x": l, "y": l}; $b := {"x": $a, "y": $a}; $c := {"x": $b, "y": $b}; $clone($c))',
  '$replace(s, "a", s)',
  "$contains(s, $substring(s, 1) & 'b')",
  "$replace(s, /(a+)+b/, '')",
  "$contains(s, /a+b/)",
  "$match(words, /(a|b)+ /)",
  "$split(words, / /)",
  "$ ~> |l|{'q': 1}|",
  "$spread(l)",
  "$map([1..1000], function($v) { $lowercase(s) })",
  "$map([1..1000], function($v) { $boolean(wide) })",
  "$map([1..1000], function($v) { $keys(wide) })",
  "$map([1..1000], function($v) { $merge([wide, wide]) })",
  "$map([1..100], function($v) { (function($x)<a<n>:x> { 1 })(l.id) })",
  '$map([1..1000], function($v) { $formatNumber($v, "#,##0.00") })',
  '$map([1..1000], function($v) { $parseInteger("twelve", "w") })',
  "$contains(words & 'c', /(?:a|b| ){900}c/)",
])("%s runs out of fuel", (text) => {
  expect(compiled(text, RECORD)).toBe("out of fuel");
});

test("a record's fuel is its own: the next begins with a full tank", () => {
  expect(compiled("$distinct(l)", RECORD)).toBe("out of fuel");
  expect(compiled("$count(l)", RECORD)).toBe('"number 30000"');
});

test("what exhausts the stack does too much", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`);
  expect(compiled("$count(**)", deep)).toBe("out of fuel");
});

test("a value that holds itself is left to the reference", () => {
  expect(compiled("($t := $ ~> |a|{'b': $}|; $string($t))", { a: {} })).toBe("bail");
});
