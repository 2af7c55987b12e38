/** What `check` says of paths in expressions that records of the API do not have, or that give what nobody meant. */
import type { Shapes } from "../../../src/mapping/check-paths/check-paths";
import type { ShortSpec } from "./mapping-spec";
import { SHAPES, told } from "./told-of-paths";

/** What is told of an expression whatever the field. */
const inside = (text: string, spec: ShortSpec = {}) => told({ ...spec, attributes: { x: text } });

describe("paths", () => {
  test.each([
    "profile.email",
    "`profile`.`email`",
    'profile."email"',
    "groups.owner.groups.owner.login",
    "groups[type = 'org'].id",
    "groups[0].tags[1]",
    "groups.tags",
    "labels.whatever",
    "custom.shoe_size",
    "anything.you.like",
    "either.id",
    "$parent.name",
    "$$.profile.email",
    "$.profile.email",
    "*.email",
    "**.nowhere",
    "groups.%.login",
    "groups^(>type).id",
    "groups@$g.emails@$e.{ 'group': $g.id, 'mail': $e.value }",
    "groups#$i.($i & id)",
    "groups{ id: type }",
    "$map(groups, function($g, $i) { $g.id & $i })",
    "$filter(groups, function($g) { $g.type = 'org' }).id",
    "groups ~> $map(function($g) { $g.owner.login })",
    "groups.{ 'key': id }.key",
    "(\n$p := profile;\n$p.email)",
    "$sift($, function($v, $k) { $k != 'x' }).anything",
    "$lookup(profile, 'email')",
    "$lookup(labels, login)",
    "$exists(nick) ? nick : login",
    "nick ?: login",
    "(nick & login) ?: 'nobody'",
    // What is no function is told as that, and once.
    "lowercase(login)",
    "login.toLowerCase()",
    "nick ?? login",
    "groups.id[]",
    "[login, profile.email][0]",
    "$each(labels, function($v, $k) { $k & '=' & $v })",
    "| $ | { 'x': 1 } |",
    "groups.$count(tags)",
    "$lowercase(login)",
    "login.$lowercase()",
    "login ~> $lowercase ~> $trim",
    "login ~> $substring(0, 3)",
    "$substringBefore(profile.email, '@')",
    "$join(groups.id, ', ')",
    "$sum(groups.$count(tags))",
    "$string(level) & login",
    "level > 3 and level * 2 < 100",
    "status = 'ACTIVE' or status in ['ENDED', 'SUSPENDED']",
    "admin = 'true'",
    "$lowercase(status) = 'active'",
    "either = 'x'",
    "'org' in groups.type",
    "active = true",
    "nick ? nick : login",
    "$not(active) and active",
    "emails[primary].value",
    "$single(emails, function($e) { $e.primary }).value",
    "$reduce(groups, function($a, $g) { $a & $g.id }, '')",
    "$sort(groups, function($a, $b) { $a.id > $b.id })[0].id",
    "$replace(login, /a/, function($m) { $m.match })",
    "$replace(login, 'a', anything)",
    "$replace(login, anything, function($m) { $m.match })",
    "profile.email.$replace('a', 'b')",
    "$number(login) + 1",
    // A function is given no more than it takes.
    "$map(groups.id, $uppercase)",
    "groups.id ~> $map($trim)",
    "$map(groups, $string)",
    "$map(groups.id, $length)",
    "$filter(groups.id, $boolean)",
    "$single(groups.id, $exists)",
    "$each(labels, $string)",
    "$sift(labels, $exists)",
    "groups^(type, >owner.login).id",
    "$f(",
  ])("%s is right", (text) => {
    expect(inside(text)).toEqual([]);
  });

  test.each([
    ["emial", "MAP047 0+5 the API's records have no `emial` → did you mean `profile.email`?"],
    ["profle.email", "MAP047 0+6 the API's records have no `profle` → did you mean `profile`?"],
    ["phone", "MAP047 0+5 the API's records have no `phone` → did you mean `profile.phone`?"],
    ["profile.emial", "MAP047 8+5 `profile` of the API's records has no `emial` → did you mean `email`?"],
    ["profile.`emial`", "MAP047 8+7 `profile` of the API's records has no `emial` → did you mean `email`?"],
    [
      "profile.colour",
      "MAP047 8+6 `profile` of the API's records has no `colour` → known: `email`, `phone` and `firstName`",
    ],
    ["$parent.nane", "MAP047 8+4 `$parent` of the API's records has no `nane` → did you mean `name`?"],
    ["$$.logn", "MAP047 3+4 the API's records have no `logn` → did you mean `login`?"],
    ["groups[tpye = 'org'].id", "MAP047 7+4 what stands before it has no `tpye` → did you mean `type`?"],
    ["groups.owner.logn", "MAP047 13+4 `groups.owner` of the API's records has no `logn` → did you mean `login`?"],
    [
      "$map(groups, function($g) { $g.idd })",
      "MAP047 31+3 `$g` of the API's records has no `idd` → did you mean `id`?",
    ],
    ["function($g) { logn }", "MAP047 15+4 the API's records have no `logn` → did you mean `login`?"],
    ["groups^(tpye)[0].id", "MAP047 8+4 what stands before it has no `tpye` → did you mean `type`?"],
    ["groups^(type)[tpye = 'org'].id", "MAP047 14+4 what stands before it has no `tpye` → did you mean `type`?"],
    [
      "groups.owner^(login)[0].logn",
      "MAP047 24+4 `groups.owner` of the API's records has no `logn` → did you mean `login`?",
    ],
    [
      "groups^(id)[type = 'orgg'].id",
      "MAP052 19+6 `orgg` is none of the values of `type`: the comparison is never true → did you mean `org`?",
    ],
    ["groups^(type, >owner.logn)", "MAP047 21+4 what stands before it has no `logn` → did you mean `login`?"],
    [
      "$map(groups, $uppercase)",
      "MAP057 13+10 `$uppercase` takes a text, but what it is given is an object → `$string(…)` makes a text of it",
    ],
    [
      "$substring(login, '1')",
      "MAP057 18+3 `$substring` takes a number, but `'1'` is a text → `$number(…)` makes a number of it",
    ],
    ["login.name", "MAP047 6+4 `login` is a text, which has no `name`"],
    [
      "custom.departmnt",
      "warning MAP047 7+9 `custom` of the API's records has no `departmnt` among those that are listed → did you mean `department`?",
    ],
    ["$lookup(profile, 'emial')", "MAP047 17+7 what stands before it has no `emial` → did you mean `email`?"],
    ["{ 'a': login }.b", "MAP047 15+1 what stands before it has no `b` → known: `a`"],
    ['"a" & "b" & logn', "MAP047 12+4 the API's records have no `logn` → did you mean `login`?"],
  ])("%s is wrong", (text, expected) => {
    expect(inside(text)).toEqual([expected]);
  });

  test("what is wrong in a `let` is told there, once, and its shape goes wherever it is used", () => {
    const let_ = { person: "profile", wrong: "logn", ids: "groups.id" };
    expect(
      told({ let: let_, attributes: { a: "$person.emial", b: "$wrong.x", c: "$wrong", d: "$lowercase($ids)" } }),
    ).toEqual([
      "MAP047 0+4 the API's records have no `logn` → did you mean `login`?",
      "MAP047 8+5 `$person` of the API's records has no `emial` → did you mean `email`?",
      "warning MAP048 11+4 `$ids` is a list as soon as there are two, and `$lowercase` fails on a list → pick one, such as `$ids[0]`, or `$join` them",
    ]);
  });

  test("functions of the author's own that call themselves, and endless chains, come to an end", () => {
    expect(inside("($f := function($n) { $f($n.groups.owner) & $f($n.groups.owner) }; $f($))")).toEqual([]);
    expect(inside(Array.from({ length: 2_000 }, () => "login").join(" & "))).toEqual([]);
  });

  test("also those whose last act is a call, which is made by whoever called them", () => {
    expect(inside("($f := function($n) { $f($n) }; $f($))")).toEqual([]);
    expect(inside("($f := function($n) { $n > 1 ? $f($n - 1) : $f($n + 1) }; $f(level))")).toEqual([]);
    expect(inside("($f := function($g) { $g($g) }; $f($f))")).toEqual([]);
  });

  test("what a function gives by a call of another is what that one gives", () => {
    expect(inside("$join($map(groups, function($g) { $uppercase($g.id) }), ',')")).toEqual([]);
    expect(inside("$join($map(groups, function($g) { ($id := $g.id; $uppercase($id)) }), ',')")).toEqual([]);
    expect(inside("$map(groups, function($g) { $uppercase($g.idd) })")).toEqual([
      "MAP047 42+3 `$g` of the API's records has no `idd` → did you mean `id`?",
    ]);
    expect(inside("($f := function($x) { $length($x) }; $lowercase($f(login)))")).toEqual([
      "MAP057 48+8 `$lowercase` takes a text, but `$f(login)` is a number → `$string(…)` makes a text of it",
    ]);
  });

  test("what stands on several lines is told on one", () => {
    expect(inside("$lowercase(\n  level\n    + 1\n)")).toEqual([
      "MAP057 14+13 `$lowercase` takes a text, but `level + 1` is a number → `$string(…)` makes a text of it",
    ]);
  });

  test("a `let` may be a function that ends in a call", () => {
    expect(
      told({ let: { clean: "function($x) { $lowercase($trim($x)) }" }, fields: { username: "$clean(login)" } }),
    ).toEqual([]);
  });

  test("without any document what is wrong whatever the records are is told, and nothing else", () => {
    const nothing: Shapes = { record: null, parent: null };
    expect(told({ skip: 'a = "A" or "B"', fields: { title: "some.path.id", roles: "roles" } }, nothing)).toEqual([
      'MAP055 11+3 a text by itself is always true: `"B"` → compare it, or write `in ["…", "…"]`',
    ]);
    expect(told({ attributes: { x: "a = null" } }, nothing)).toEqual([
      "MAP056 0+8 nulls are removed before an expression sees the record, so `a` is never null: the comparison is never true → ask whether it is there: `$not($exists(a))`",
    ]);
    expect(told({ attributes: { x: "a = null" }, keepNulls: true }, nothing)).toEqual([]);
  });
});

test.each([
  [
    "active = 'true'",
    "MAP056 0+15 `active` is true or false, `'true'` is a text: the comparison is never true → write `true`",
  ],
  ["id = 5", 'MAP056 0+6 `id` is a text, `5` is a number: the comparison is never true → write `"5"`'],
  ["level != '5'", "MAP056 0+12 `level` is a number, `'5'` is a text: the comparison is always true → write `5`"],
  [
    "groups = 'x'",
    "MAP056 0+12 `groups` is a list, `'x'` is a text: the comparison is never true → ask for it in the list: `… in groups`",
  ],
  [
    "status = 'ACTVE'",
    "MAP052 9+7 `ACTVE` is none of the values of `status`: the comparison is never true → did you mean `ACTIVE`?",
  ],
  [
    "status = 'GONE'",
    "warning MAP052 9+6 `GONE` is none of the values of `status`: the comparison is never true → known: `ACTIVE`, `SUSPENDED` and `ENDED`",
  ],
  ["status in ['ACTIVE', 'ENDD']", "MAP052 21+6 `ENDD` is none of the values of `status` → did you mean `ENDED`?"],
  [
    "groups[type = 'orgs'].id",
    "MAP052 14+6 `orgs` is none of the values of `type`: the comparison is never true → did you mean `org`?",
  ],
  [
    "$lowercase(status) = 'ACTIVE'",
    "MAP052 21+8 `ACTIVE` is none of the values of `$lowercase(status)`: the comparison is never true → did you mean `active`?",
  ],
  [
    "(level & 1) ? 'a' : 'b'",
    "MAP055 1+9 `&` joins texts, and every text but the empty one counts as true: `level & 1` → bit 1 is `level % 2 = 1`",
  ],
  [
    "$not(anything.flags & 2)",
    "MAP055 5+18 `&` joins texts, and every text but the empty one counts as true: `anything.flags & 2` → bit 2 is `$floor(anything.flags / 2) % 2 = 1`",
  ],
  [
    "active and ('16' & level)",
    "MAP055 12+12 `&` joins texts, and every text but the empty one counts as true: `'16' & level` → bit 16 is `$floor(level / 16) % 2 = 1`",
  ],
  [
    "($off := 2; anything.uac & $off) ? 1 : 2",
    "MAP055 12+19 `&` joins texts, and every text but the empty one counts as true: `anything.uac & $off` → bit 2 is `$floor(anything.uac / 2) % 2 = 1`",
  ],
  [
    "(login & nick) ? login : nick",
    'MAP055 1+12 `&` joins texts, and every text but the empty one counts as true: `login & nick` → compare it: `(login & nick) != ""`',
  ],
  [
    "(nick & ' ' & login) ?: login",
    "MAP055 1+18 `&` joins texts, and every text but the empty one counts as true: `nick & ' ' & login` → it is never empty: ask for one of its parts",
  ],
  ["level = 1 or 2", "MAP055 13+1 a number by itself is always true: `2` → compare it, or write `in [1, 2]`"],
  [
    "status = 'ACTIVE' or 'ENDED'",
    'MAP055 21+7 a text by itself is always true: `\'ENDED\'` → compare it, or write `in ["…", "…"]`',
  ],
  [
    "admin ? 1 : 2",
    'MAP055 0+5 `admin` is a text, and the text `"false"` counts as true → compare it: `admin = "true"`',
  ],
  ["$not(admin)", 'MAP055 5+5 `admin` is a text, and the text `"false"` counts as true → compare it: `admin = "true"`'],
  [
    "level < '5'",
    "MAP057 0+11 `<` fails on values of two kinds: `level` is a number, `'5'` is a text → `$number(…)` makes a number of a text",
  ],
  [
    "$lowercase(groups[0].tags)",
    "MAP057 11+14 `$lowercase` takes a text, but `groups[0].tags` is a list → pick one, such as `(groups[0].tags)[0]`; for a list of all: `$map(…, $lowercase)`",
  ],
  ["profile > 1", "MAP057 0+7 `>` compares numbers or texts, but `profile` is an object"],
  [
    "login + 1",
    "MAP057 0+5 `+` computes with numbers, but `login` is a text → `$number(…)` makes a number of a text, `&` joins texts",
  ],
  [
    "-login",
    "MAP057 1+5 `-` computes with numbers, but `login` is a text → `$number(…)` makes a number of a text, `&` joins texts",
  ],
  [
    "$lowercase(level)",
    "MAP057 11+5 `$lowercase` takes a text, but `level` is a number → `$string(…)` makes a text of it",
  ],
  [
    "$sum(groups.id)",
    "MAP057 5+9 `$sum` takes a list of these: a number, but `groups.id` is a text → `$number(…)` makes a number of it",
  ],
  [
    "$lowercase(emails)",
    "MAP057 11+6 `$lowercase` takes a text, but `emails` is a list → `$string(…)` makes a text of it",
  ],
  [
    "$join(groups)",
    "MAP057 6+6 `$join` takes a list of these: a text, but `groups` is an object → `$string(…)` makes a text of it",
  ],
  ["$substring(login)", "MAP057 0+10 `$substring` takes at least 2 arguments, not 1"],
  ["$contains(login, 'x', 1)", "MAP057 0+9 `$contains` takes 2 arguments, not 3"],
  ["level ~> $trim", "MAP057 0+5 `$trim` takes a text, but `level` is a number → `$string(…)` makes a text of it"],
  [
    "$replace(login, 'a', function($m) { $m.match })",
    "MAP057 16+3 `$replace` calls a function for a regular expression only, but `'a'` is a text → write the pattern between slashes: `/…/`",
  ],
  [
    "login ~> $replace('a', $uppercase)",
    "MAP057 18+3 `$replace` calls a function for a regular expression only, but `'a'` is a text → write the pattern between slashes: `/…/`",
  ],
  [
    "profile.email.$replace('a', /b/)",
    "MAP057 23+3 `$replace` calls a function for a regular expression only, but `'a'` is a text → write the pattern between slashes: `/…/`",
  ],
  [
    "$lowercase(groups.id)",
    "warning MAP048 11+9 `groups.id` is a list as soon as there are two, and `$lowercase` fails on a list → pick one, such as `(groups.id)[0]`, or `$join` them",
  ],
  [
    "groups.id & 'x'",
    "warning MAP048 0+9 `groups.id` is a list as soon as there are two, and `&` writes a list out as JSON → pick one, such as `(groups.id)[0]`, or `$join` them",
  ],
  [
    "groups.id = 'x'",
    "warning MAP048 0+9 `groups.id` is a list as soon as there are two, and a list equals no single value → ask for it in the list: `… in groups.id`",
  ],
  [
    "groups & ''",
    'warning MAP048 0+6 `groups` is a list, which `&` writes out as JSON → join its items: `$join(…, ", ")`',
  ],
])("inside an expression, %s is wrong", (text, expected) => {
  expect(inside(text)).toEqual([expected]);
});

test.each([
  ["true", "MAP053 0+4 `deletes` is true for every record: all would be removed"],
  ["1 = 1", "MAP053 0+5 `deletes` is true for every record: all would be removed"],
  ["false", "warning MAP053 0+5 `deletes` is false for every record"],
  ['"x"', "MAP054 0+3 `deletes` must be true or false, but this is a text: every record would be rejected"],
  [
    '$exists("@removed")',
    "MAP053 0+19 `deletes` is true for every record: all would be removed → the name of a property stands in backquotes, not in quotes",
  ],
  [
    "admin",
    "MAP054 0+5 `deletes` must be true or false, but this is a text: every record would be rejected → compare it: `admin = …`",
  ],
  [
    "groups.owner.active",
    "warning MAP048 0+19 `groups.owner.active` is a list as soon as there are two, and a list is neither true nor false → pick one, such as `(groups.owner.active)[0]`",
  ],
])("`deletes: %s` is wrong", (text, expected) => {
  expect(told({}, SHAPES, text)).toEqual([expected]);
});

test.each([
  'status = "ENDED"',
  '($t := function($r) { $contains($r.login, "test") }; $t($))',
  "$exists(`@removed`)",
  "$exists(nick)",
  "active",
  "$not(active)",
  "anything",
])("`deletes: %s` can be right", (text) => {
  expect(told({}, { record: null, parent: null }, text)).toEqual([]);
});
