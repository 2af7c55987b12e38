import { load, told } from "./project-folder";

const JOB = "source: acme\nbaseUrl: https://a.example\nentities: { x: { get: /x, page: none, deletes: never } }\n";

const messages = async (mapping: string) => {
  const { problems } = await load({ "jobs/acme.yaml": JOB, "mappings/acme/x.yaml": mapping });
  return problems.map((problem) => told(problem).replace("mappings/acme/x.yaml:", ""));
};

const users = (fields: string) => `into: users\nkey: id\nfields:\n  username: login\n  status: state\n${fields}\n`;
const orgs = (more: string) => `into: orgs\nkey: id\nfields: { name: title }\n${more}\n`;

const CASES: readonly (readonly [mistake: string, mapping: string, told: readonly string[]])[] = [
  [
    "a mistyped field",
    users("  emial: contact.mail"),
    ["6:3 «emial» MAP012 `emial` is not a field of `users` → did you mean `email`?"],
  ],
  [
    "a field that is none of ours",
    users("  shoe_size: s"),
    ["6:3 «shoe_size» MAP012 `shoe_size` is not a field of `users` → anything else goes under `attributes`"],
  ],
  [
    "required fields left out",
    "into: user_roles\nfields: { user: id }",
    ["2:1 «fields» MAP013 `role` is missing: `user_roles` needs it"],
  ],
  ["a missing key", "into: orgs\nfields: { name: title }", ["1:1 «into» MAP013 `key` is missing: `orgs` needs it"]],
  ["no fields", "into: orgs\nkey: id", ["1:1 «into» MAP013 `fields` is missing: the mapping file needs it"]],
  [
    "a mistyped target",
    "into: user\nkey: id\nfields: { a: b }",
    ["1:7 «user» MAP014 `into` cannot be `user` → did you mean `users`?"],
  ],
  [
    "an empty target",
    "into:\nkey: id\nfields: { a: b }",
    [
      "1:1 «into» MAP014 `into` is empty → known: `users`, `roles`, `permissions`, `orgs`, `user_roles`, `user_orgs` and `role_permissions`",
    ],
  ],
  [
    "a key for links",
    "into: user_orgs\nkey: id\nfields: { user: a, org: b }",
    ["2:1 «key» MAP014 `key` means nothing for `user_orgs`: a link is its two ends and nothing else → remove it"],
  ],
  [
    "a planned word",
    orgs("realm: staff"),
    ["4:1 «realm» CFG006 `realm` is planned, not yet supported; remove it for now"],
  ],
  [
    "a password of what is nobody",
    orgs("password: { from: hash, format: bcrypt }"),
    ["4:1 «password» MAP014 `password` means nothing for `orgs`: only people have one → remove it"],
  ],
  [
    "a password among the fields",
    users("  password: { from: hash, format: bcrypt }"),
    ["6:3 «password» MAP012 `password` is not a field of `users` → `password` stands beside `fields`, not in it"],
  ],
  [
    "a password without its format, and one without its place",
    users("password: { from: hash }"),
    ["6:1 «password» MAP013 `format` is missing: `password` needs it"],
  ],
  [
    "a password in short",
    users("password: hash"),
    ["6:11 «hash» MAP014 `password` must be a map of `from` and `format`, not `hash`"],
  ],
  [
    "a mistyped format",
    users("password: { from: hash, format: bcript }"),
    ["6:33 «bcript» MAP014 `format` cannot be `bcript` → did you mean `bcrypt`?"],
  ],
  [
    "a format of a list that is none",
    users("password: { from: hash, format: [bcrypt, md5] }"),
    [
      "6:42 «md5» MAP014 this cannot be `md5` → known: `bcrypt`, `argon2`, `scrypt`, `pbkdf2`, `django-pbkdf2`, `ldap-ssha` and `sha512-crypt`",
    ],
  ],
  [
    "what a field may say, and a password may not",
    users("password: { from: hash, format: bcrypt, default: x, pii: true, required: true, map: { a: b } }"),
    ["default", "pii", "required", "map"].map(
      (word, at) =>
        `6:${[41, 53, 64, 80][at]} «${word}» MAP011 unknown key \`${word}\` in \`password\` → known: \`from\` and \`format\``,
    ),
  ],
  [
    "a mistyped option",
    users("  email: { form: mail }"),
    [
      "6:3 «email» MAP013 `from` is missing: nothing says where `email` comes from",
      "6:12 «form» MAP011 unknown key `form` in a field → did you mean `from`?",
    ],
  ],
  [
    "an unfitting type",
    users("  roles: { from: r, type: text }"),
    ["6:27 «text» MAP014 `roles` has the type `list`, not `text` → remove `type`"],
  ],
  [
    "an unfitting type of an attribute",
    orgs("attributes: { a: { from: b, type: key } }"),
    [
      "4:35 «key» MAP014 an attribute cannot have the type `key`; it can be `text`, `email`, `boolean`, `timestamp`, `number`, `list` or `any`",
    ],
  ],
  [
    "a status we do not know",
    "into: users\nkey: id\nfields:\n  username: a\n  status: { from: s, map: { A: activ, _: disabled }, default: off }",
    [
      "5:32 «activ» MAP014 `status` cannot be `activ`; it is `active`, `locked` or `disabled` → did you mean `active`?",
      "5:63 «off» MAP014 `status` cannot be `off`; it is `active`, `locked` or `disabled`",
    ],
  ],
  [
    "a required field made optional",
    "into: orgs\nkey: id\nfields: { name: { from: t, required: false } }",
    ["3:38 «false» MAP014 `name` is always required → remove `required`, or give it a `default`"],
  ],
  [
    "a field that decides who may sign in, and is not compared",
    "into: users\nkey: id\nfields:\n  username: a\n  status: { from: s, compare: false }\n  valid_until: { from: u, compare: false }\n  title: { from: t, compare: false }",
    [
      "5:31 «false» MAP014 `status` decides who may sign in, so a difference is always a change → remove `compare`",
      "6:36 «false» MAP014 `valid_until` decides who may sign in, so a difference is always a change → remove `compare`",
    ],
  ],
  [
    "a default that is no boolean",
    "into: roles\nkey: id\nfields: { name: t, privileged: { from: p, default: no } }",
    ["3:52 «no» MAP014 `privileged` is true or false, not `no`"],
  ],
  [
    "an empty list of sources",
    users("  title: []"),
    ["6:10 «[]» MAP014 `title` is empty; it must be an expression, a list of sources, or a map with `from`"],
  ],
  [
    "an object in a list of sources",
    users("  title: [a, { jion: [b] }]"),
    ["6:16 «jion» MAP011 unknown key `jion` in a source → did you mean `join`?"],
  ],
  [
    "a name that no expression can use",
    orgs('let: { "a-b": c }'),
    ['4:8 «"a-b"» MAP014 `a-b` cannot be a name here; it must be a name of letters, digits and `_`'],
  ],
  ...["let", "attributes"].map((block): [string, string, string[]] => [
    `${block} under a name that JavaScript takes for something else`,
    orgs(`${block}: { __proto__: c }`),
    [
      `4:${block.length + 5} «__proto__» MAP014 \`__proto__\` cannot be a name here; it must be another name, for JavaScript takes this one for something else`,
    ],
  ]),
  [
    "letters in another order",
    "into: orgs\nkye: id\nfields: { name: t }",
    ["2:1 «kye» MAP011 unknown key `kye` in a mapping file → did you mean `key`?"],
  ],
  [
    "a word of a type that is none",
    users("  title: { from: t, type: txet }"),
    ["6:27 «txet» MAP014 `type` cannot be `txet` → did you mean `text`?"],
  ],
  [
    "a quoted boolean",
    users('  title: { from: t, pii: "true" }'),
    ['6:26 «"true"» MAP014 `pii` must be true or false, not the text `true` → remove the quotes'],
  ],
  [
    "a merge key",
    users("  title: { <<: { pii: true }, from: t }"),
    ["6:12 «<<» MAP011 unknown key `<<` in a field → merge keys are not part of YAML 1.2: write the words out"],
  ],
  [
    "a merge key with an alias, in a map of values",
    users("  title: { from: a, map: &m { x: y } }\n  phone: { from: a, map: { <<: *m, z: w } }"),
    ["7:28 «<<» MAP014 `<<` is a word like any other → merge keys are not part of YAML 1.2: write the words out"],
  ],
  ["nulls of another kind", orgs("nulls: drop"), ["4:8 «drop» MAP014 `nulls` cannot be `drop`; only `keep`"]],
  [
    "tests that say too little, too much, or of no field",
    orgs(
      "tests:\n  - { it: a, given: {} }\n  - { it: b, given: {}, skips: true, rejects: true }\n  - { it: c, given: {}, rejects: nam }\n  - { it: d, expect: { nmae: x } }",
    ),
    [
      "5:7 «it» MAP014 a test says one of `expect`, `rejects` and `skips`",
      "6:25 «skips» MAP014 a test says one of `expect`, `rejects` and `skips`",
      "7:34 «nam» MAP012 `nam` is not a field of `orgs` → did you mean `name`?",
      "8:7 «it» MAP013 `given` is missing: this test needs it",
      "8:24 «nmae» MAP012 `nmae` is not a field of `orgs` → did you mean `name`?",
    ],
  ],
  [
    "tests of attributes that there are not",
    orgs(
      "attributes: { region: r }\ntests:\n  - { it: a, given: {}, expect: { attributes: { regoin: null } } }\n  - { it: b, given: {}, rejects: attributes.x }\n  - { it: c, given: {}, rejects: attributes.region }",
    ),
    [
      "6:49 «regoin» MAP012 `regoin` is not an attribute of this mapping → did you mean `region`?",
      "7:34 «attributes.x» MAP012 `x` is not an attribute of this mapping",
    ],
  ],
  [
    "numbers where texts are meant",
    users(
      "  phone: { from: p, default: 0049170 }\n  title: { from: t, map: { a: 1.10, b: 17, c: '010', d: 9007199254740993 } }",
    ),
    [
      '6:30 «0049170» warning MAP014 `0049170` is the number 49170 → quote it to keep it as it is written: "0049170"',
      '7:31 «1.10» warning MAP014 `1.10` is the number 1.1 → quote it to keep it as it is written: "1.10"',
    ],
  ],
];

describe("mistakes in a mapping file", () => {
  test.each(CASES)("%s", async (_, mapping, expected) => {
    expect(await messages(mapping)).toEqual(expected);
  });
});

const QUOTE = "quote the whole value: '…'";
const CONTROL = (code: string) =>
  `MAP010 a control character, U+${code}, stands here, which YAML does not allow → delete it; when there are many, save the file as UTF-8`;
const skip = (value: string) => orgs(`skip: ${value}`);

const YAML_CASES: readonly (readonly [mistake: string, mapping: string, told: readonly string[]])[] = [
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
    ].map(([where, line = "", place]): (typeof CASES)[number] => [
      `${item} ${where}`,
      users(line),
      [`${place} «${item}» MAP010 ${message} → ${QUOTE}`],
    ]),
  ),
  ...["  title: [a ? b : c, d]", "  title:\n    - a ? b : c"].map((lines): (typeof CASES)[number] => [
    `a choice in a list, ${lines.trim()}`,
    users(lines),
    [
      expect.stringMatching(
        /^\d+:\d+ «a \? b» MAP010 `a \? b : c` means something else in YAML when it is not quoted → quote the whole value/,
      ),
    ],
  ]),
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
