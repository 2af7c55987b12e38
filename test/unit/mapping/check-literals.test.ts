import { readMapping } from "../../../src/config/read-mapping";
import { Entry, MAPPING_CODES } from "../../../src/config/yaml/entry";
import { parseYaml } from "../../../src/config/yaml/parse-yaml";
import type { Problem } from "../../../src/domain/errors";
import { checkLiterals } from "../../../src/mapping/check-literals";

/** Reads a mapping of users with these lines below its own, and tells what its values are refused for. */
function check(lines: string, into = "users"): readonly string[] {
  const own = into === "users" ? "fields: { username: login, status: s, " : "fields: { name: title, ";
  const text = `into: ${into}\nkey: id\n${own}${lines}\n`;
  const problems: Problem[] = [];
  const root = parseYaml("mappings/acme/x.yaml", text, MAPPING_CODES, problems);
  const spec = root instanceof Entry ? readMapping(root) : null;
  if (spec === null || problems.length > 0) throw new Error(problems.map(({ message }) => message).join("; "));
  return checkLiterals(spec).map(({ code, message, at, length, hint }) => {
    const marked = (text.split("\n")[at.line - 1] ?? "").slice(at.column - 1, at.column - 1 + length);
    return `«${marked}» ${code} ${message}${hint === null ? "" : ` → ${hint}`}`;
  });
}

const REJECTED = "records that meet it would be rejected";

test.each([
  [
    "valid_from: { from: x, default: 2026-13-45 } }",
    "«2026-13-45» MAP014 `valid_from` cannot be `2026-13-45`, which is not a time that exists",
  ],
  [
    "valid_from: { from: x, map: { ACTIVE: 2026-02-31, _: 2026-02-28 } } }",
    "«2026-02-31» MAP014 `valid_from` cannot be `2026-02-31`, which is not a time that exists",
  ],
  [
    "email: { from: x, map: { _: 'nobody' } } }",
    "«nobody» MAP014 `email` cannot be `nobody`, which is not an email address",
  ],
  [
    "locale: { from: x, default: not a locale } }",
    "«not a locale» MAP014 `locale` cannot be `not a locale`, which is not a language tag such as `en-GB`",
  ],
  [
    "orgs: { from: x, default: [o1, { id: o2 }] } }",
    "«[» MAP014 `orgs` cannot be this, which has an item with other properties than `org`",
  ],
  [
    "roles: { from: x, map: { a: ' ' } } }",
    "« » MAP014 `roles` cannot be ` `, which has an item with a key that is blank",
  ],
  [
    "}\nattributes: { n: { from: x, type: number, default: many } }",
    "«many» MAP014 `attributes.n` cannot be `many`, which is not a number",
  ],
  [
    "}\nattributes: { n: { from: x, type: email, default: 7 } }",
    "«7» MAP014 `attributes.n` cannot be `7`, which is not an email address",
  ],
])("%s is refused", (lines, told) => {
  expect(check(lines)).toEqual([`${told}: ${REJECTED}`]);
});

test("a time zone that is misspelt has one beside it", () => {
  expect(check("timezone: { from: x, default: Europe/Berln } }")).toEqual([
    "«Europe/Berln» MAP014 `timezone` cannot be `Europe/Berln`, which is not an IANA time zone such as `Europe/Berlin`: " +
      `${REJECTED} → did you mean \`Europe/Berlin\`?`,
  ]);
});

test.each([
  "valid_from: { from: x, default: 2026-03-01 } }",
  "valid_from: { from: x, default: 1767225600 } }",
  "timezone: { from: x, default: ' UTC ' } }",
  "locale: { from: x, map: { a: de_AT, b: null, c: '' } } }",
  "title: { from: x, default: '' } }",
  "title: { from: x, default: 7, map: { a: true } } }",
  "roles: { from: x, map: { a: r1, b: null }, default: [{ role: r1, org: o1 }] } }",
  "orgs: { from: x, default: 12 } }",
  "}\nattributes: { n: { from: x, type: number, default: '7.5' }, l: { from: x, type: list, default: a } }",
  "}\nattributes: { a: { from: x, default: [b, [c]] } }",
])("%s is what a run takes", (lines) => {
  expect(check(lines)).toEqual([]);
});

describe("what a test expects", () => {
  const expecting = (expected: string) =>
    check(`}\nattributes: { some: thing }\ntests: [{ it: t, given: {}, expect: ${expected} }]`);

  test.each([
    [
      "{ status: activ }",
      "«activ» MAP014 `status` cannot be `activ`, which is none of `active`, `locked`, `disabled`: the test can never pass → did you mean `active`?",
    ],
    [
      "{ valid_from: 2026-02-30 }",
      "«2026-02-30» MAP014 `valid_from` cannot be `2026-02-30`, which is not a time that exists: the test can never pass",
    ],
    [
      "{ password: perhaps }",
      "«perhaps» MAP014 `password` cannot be `perhaps`, which is neither true nor false: the test can never pass",
    ],
  ])("%s never comes out", (expected, told) => {
    expect(expecting(expected)).toEqual([told]);
  });

  test.each([
    "{ key: 42, status: active, valid_from: 2026-03-01, title: null }",
    "{ roles: [{ role: r1 }, r2], orgs: [], password: true, attributes: { some: knows } }",
  ])("%s may", (expected) => {
    expect(expecting(expected)).toEqual([]);
  });
});

test.each([
  [
    "title: { from: x, default: $parent.title } }",
    "«$parent.title» MAP014 `$parent.title` is no expression here: it is taken as it is written → as the last of several sources it is one: `from: […, $parent.title]`",
  ],
  [
    'title: { from: x, map: { A: "$lowercase(a)", B: $nobody, C: $5, D: a $parent } } }',
    "«$lowercase(a)» MAP014 `$lowercase(a)` is no expression here: it is taken as it is written",
  ],
])("%s: an expression where a text is taken", (lines, expected) => {
  expect(check(lines)).toEqual([expected]);
});
