import type { Expression, FieldRule, MappingSpec } from "../../../src/domain/mapping";
import { checkIgnored } from "../../../src/mapping/check-ignored";

const written = (text: string): Expression => ({ text, at: { line: 1, column: 1 } }) as Expression;
const field = (name: string, from: FieldRule["from"]): FieldRule => ({ name, from }) as FieldRule;
const one = (text: string): FieldRule => field("title", [{ kind: "expression", expression: written(text) }]);

/** What is told of a mapping with one field, when the job ignores `meta.seen`. */
const told = (rule: FieldRule, spec: Partial<MappingSpec> = {}, deletes: string | null = null): readonly string[] =>
  checkIgnored(
    { key: written("id"), skip: null, let: [], fields: [rule], attributes: [], ...spec } as unknown as MappingSpec,
    deletes === null ? null : written(deletes),
    [["meta", "seen"]],
  ).map(({ message }) => /^this reads (.*), and the job/.exec(message)?.[1] ?? message);

test.each([
  ["title", []],
  ["meta.by", []],
  ["seen", []],
  ["$parent.meta.seen", []],
  ["meta.(", []],
  ["meta.seen", ["`meta.seen`"]],
  ["meta.seen.at", ["`meta.seen.at`"]],
  ["meta", ["`meta`"]],
  ["title & $lowercase(meta.seen)", ["`meta.seen`"]],
])("%s", (text, expected) => {
  expect(told(one(text))).toEqual(expected);
});

test("each expression of a mapping counts, and the job's own", () => {
  const join = field("title", [{ kind: "join", parts: [written("title"), written("meta.seen")], with: " " }]);
  expect(told(join)).toEqual(["`meta.seen`"]);
  const lets = [
    { name: "seen", at: { line: 1, column: 1 }, expression: written("meta.seen") },
  ] as unknown as MappingSpec["let"];
  expect(told(one("$seen"), { let: lets })).toEqual(["`meta.seen`"]);
  expect(told(one("title"), { skip: written("meta.seen = 1") }, "meta.seen = 2")).toHaveLength(2);
  expect(told(one("title"), { attributes: [one("meta.seen")] as unknown as MappingSpec["attributes"] })).toHaveLength(
    1,
  );
});

test("a job that ignores nothing asks nothing", () => {
  expect(checkIgnored({} as MappingSpec, null, [])).toEqual([]);
});
