import { placeName, placesRead, readsWhole } from "../../../src/mapping/paths-read";
import { expression } from "./mapping-spec";

const LETS = [
  ["login", "$lowercase($trim(profile.login))"],
  ["name", 'given & " " & $login'],
].map(([name = "", text = ""]) => ({ name, at: expression(name).at, expression: expression(text) }));

const readBy = (text: string): readonly string[] =>
  placesRead({ kind: "expression", expression: expression(text) }, LETS).map(placeName);

test.each<[string, readonly string[]]>([
  ["id", ["id"]],
  ["profile.login", ["profile.login"]],
  ["$.a", ["a"]],
  ["$$.a.b", ["a.b"]],
  ["$parent.id", ["$parent.id"]],
  ["profile.`first-name`", ["profile.`first-name`"]],
  ['"constant"', []],
  ["$login", ["profile.login"]],
  ["$name", ["given", "profile.login"]],
  ["$login & $login", ["profile.login"]],
  ['status = "A" ? profile.x : y', ["status", "profile.x", "y"]],
  ["a ?: b", ["a", "b"]],
  ["a ?? b", ["a", "b"]],
  ['roles[kind = "x"].id', ["roles.kind", "roles.id"]],
  ["roles[0].id", ["roles.id"]],
  ["roles[$$.wanted = id].id", ["wanted", "roles.id"]],
  ["a.(b & c)", ["a", "a.b", "a.c"]],
  ["a^(>b).c", ["a.b", "a.c"]],
  ["$map(roles, function($r) { $r.id & name })", ["roles", "name"]],
  ["roles.{ 'role': id, 'org': $$.org.id }", ["roles", "roles.id", "org.id"]],
  ["{ 'a': b, 'c': [d.e, f] }", ["b", "d.e", "f"]],
  ["items.*", ["items"]],
  ["**.id", []],
  ["roles.$uppercase(id)", ["roles", "roles.id"]],
  ["( $x := a.b; $x & c )", ["a.b", "c"]],
  ["roles.id[]", ["roles.id"]],
  ["a.b@$x.c", ["a.b.c"]],
  ["profile ~> $string", ["profile"]],
])("%s reads %j", (text, places) => {
  expect([...readBy(text)].sort()).toEqual([...places].sort());
});

test.each([
  ["$", true],
  ["$$", true],
  ["*", true],
  ["**.id", true],
  ["$lookup($parent, kind)", true],
  ["$.($keys($))", true],
  ["$.a", false],
  ["a.*", false],
  ["roles[$ != 'r2']", false],
  ["$map(roles, function($r) { $r.id })", false],
  ["$parent.id & $login", false],
])("%s reads the whole record or parent: %s", (text, whole) => {
  expect(readsWhole({ kind: "expression", expression: expression(text) }, LETS)).toBe(whole);
});

test("a join reads what its parts read, each place once", () => {
  const parts = ["given", "family", "$name"].map(expression);
  expect(placesRead({ kind: "join", parts, with: " " }, LETS).map(placeName)).toEqual([
    "given",
    "family",
    "profile.login",
  ]);
});
