import { type Mistake, messages, orgs, users } from "./mapping-mistakes";

const CASES: readonly Mistake[] = [
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
  [
    "no space behind the colon of a value in `map`",
    "into: users\nkey: id\nfields:\n  username: a\n  status: { from: s, map: {true:active, _:disabled} }\n  title: { from: t, map: {x:y, 'a:b': null, c:d: null, e: } }",
    [
      "5:28 «true:active» MAP014 `true:active` is a name without a value → write a space behind the colon: `true: active`",
      "5:41 «_:disabled» MAP014 `_:disabled` is a name without a value → write a space behind the colon: `_: disabled`",
      "6:27 «x:y» MAP014 `x:y` is a name without a value → write a space behind the colon: `x: y`",
    ],
  ],
  [
    "names with colons that have a colon of their own",
    "into: users\nkey: id\nfields:\n  username: a\n  status: { default: active }\n  title:\n    from: t\n    map:\n      urn:x:none:\n      urn:x:null: ~\n      urn:x:boss: Boss\n      ? urn:x:asked\n      :\n  locale: { from: l, map: {urn:y:none: , urn:y:end:, urn:y:last: } }",
    [],
  ],
  [
    "names with colons for nothing, where the field is required",
    "into: users\nkey: id\nfields:\n  username: a\n  status:\n    from: s\n    map:\n      urn:x:none:\n      _: disabled",
    [
      "8:7 «urn:x:none» MAP014 `status` is required, and `urn:x:none` gives it nothing: such records would be rejected → write the value behind the colon",
    ],
  ],
  [
    "nothing for a required field",
    "into: users\nkey: id\nfields:\n  username: { from: a, map: { root: }, default: x }\n  status: { from: s, map: { A: active, B: null, _: } }",
    [
      "5:40 «B» MAP014 `status` is required, and `B` gives it nothing: such records would be rejected → write the value behind the colon",
      "5:49 «_» MAP014 `status` is required, and `_` gives it nothing: such records would be rejected → write the value behind the colon",
    ],
  ],
];

describe("mistakes in a mapping file", () => {
  test.each(CASES)("%s", async (_, mapping, expected) => {
    expect(await messages(mapping)).toEqual(expected);
  });
});
