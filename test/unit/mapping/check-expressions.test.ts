import jsonata from "jsonata";
import { CODES } from "../../../src/domain/error-codes";
import type { Job, Stream } from "../../../src/domain/job";
import { checkExpressions } from "../../../src/mapping/check-expressions";
import { checkPaths } from "../../../src/mapping/check-paths/check-paths";
import { compileMapping } from "../../../src/mapping/compile-mapping";
import { FUNCTIONS } from "../../../src/mapping/jsonata-functions";
import { versionOf } from "../../../src/mapping/mapping-version";
import { REJECT_CODES } from "../../../src/mapping/reject-codes";
import { expression, mappingSpec } from "./mapping-spec";

const check = (text: string, lets: Readonly<Record<string, string>> = {}) =>
  checkExpressions(mappingSpec({ let: lets, fields: { title: text } }), null);

test.each([
  "profile.email",
  '$lowercase($trim(profile.login)) & "@" & $parent.domain',
  "($x := a; $x + 1)",
  "$map(items, function($v, $i) { $v & $i })",
  "items@$o.parts#$n.{ 'k': $o.id, 'n': $n }",
  'groups[type="org"].id ~> $distinct',
  "$map(a, function($v) { $map($v.b, function($w) { $v.c & $w }) })",
  "($v := a; $map(b, function($v) { $v }) & $v)",
  "$map(a, function($known) { $known }) & $known",
  "a@$v.b.$map(c, function($v) { $v }) & $v",
  "$$.id & $.id",
  "$known",
  "`a\u00a0b` & '\u00a0' & $replace(a, /\u00a0/, ' ')",
])("%s is right", (text) => {
  expect(check(text, { known: "id" })).toEqual([]);
});

const OTHER_NAMES =
  "a name with other characters than letters, digits and `_` stands in backquotes, the whole in quotes: '`a:b`.c'";

test.each<[string, string, string, number, number, string | null]>([
  ["", "MAP040", "the expression ends too early", 0, 1, null],
  ["a.", "MAP040", "the expression ends too early", 1, 1, null],
  ["$lowercase(a", "MAP040", "the expression ends where `)` is expected", 11, 1, null],
  ["a b", "MAP040", "`b` is not expected here", 2, 1, null],
  ["(a; b]", "MAP040", "`)` is expected here, not `]`", 5, 1, null],
  ['"open', "MAP040", "a text has no closing quote", 4, 1, null],
  [
    "a.1",
    "MAP040",
    "a number, true, false or null cannot be a step of a path; a property of that name is written in backquotes",
    2,
    1,
    "an item of a list is taken by `[0]`, `[1]` and so on",
  ],
  ["urn:a:User.b", "MAP040", "`:` is not expected here", 3, 1, OTHER_NAMES],
  ["$toLower(a)", "MAP041", "`$toLower` is not a function", 0, 8, "did you mean `$lowercase`?"],
  [
    "concat(a, b)",
    "MAP041",
    "`concat` is not a function: names of functions begin with `$`",
    0,
    6,
    "did you mean `$join`?",
  ],
  [
    "$userName",
    "MAP043",
    "`$userName` is not defined: no `let` has that name",
    0,
    9,
    "a property of the record has no `$`: `userName`",
  ],
  [
    `${"(".repeat(20_000)}a`,
    "MAP040",
    "the expression is too long, or nested too deeply",
    0,
    1,
    "for many `&` write `$join([…])`, for many `or` write `in […]`",
  ],
  ["$match(a, /+/)", "MAP040", "a regular expression is not valid", 0, 1, null],
  ['a == "x"', "MAP040", "`==` is no operator here", 2, 2, "write `=`"],
  ["a && b", "MAP040", "`&&` is no operator here", 2, 2, "write `and`"],
  [
    "a.b || $c || d",
    "MAP040",
    "`||` is no operator here",
    4,
    2,
    "for the first that is there write a list: `[a.b, $c, d]`; between conditions `or`",
  ],
  [
    '$lowercase(a || "x")',
    "MAP040",
    "`||` is no operator here",
    13,
    2,
    "write `or` between conditions, `??` for the first that is there",
  ],
  ...(
    [
      ["mail\u00a0", 4, "00A0"],
      ["ma\u200bil & x", 2, "200B"],
      ["a \u00a0& b", 2, "00A0"],
      ["$lowercase(lo\u00a0gin)", 13, "00A0"],
    ] as const
  ).map(([text, offset, code]): [string, string, string, number, number, string] => [
    text,
    "MAP040",
    `the character U+${code}, which looks like a space or like nothing, is a letter of a name in JSONata`,
    offset,
    1,
    "delete it, or write a space",
  ]),
  [
    "$map(a, function($v) { $v.b }) & $v",
    "MAP043",
    "`$v` is nothing here: it is a parameter of a function that has ended, or has not begun",
    33,
    2,
    "only that function knows it",
  ],
  ["a !=", "MAP040", "the expression ends too early", 3, 1, null],
  ["!active", "MAP040", "`!` is not an operator", 0, 1, "write `$not(…)`"],
  [
    "$replace(a, /b/g, c)",
    "MAP040",
    "`)` is expected here, not `g`",
    15,
    1,
    "the flags are `i` and `m`; all matches count without `g`",
  ],
  ["a = “x”", "MAP040", "`“` is not a quote in JSONata, but a letter like any other", 4, 1, 'texts stand in "…"'],
  ["$lowercse(a)", "MAP041", "`$lowercse` is not a function", 0, 9, "did you mean `$lowercase`?"],
  [
    "a & lowercase(b)",
    "MAP041",
    "`lowercase` is not a function: names of functions begin with `$`",
    4,
    9,
    "did you mean `$lowercase`?",
  ],
  ["$eval(a)", "MAP042", "mappings may not use `$eval`: it would run text from the record as a program", 0, 5, null],
  [
    "a ~> $shuffle",
    "MAP042",
    "mappings may not use `$shuffle`: it gives another order in every run, so records would count as changed",
    5,
    8,
    null,
  ],
  [
    "$now()",
    "MAP042",
    "mappings may not use `$now`: it gives another value in every run, so every record would count as changed",
    0,
    4,
    null,
  ],
  ["a & $lgin", "MAP043", "`$lgin` is not defined: no `let` has that name", 4, 5, "did you mean `$login`?"],
  [
    String.raw`$match(dn, /(?:\\.|[^,\\])+/)`,
    "MAP040",
    "a regular expression has no closing `/`",
    28,
    1,
    "a bracket in it is not closed; before `)`, `]` or `}` a backslash is written as `\\x5c`",
  ],
  ["$match(dn, /ab)", "MAP040", "a regular expression has no closing `/`", 14, 1, null],
  ["a / b & '/' ~> $match(/ab)", "MAP040", "a regular expression has no closing `/`", 25, 1, null],
])("%s is wrong", (text, code, message, offset, length, hint) => {
  const { at } = expression(text);
  const found = { code, severity: "error", message, at, offset, length, hint };
  expect(check(text, { login: "id" })).toEqual([found]);
});

describe("`$toMillis` fills in the date of the run for what its picture lacks", () => {
  test.each([
    '$toMillis(h, "[H01]:[m01]")',
    '$toMillis(h, "[D01]")',
    '$toMillis(h, "[M01]-[D01]")',
    '$toMillis(h, "[ H01 ] [[Y]")',
    '$toMillis(h, "[X0001]-W[W01]-[F1]")',
    '$toMillis(?, "[H01]")',
    'h ~> $toMillis("[H01]")',
    'h ~> $toMillis(?, "[H01]")',
    'function($x) { $toMillis($x, "[H01]") }',
  ])("%s is refused", (text) => {
    expect(check(text)).toMatchObject([{ code: "MAP042", severity: "error", offset: text.indexOf("$to"), length: 9 }]);
  });

  test.each([
    "$toMillis(when)",
    "when ~> $toMillis",
    '$toMillis(when, "[Y0001]-[M01]-[D01]")',
    '$toMillis(when, "[Y0001]-[M01]")',
    '$toMillis(when, "[D1o] [MNn] [Y0001] [H01]:[m01]")',
    '$toMillis(when, "[ Y ]-[d]")',
    '$toMillis(when, "[[[Y]")',
    "$toMillis(when, picture)",
    '($toMillis := function($a, $b) { $a & $b }; $toMillis(h, "[H01]"))',
    '$fromMillis(0, "[H01]")',
  ])("%s is right", (text) => {
    expect(check(text)).toEqual([]);
  });
});

test.each([
  ['$toMillis(expires, "dd.MM.yyyy")', "[D01].[M01].[Y0001]"],
  ["$toMillis(expires, \"yyyy-MM-dd'T'HH:mm:ss.SSS\")", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]"],
  ['$toMillis(expires, "D MMM YYYY, h:mm a")', "[D1] [MNn,*-3] [Y0001], [h1]:[m01] [P]"],
  ['$toMillis(expires, "%d.%m.%Y")', "[D01].[M01].[Y0001]"],
  ['$toMillis(expires, "no part")', "[D01].[M01].[Y0001]"],
  ['$toMillis(expires, "[[Y]]")', "[D01].[M01].[Y0001]"],
  ['expires ~> $toMillis("yyyyMMdd")', "[Y0001][M01][D01]"],
  ['$fromMillis(expires, "dd/MM/yyyy")', "[D01]/[M01]/[Y0001]"],
])("a picture without a part in brackets fits nothing: %s", (text, picture) => {
  const consequence = text.includes("$from") ? "every time becomes the same text" : "no text ever fits it";
  const offset = text.indexOf('"');
  expect(check(text)).toEqual([
    {
      code: "MAP057",
      severity: "error",
      message: `this picture has no part in brackets: ${consequence}`,
      at: expression(text).at,
      offset,
      length: text.lastIndexOf('"') + 1 - offset,
      hint: `write \`${picture}\``,
    },
  ]);
});

test.each([
  ["$logn", "a property of the record has no `$`: `logn`"],
  ["$nme(a)", null],
  ["$trm(a)", "did you mean `$trim`?"],
  ["$cuont(a)", "did you mean `$count`?"],
  ["$lower(a)", "did you mean `$lowercase`?"],
  ["$upper(a)", "did you mean `$uppercase`?"],
  ["$has(a)", "did you mean `$contains`?"],
  ["upper(a)", "did you mean `$uppercase`?"],
  ["$uppercse(a)", "did you mean `$uppercase`?"],
  ["$subtsrnig(a, 1)", "did you mean `$substring`?"],
])("a function is suggested only when it is near: %s", (text, hint) => {
  expect(check(text)).toMatchObject([{ hint }]);
});

/** Each nests as many nodes as it is told to, give or take three. */
const NESTED: Readonly<Record<string, (deep: number) => string>> = {
  "a chain": (deep) => Array(deep).fill("login").join(" & "),
  "conditions behind one another": (deep) => `${'login = "x" ? "a" : '.repeat(deep)}"z"`,
  brackets: (deep) => `${"(".repeat(deep)}login${")".repeat(deep)}`,
  calls: (deep) => `${"$trim(".repeat(deep)}login${")".repeat(deep)}`,
  objects: (deep) => `$type(${'{"a":'.repeat(deep)}login${"}".repeat(deep)})`,
  filters: (deep) => `${"login[".repeat(deep / 3)}0${"]".repeat(deep / 3)}`,
};

describe.each(Object.keys(NESTED))("%s", (name) => {
  const text = (deep: number) => NESTED[name]?.(deep) ?? "";

  test("that every part of a run bears is right", async () => {
    const spec = mappingSpec({ key: text(490), fields: { username: "login", title: text(490), status: '"active"' } });
    expect(checkExpressions(spec, null)).toEqual([]);
    expect(
      checkPaths(spec, null, { record: null, parent: null }).filter(({ severity }) => severity === "error"),
    ).toEqual([]);
    const stream = { name: "users", into: "users", mapping: spec, deletes: { expression: null }, page: {} };
    expect(versionOf({ http: {} } as Job, stream as unknown as Stream).fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const mapper = compileMapping({ ...spec, key: expression("id") }, { deletes: null });
    const [mapped] = await mapper.mapPage([{ id: 1, login: "ann" }], null);
    await mapper.close();
    expect(mapped).toMatchObject({ outcome: "record" });
  });

  test.each([510, 1_000])("of %i is refused", (deep) => {
    expect(check(text(deep))).toMatchObject([
      { code: "MAP040", message: "the expression is too long, or nested too deeply" },
    ]);
  });
});

test("every mistake of every expression at once, the job's deletes included", () => {
  const spec = mappingSpec({
    key: "$a.",
    skip: "$b",
    let: { early: "$late", late: "$late", sum: "1" },
    fields: { title: { from: ["$c", { join: ["$d", "ok"], with: " " }] } },
    attributes: { x: "$e" },
  });
  const found = checkExpressions(spec, expression("$late"));
  expect(found.map(({ code }) => code)).toEqual([
    ...["MAP044", "MAP044", "MAP045", "MAP040"],
    ...["MAP043", "MAP043", "MAP043", "MAP043", "MAP043"],
  ]);
});

test("a position within several lines", () => {
  expect(check('a &\n  $bad & "x"')).toMatchObject([{ offset: 6, length: 4 }]);
});

test("the functions known are those JSONata has", async () => {
  for (const name of FUNCTIONS) {
    expect([name, await jsonata(`$type($${name})`).evaluate({})]).toEqual([name, "function"]);
  }
});

test("no code means two things", () => {
  expect(Object.keys(REJECT_CODES).filter((code) => code in CODES)).toEqual([]);
});

test.each(["5", '"id"', "true"])("a key that is the same for every record: %s", (key) => {
  expect(checkExpressions(mappingSpec({ key, fields: {} }), null)).toMatchObject([
    { code: "MAP046", offset: 0, length: key.length },
  ]);
});

test("the name of a `let` that means something already is told at the name", () => {
  const findings = checkExpressions(mappingSpec({ let: { parent: "a" }, fields: {} }), null);
  expect(findings).toMatchObject([{ code: "MAP045", offset: 0, length: "parent".length }]);
});

test("between conditions `||` is `or`, in a key it is `??`", () => {
  const spec = mappingSpec({
    key: "id || uid",
    skip: "a || b",
    fields: { title: { from: [{ join: ["c || d"], with: "" }] } },
  });
  expect(checkExpressions(spec, expression("a || b")).map(({ hint }) => hint)).toEqual([
    "write `or` between conditions, `??` for the first that is there",
    "write `or`",
    "write `or` between conditions, `??` for the first that is there",
    "write `or`",
  ]);
});

test("`$parent` is nothing where no entity is read before", () => {
  const spec = mappingSpec({ let: { of: "$parent.id" }, fields: { title: "$parnt.id" } });
  expect(checkExpressions(spec, expression("$parent.gone"), true).map(({ hint }) => hint)).toEqual([
    "did you mean `$parent`?",
  ]);
  const orphan = "`$parent` is nothing here: these records are not read for each of another entity";
  expect(checkExpressions(spec, expression("$parent.gone"), false)).toMatchObject([
    { code: "MAP043", message: orphan, offset: 0, length: 7, hint: "`each` in the job says for which" },
    { code: "MAP043", hint: "a property of the record has no `$`: `parnt`" },
    { code: "MAP043", message: orphan },
  ]);
});
