import { parse } from "yaml";
import { appendTest, testText } from "../../../../src/config/yaml/append-test";
import { Failure } from "../../../../src/domain/errors";

const TEST = {
  it: "maps a record of users",
  given: {
    id: "u1",
    on: "yes",
    list: [1, "2", null],
    text: "two\nlines: #1",
    "010": { deep: { deeper: "x".repeat(80) } },
  },
  expect: { key: "u1", username: "true" },
};
const HEAD = "# first\ninto: users   # odd spaces\nkey:   id\n";

/** Only the lines added, and everything else to the letter. */
function added(text: string): { readonly lines: string; readonly line: number } {
  const appended = appendTest("mappings/acme/users.yaml", text, TEST);
  const tests = parse(appended.text).tests;
  expect(tests.at(-1)).toEqual(TEST);
  expect(appended.text.split(/\r?\n/)[appended.line - 1]).toMatch(/^\s*- it: maps a record of users$/);
  return { lines: appended.text, line: appended.line };
}

test.each([
  ["at the end, where there are none", HEAD, `${HEAD}tests:\n`],
  ["where the last line does not end", HEAD.trimEnd(), `${HEAD}tests:\n`],
  ["behind others", `${HEAD}tests:\n  - it: a\n    given: {}   # comment\n    skips: true\n`, ""],
  ["behind others that are not indented", `${HEAD}tests:\n- it: a\n  given: {}\n  skips: true\n`, ""],
  [
    "where other words follow",
    `into: users\ntests:\n    - it: a\n      given: {}\n      skips: true\n\n# then\nkey: id\n`,
    "",
  ],
  [
    "behind a text of several lines",
    `${HEAD}tests:\n  - it: |\n      a\n      b\n    given: {}\n    rejects: key\n`,
    "",
  ],
  ["into an empty list", `${HEAD}tests: [] # none yet\nfields: {}\n`, ""],
  ["where nothing is said", `${HEAD}tests:\nfields: {}\n`, ""],
])("a test is added %s", (_, text, before) => {
  const { lines } = added(text);
  const block = testText(TEST);
  expect(lines.startsWith(before)).toBe(true);
  const indent = /^( *)- it: maps/m.exec(lines)?.[1] ?? "";
  const rest = lines.replace(block.replace(/^(?=.)/gm, indent), "");
  expect(rest.replace("tests:\n", "").replace(" []", "")).toBe(
    (text.endsWith("\n") ? text : `${text}\n`).replace("tests:\n", "").replace(" []", ""),
  );
});

test("line ends stay what they are", () => {
  const { lines } = added(HEAD.replaceAll("\n", "\r\n"));
  expect(lines.replaceAll("\r\n", "")).not.toContain("\n");
});

test("odd values come back as they were", () => {
  const odd = JSON.parse(
    '{"__proto__":{"a":1},"n":12345678901234567890,"nul":"a\\u0000b","half":"\\ud800","date":"2024-01-01","e":"1e3","x":"0x1F","blank":"","space":" a ","emoji":"☆","#":"# no"}',
  );
  const { text } = appendTest("f", HEAD, { it: "odd", given: odd, skips: true });
  expect(JSON.stringify(parse(text).tests[0].given)).toBe(JSON.stringify(odd));
});

test("references to anchors stay references", () => {
  const { lines } = added(
    `${HEAD}tests:\n  - &a\n    it: a\n    given: &g { id: 1 }\n    skips: true\n  - { it: b, given: *g, rejects: key }\n`,
  );
  expect(lines).toContain("given: *g");
});

test.each([
  ["tests between brackets", `${HEAD}tests: [{ it: a, given: {}, skips: true }]\n`],
  ["a file between brackets", "{ into: users, key: id }\n"],
  ["tests that are no list", `${HEAD}tests: many\n`],
  ["a file that ends before its end", `${HEAD}...\n`],
  ["a file that cannot be read", "into: [\n"],
])("%s are left alone", (_, text) => {
  expect(() => appendTest("f", text, TEST)).toThrow(Failure);
});
