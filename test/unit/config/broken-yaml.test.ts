/** Wrong YAML in a mapping file, and what is said of it: where it is, and what was meant. */
import { type Mistake, messages, orgs, users } from "./mapping-mistakes";

const QUOTE = "quote the whole value: '…'";
const CONTROL = (code: string) =>
  `MAP010 a control character, U+${code}, stands here, which YAML does not allow → delete it; when there are many, save the file as UTF-8`;
const skip = (value: string) => orgs(`skip: ${value}`);

const YAML_CASES: readonly Mistake[] = [
  [
    "a ? b : c",
    skip("a ? b : c"),
    [`4:7 «a ? b : c» MAP010 \`a ? b : c\` means something else in YAML when it is not quoted → ${QUOTE}`],
  ],
  [
    "a ? b : c between brackets",
    users("  title: { from: a ? b : c }"),
    [`6:18 «a ? b : c» MAP010 \`a ? b : c\` means something else in YAML when it is not quoted → ${QUOTE}`],
  ],
  [
    "a colon and a blank",
    skip('kind = "a: b"'),
    [`4:7 «kind = "a: b"» MAP010 an unquoted value cannot hold \`: \`, which begins a new key in YAML → ${QUOTE}`],
  ],
  [
    "a dash at the beginning",
    skip("- x"),
    [`4:7 «- x» MAP010 a value that starts with \`- \` begins something else in YAML → ${QUOTE}`],
  ],
  [
    "a colon at the end",
    skip("a:"),
    [`4:7 «a:» MAP010 an unquoted value cannot hold \`: \`, which begins a new key in YAML → ${QUOTE}`],
  ],
  [
    "a comma within a call between brackets",
    users("  title: { from: $map(a, function($v) { $v.b }) }"),
    [
      `6:18 «$map(a» MAP010 between \`{\` and \`}\` an unquoted value ends at the next \`,\`, \`{\` or \`}\` → ${QUOTE}`,
    ],
  ],
  [
    "a comment between brackets",
    users("  title: { from: a #b }"),
    [`6:20 «#b }» MAP010 \`#\` begins a comment in YAML, so the \`{\` before it is never closed → ${QUOTE}`],
  ],
  [
    "an index behind a blank",
    users("  title: orders #$i"),
    [
      "6:17 «#$i» warning MAP014 `#$i` is a comment in YAML, no part of the expression → quote the whole expression: '…'",
    ],
  ],
  ["a comment", users("  title: orders # by number"), []],
  [
    "{ at the beginning",
    skip('{"a": b}.a'),
    [`4:7 «{"a": b}.a» MAP010 a value that starts with \`{\` is a map in YAML → ${QUOTE}`],
  ],
  [
    "{ all the way",
    skip('{"a": b}'),
    [
      '4:7 «{"a": b}» MAP014 `skip` must be an expression, not a map → a value that starts with `{` is a map in YAML: if it is an expression, quote it',
    ],
  ],
  [
    "[ where no expression stands",
    users("attributes: { x: { from: a, map: { x: [1] } } }"),
    ["6:39 «[1]» MAP014 `x` must be text or a number or true or false or empty, not a list"],
  ],
  [
    "[ where the field is one value, too",
    users("  title: { from: a, map: { x: [1] } }"),
    ["6:31 «[1]» MAP014 `x` must be text or a number or true or false or empty, not a list"],
  ],
  [
    "[ at the beginning",
    skip("[a, b][0]"),
    [`4:7 «[a, b][0]» MAP010 a value that starts with \`[\` is a list in YAML → ${QUOTE}`],
  ],
  [
    "[ within brackets",
    users("  title: { from: g[0].x }"),
    [`6:18 «g[0].x» MAP010 an unquoted value between \`{\` and \`}\` cannot hold \`[\` → ${QUOTE}`],
  ],
  ...(
    [
      ["g[0].x", "an unquoted value between `[` and `]` cannot hold `[`"],
      ["g[type=true].x", "an unquoted value between `[` and `]` cannot hold `[`"],
      ['$join(a, ",")', "an unquoted value between `[` and `]` cannot hold `,`"],
      ["$merge({a: b})", "an unquoted value cannot hold `: `, which begins a new key in YAML"],
      ['"x" & a', 'a value that starts with `"` is a quoted text that ends at the next quote in YAML'],
    ] as const
  ).flatMap(([item, message]) =>
    [
      ["the first in a list", `  title: [${item}, b]`, "6:11"],
      ["in a list", `  title: [b, ${item}]`, "6:14"],
      ["in a list within brackets", `  title: { join: [b, ${item}], with: x }`, "6:22"],
    ].map(
      ([where, line = "", place]): Mistake => [
        `${item} ${where}`,
        users(line),
        [`${place} «${item}» MAP010 ${message} → ${QUOTE}`],
      ],
    ),
  ),
  ...["  title: [a ? b : c, d]", "  title:\n    - a ? b : c"].map(
    (lines): Mistake => [
      `a choice in a list, ${lines.trim()}`,
      users(lines),
      [
        expect.stringMatching(
          /^\d+:\d+ «a \? b» MAP010 `a \? b : c` means something else in YAML when it is not quoted → quote the whole value/,
        ),
      ],
    ],
  ),
  [
    "# at the beginning",
    skip("#x"),
    [
      "4:1 «skip» MAP014 `skip` is empty; it must be an expression → a value that starts with `#` is a comment in YAML: quote the expression",
    ],
  ],
  [
    "* at the beginning",
    skip("*.id"),
    [
      `4:7 «*.id» MAP010 a value that starts with \`*\` is a reference to an anchor in YAML, and there is no such anchor → ${QUOTE}`,
    ],
  ],
  [
    "& at the beginning",
    skip("&a"),
    [
      "4:1 «skip» MAP014 `skip` is empty; it must be an expression → a value that starts with `&` is an anchor in YAML: quote the expression",
    ],
  ],
  ["@ at the beginning", skip("@x"), [`4:7 «@x» MAP010 a value that starts with \`@\` is reserved in YAML → ${QUOTE}`]],
  [
    "% at the beginning",
    skip("%.x"),
    [`4:7 «%.x» MAP010 a value that starts with \`%\` is a directive in YAML → ${QUOTE}`],
  ],
  [
    "a tag that gives bytes",
    orgs("note: !!binary aGVsbG8="),
    [`4:7 «!!binary aGVsbG8=» MAP010 a value that starts with \`!\` is a tag in YAML → ${QUOTE}`],
  ],
  [
    "a NUL at the end, as a write that broke off leaves it",
    `${orgs("note: x")}\0\0`,
    [`5:1 «\0\0» ${CONTROL("0000")}`],
  ],
  ["a control character inside", orgs("note: x\u0007"), [`4:8 «\u0007» ${CONTROL("0007")}`]],
  ["! at the beginning", skip("!x"), [`4:7 «!x» MAP010 a value that starts with \`!\` is a tag in YAML → ${QUOTE}`]],
  [
    "a quoted text that goes on",
    skip('"a" & b'),
    [
      `4:7 «"a" & b» MAP010 a value that starts with \`"\` is a quoted text that ends at the next quote in YAML → ${QUOTE}`,
    ],
  ],
  [
    "commas within brackets",
    users("  title: { from: $substring(a, 0, 3), pii: true }"),
    ["6:18 «$substring(a» MAP014 a comma between brackets ends this value → quote the whole expression: '…'"],
  ],
  [
    "a bracket that is never closed",
    users("  title: { from: $lowercase(a, pii: true }\n  email: [$trim($lowercase(a), b]"),
    ["6:28 «(» MAP040 this `(` is never closed → close it", "7:16 «(» MAP040 this `(` is never closed → close it"],
  ],
  [
    "a colon without its space, between brackets",
    users("  title: {from:a, pii: true}"),
    ["6:11 «from:a» MAP011 unknown key `from:a` in a field → write a space behind the colon: `from: a`"],
  ],
  [
    "a list without its brackets",
    users("  title: { from: { join: a, with: b } }"),
    ["6:26 «a» MAP014 `join` must be a list, not `a` → a list stands between `[` and `]`"],
  ],
  [
    "a template of other tools",
    users("  title: { from: {{ a }} }"),
    [
      "6:18 «{{» MAP010 `{{ … }}` is how other tools mark an expression; to YAML it is a map as the name of something → write the expression alone, quoted if need be: '…'",
    ],
  ],
  [
    "commas within brackets of a list",
    users("  title: [$substring(a, b, 3), c]"),
    ["6:11 «$substring(a» MAP014 a comma between brackets ends this value → quote the whole expression: '…'"],
  ],
  [
    "tabs",
    "into: orgs\nkey: id\nfields:\n\tname: a",
    ["4:1 «\t» MAP010 YAML does not allow tabs as indentation → indent with spaces"],
  ],
  [
    "a key twice, and other mistakes with it",
    users("  email: a\n  email: b\n  emial: c"),
    [
      "7:3 «email» MAP010 `email` stands here twice → remove one of them",
      "8:3 «emial» MAP012 `emial` is not a field of `users` → did you mean `email`?",
    ],
  ],
  [
    "a bracket left open",
    "into: orgs\nkey: id\nfields: { name: a\n",
    ["3:9 «{» MAP010 this `{` is never closed → close it"],
  ],
  [
    "a quote left open",
    users('  title: { from: "t }\n  email: e'),
    ['6:18 «"» MAP010 this `"` is never closed → close it'],
  ],
  [
    "a line indented less than its neighbours, told once",
    "into: users\nkey: id\nfields:\n   username: a\n  status: b\n  email: c",
    ["5:3 «s» MAP010 the indentation does not fit the lines above → align it with its neighbours"],
  ],
  [
    "a line indented under a value",
    "into: users\n key: id\nfields: {}",
    ["1:7 «u» MAP010 the next line is indented as if it belonged to this value → indent it like this line"],
  ],
  [
    "an indentation that only looks like one",
    "into: orgs\nkey: id\nfields:\n  name: a\n\u00a0 kind: b",
    [
      "5:1 «\u00a0» MAP010 this indentation holds a character that only looks like a space → delete it and indent with spaces",
    ],
  ],
  [
    "a colon behind which a space only looks like one",
    "into: orgs\nkey:\u00a0id\nfields: { name: a }",
    [
      "2:5 «\u00a0» MAP010 behind this `:` stands a character that only looks like a space → delete it and write a space",
    ],
  ],
  [
    "a word without a colon",
    "into: orgs\nkey id\nfields: {}",
    ["2:1 «k» MAP010 this line has no `: ` between a word and its value → write `word: value`"],
  ],
  [
    "a colon without a space",
    "into: orgs\nkey:id\nfields: {}",
    ["2:1 «k» MAP010 this line has no `: ` between a word and its value → write `: ` with a space after it"],
  ],
  [
    "two documents",
    `${orgs("")}---\na: b`,
    ["5:1 «-» MAP010 a second document begins here → one file holds one document: remove the `---`"],
  ],
  ["an empty file", "# nothing yet\n", ["1:1 «#» MAP010 the file is empty"]],
  ["a list", "- into: orgs\n", ["1:1 «-» MAP010 the file must be a map of words to values"]],
];

describe("mistakes in the YAML of a mapping file", () => {
  test.each(YAML_CASES)("%s", async (_, mapping, expected) => {
    expect(await messages(mapping)).toEqual(expected);
  });
});
