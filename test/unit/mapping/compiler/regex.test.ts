import { RegExpParser } from "@eslint-community/regexpp";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { boundRegex } from "../../../../src/mapping/compiler/bound-regex";
import { patternOf } from "../../../../src/mapping/compiler/regex";
import { translateRegex } from "../../../../src/mapping/compiler/translate-regex";
import { holds } from "../../../support/holds";

const treeOf = (source: string) => new RegExpParser().parsePattern(source, undefined, undefined, { unicode: false });

/** All matches with their places and groups. */
function nativeMatches(regex: RegExp, text: string): unknown[] {
  return [...text.matchAll(regex)].map((found) => [found.index, ...found]);
}

function linearMatches(translated: string, text: string): unknown[] {
  const matcher = RE2JS.compile(translated).matcher(text);
  const found: unknown[] = [];
  for (
    let from = 0;
    from <= text.length && matcher.find(from);
    from = matcher.end() + (matcher.end() === matcher.start() ? 1 : 0)
  ) {
    const groups = Array.from({ length: matcher.groupCount() }, (_, group) => matcher.group(group + 1) ?? undefined);
    found.push([matcher.start(), matcher.group() ?? "", ...groups]);
  }
  return found;
}

const ATOMS = [
  ..."abkK1_-. \n",
  "ä",
  "ß",
  "ſ",
  "İ",
  "é",
  "\\.",
  "\\/",
  "\\u2028",
  "\\x41",
  ".",
  "\\d",
  "\\D",
  "\\w",
  "\\W",
  "\\s",
  "\\S",
  "\\b",
  "\\B",
  "^",
  "$",
  "[ab]",
  "[^a]",
  "[a-z]",
  "[^\\s\\d]",
  "[\\w-]",
  "[À-ž]",
  "[]",
  "[^]",
  "[k-ſ]",
];

const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...ATOMS),
    fc
      .tuple(
        fc.constantFrom(...ATOMS.slice(0, 30)),
        fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{0,2}"),
      )
      .map((parts) => parts.join("")),
    tie("pattern").map((inner) => `(${inner})`),
    tie("pattern").map((inner) => `(?:${inner})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{1,3}", "+?"))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
  pattern: fc
    .array(fc.oneof({ weight: 6, arbitrary: tie("piece") }, { weight: 1, arbitrary: fc.constant("|") }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((pieces) => pieces.join("")),
}));

const text = fc
  .array(fc.constantFrom(..."aabbkKK1_-. \nAäÄßſSİéÉ\u2028\u212a"), { maxLength: 12 })
  .map((letters) => letters.join(""));

const parses = (source: string): boolean => {
  try {
    return new RegExp(source).source !== "";
  } catch {
    return false;
  }
};

test("what is translated for RE2 matches as in JavaScript, groups and case included", () => {
  let translatedCount = 0;
  holds(
    fc.property(
      pattern.filter(parses),
      fc.constantFrom("g", "gi"),
      fc.array(text, { minLength: 3, maxLength: 6 }),
      (source, flags, texts) => {
        const regex = new RegExp(source, flags);
        const translated = translateRegex(treeOf(regex.source), { ignoreCase: flags.includes("i"), multiline: false });
        if (translated === null) return;
        translatedCount += 1;
        for (const each of texts) expect(linearMatches(translated, each)).toEqual(nativeMatches(regex, each));
      },
    ),
    1_500,
  );
  expect(translatedCount).toBeGreaterThan(500);
});

test.each<[string, boolean]>([
  ["(?=a)b", false],
  ["(?<!a)b", false],
  ["(a)\\1", false],
  ["(a*)*", false],
  ["((a)|b)+", false],
  ["((a)b)+", true],
  ["(?:a|b)+", true],
  ["(a|b)?", true],
  ["a{1,2000}", false],
  ["\\ud83d", false],
  ["(?<year>\\d{4})", true],
  ["(?i:a)", false],
])("%s can be translated: %s", (source, expected) => {
  expect(translateRegex(treeOf(source), { ignoreCase: false, multiline: false }) !== null).toBe(expected);
});

test("lines are not RE2's lines, so their ends are not translated", () => {
  expect(translateRegex(treeOf("^a"), { ignoreCase: false, multiline: true })).toBeNull();
  expect(translateRegex(treeOf("a"), { ignoreCase: false, multiline: true })).not.toBeNull();
});

test.each<[string, { choices: number; degree: number } | null]>([
  ["abc", { choices: 1, degree: 1 }],
  ["^\\s+|\\s+$", { choices: 2, degree: 2 }],
  ["(\\w+)@(\\w+)", { choices: 1, degree: 3 }],
  ["(a|b)(c|d)?", { choices: 6, degree: 1 }],
  ["(ab)+", { choices: 1, degree: 2 }],
  ["(a+)+", null],
  ["(a|b)+", null],
  ["(?=a)", null],
  ["(a)\\1", null],
])("JavaScript's tries of %s are bounded by %j", (source, expected) => {
  expect(boundRegex(treeOf(source))).toEqual(expected);
});

test("a long text is matched by RE2, with the same result", () => {
  const regex = /([a-z]+)-(\d+)$/g;
  const long = `${"x".repeat(2_000)} ${"ab".repeat(20)}-12`;
  const found = patternOf(regex, 0).exec(long, 0);
  expect(found).toEqual({
    match: `${"ab".repeat(20)}-12`,
    start: 2_001,
    end: long.length,
    groups: ["ab".repeat(20), "12"],
  });
});
