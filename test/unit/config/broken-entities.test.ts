// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { type Mistake, messages } from "./entity-mistakes";
import { ROLES, USER_ROLES, USERS } from "./project-folder";

const CASES: readonly Mistake[] = [
  [
    "planned words of an entity",
    "get: /users, page: none, deletes: sweep, full: Sun, since: { field: updatedAt }",
    ["3:74 «since» CFG004 `query` is missing: `since` needs it"],
  ],
  [
    "another method",
    "get: POST /users, page: none, deletes: sweep",
    ["3:27 «POST /users» CFG006 reading with POST is planned, not yet supported"],
  ],
  [
    "an operationId without a document",
    "get: listUsers, page: none, deletes: sweep",
    [
      "3:27 «listUsers» OAS003 `listUsers` reads like an operationId, but the job names no `openapi:` document → a path begins with `/`: `/listUsers`",
    ],
  ],
  [
    "a list where one word or text stands",
    "get: /users, query: { a: [1, 2] }, page: [none], records: [a], deletes: sweep",
    [
      "3:47 «[1, 2]» CFG005 `a` must be text or a number or true or false, not a list",
      "3:63 «[none]» CFG005 `page` must be `none`, `link-header` or a map such as `{ cursor: next, as: after }`, not a list",
      "3:80 «[a]» CFG005 `records` must be property names with dots between, as in `data.items`; a name that holds a dot stands in backticks, not a list",
    ],
  ],
  [
    "a map where a template is meant",
    "get: /users, query: { a: {run.id} }, page: none, deletes: sweep",
    [
      "3:47 «{run.id}» CFG005 `a` must be text or a number or true or false, not a map → a value that starts with `{` is a map in YAML: quote it",
    ],
  ],
  ...["none", "no", '"none"'].map(
    (word) =>
      [
        `${word} in place of never`,
        `get: /users, page: none, deletes: ${word}`,
        [
          `3:56 «${word}» CFG005 unknown value \`${word.replaceAll('"', "")}\` for \`deletes\` → did you mean \`never\`?`,
        ],
      ] as const,
  ),
  ["a property of that name", "get: /users, page: none, deletes: [sweep, '`none`']", []],
  [
    "a mistyped word on deletes",
    "get: /users, page: none, deletes: swep-now",
    ["3:56 «swep-now» CFG005 unknown value `swep-now` for `deletes` → did you mean `sweep-now`?"],
  ],
  [
    "no word on deletes",
    "get: /users, page: none",
    [
      "3:13 «users» warning CFG011 `users` does not say when a record counts as gone, so nothing will ever be removed → say `deletes: sweep` or `deletes: never`",
    ],
  ],
  ...[
    ["$.users", "write `users`"],
    ["/users", "write `users`"],
    ["/data/users", "write `data.users`"],
    ["users[*]", "write `users`"],
    ["$.data[*].users[]", "write `data.users`"],
    ["$", "what is meant is the whole: leave it out"],
  ].map(([records, hint]): [string, string, string[]] => [
    `a place as other languages write it: ${records}`,
    `get: /users, page: none, deletes: sweep, records: "${records}"`,
    [
      `3:72 «"${records}"» CFG005 \`${records}\` is taken for the very name of a property; a path is names of properties with dots between → ${hint}`,
    ],
  ]),
  [
    "the values of an object, paged by the last of them",
    "get: /users, page: { keyset: id, as: after }, deletes: sweep, records: data.users.*",
    [
      "3:93 «data.users.*» CFG005 `keyset` goes on from the last record, and the values of an object have no order to trust → page in another way",
    ],
  ],
  [
    "the one value of an object",
    "get: /users, one: { get: '/users/{key}', records: data.* }, page: none, deletes: sweep",
    [],
  ],
  ["the values of an object", "get: /users, page: none, deletes: sweep, records: data.users.*", []],
  [
    "the values of an object anywhere else",
    "get: /users, one: { get: '/users/{key}', records: data.*.user }, page: { cursor: data.*.next, as: a }, deletes: sweep, records: 'data.*.users', ignore: [a.*.b]",
    [
      "3:72 «data.*.user» CFG005 `*` means the values of an object, and only at the end of `records` → a property of that name stands in backticks",
      "3:103 «data.*.next» CFG005 `*` means the values of an object, and only at the end of `records` → a property of that name stands in backticks",
      "3:150 «'data.*.users'» CFG005 `*` means the values of an object, and only at the end of `records` → a property of that name stands in backticks",
      "3:175 «a.*.b» CFG005 `*` means the values of an object, and only at the end of `records` → a property of that name stands in backticks",
    ],
  ],
  ["a name that looks like that", 'get: /users, page: none, deletes: sweep, records: "`$.users`"', []],
  ["a name that begins with a dollar", "get: /users, page: none, deletes: sweep, records: $values", []],
  [
    "an address at another origin",
    "get: http://evil.example/users, page: none, deletes: sweep",
    [
      "3:27 «http://evil.example/users» CFG005 `http://evil.example/users` is at another origin than `baseUrl`, https://api.example.com: credentials go nowhere else, so no run could ask it → read it as a source of its own",
    ],
  ],
  ["an address at the same origin", "get: https://api.example.com/v2/users, page: none, deletes: sweep", []],
  [
    "a path that leads elsewhere",
    "get: /v1/../users, page: none, deletes: sweep",
    [
      "3:27 «/v1/../users» CFG005 a part of this path is `.` or `..`, which leads elsewhere, so no run could ask it → write where it leads to",
    ],
  ],
  [
    "a part of an address that is never sent",
    "get: /users#all, page: none, deletes: sweep",
    [
      "3:27 «/users#all» CFG005 what stands behind `#` is never sent, and neither are `query` and `page` → write `%23` for a `#` that is meant",
    ],
  ],
  [
    "a mistyped way of deleting",
    "get: /users, page: none, deletes: swep",
    ["3:56 «swep» CFG005 unknown value `swep` for `deletes` → did you mean `sweep`?"],
  ],
  [
    "two ways of deleting",
    "get: /users, page: none, deletes: [sweep, never]",
    ["3:64 «never» CFG005 `sweep` and `never` exclude each other → keep one of them"],
  ],
  [
    "one way of deleting twice",
    "get: /users, page: none, deletes: [sweep, sweep]",
    ["3:64 «sweep» CFG005 `sweep` stands there twice → keep one of them"],
  ],
  [
    "an empty path",
    "get: /users, page: none, deletes: sweep, ignore: ['']",
    ["3:72 «''» CFG005 this is empty; it must be a path, such as `meta.fetchedAt`"],
  ],
  [
    "a child's way of deleting",
    "get: /users, page: none, deletes: sweep-within-parent",
    ["3:56 «sweep-within-parent» CFG005 `sweep-within-parent` is for entities with `each` → did you mean `sweep`?"],
  ],
  [
    "changes asked for without a moment",
    'get: /users, page: none, deletes: sweep, full: Sun, since: { query: { updated: "yes" } }',
    [
      '3:90 «{ updated: "yes" }» CFG005 `query` does not say since when: `{since}` is missing → e.g. `{ updated_since: "{since}" }`',
    ],
  ],
  [
    "a list that is never asked for in full again",
    'get: /users, page: none, deletes: sweep, since: { query: { updated: "{since}" } }',
    [
      "3:63 «since» warning CFG013 `users` never asks for everything again, so nobody who vanishes is ever found to be gone → say when: `full: Sun`",
    ],
  ],
  [
    "removals that only a link tells",
    "get: /users, page: none, deletes: never, delta: { link: next, removed: gone }",
    [
      "3:84 «removed» warning CFG013 `users` looks for nobody who is absent, so whoever is removed while the delta link expires stays for good → let a full pass find them: `deletes: sweep`",
    ],
  ],
  [
    "removals by a link and by absence",
    "get: /users, page: none, deletes: sweep, delta: { link: next, removed: gone }",
    [],
  ],
  [
    "two ways of asking for what changed",
    'get: /users, page: none, deletes: sweep, full: Sun, since: { query: { updated: "{since}" } }, delta: { link: next }',
    [
      "3:116 «delta» CFG005 `since` and `delta` are two ways of asking for what changed; there can be one → keep one of them",
    ],
  ],
  [
    "a full pass where every run is one",
    "get: /users, page: none, deletes: sweep, full: Sun",
    ["3:63 «full» CFG005 `full` means nothing here: without `since` or `delta` every run reads everything → remove it"],
  ],
  [
    "a day that is none",
    'get: /users, page: none, deletes: sweep, full: Sunn, since: { query: { updated: "{since}" } }',
    ["3:69 «Sunn» CFG005 `Sunn` is neither a day of the week nor a duration → did you mean `Sun`?"],
  ],
  [
    "an expression for what tells of a removal",
    "get: /users, page: none, deletes: sweep, delta: { link: next, removed: 'status = 1' }",
    [
      "3:93 «'status = 1'» CFG005 `removed` is a path, not an expression → write the expression under `deletes`: [sweep, 'status = 1']",
    ],
  ],
  [
    "a template that only `since` knows",
    'get: /users, query: { from: "x {since}" }, page: none, deletes: sweep',
    [
      "3:53 «{since}» CFG009 `{since}` stands for the moment since when changes are asked for, which only `since: { query: … }` knows",
    ],
  ],
  [
    "an unknown template",
    'get: "/users/{runid}", page: none, deletes: sweep',
    ["3:35 «{runid}» CFG009 `{runid}` is not a template → did you mean `{run.id}`?"],
  ],
  [
    "JSON in a query, which is no template, with one that is mistyped in it",
    `get: /users, query: { where: '{"a":{"b":1}}', filter: '{"at":{ "$gt":"{runid}"}}' }, page: none, deletes: sweep`,
    ["3:92 «{runid}» CFG009 `{runid}` is not a template → did you mean `{run.id}`?"],
  ],
  [
    "a mistyped template, told once",
    "get: /users, one: '/users/{id}', page: none, deletes: sweep",
    ["3:48 «{id}» CFG009 `{id}` is not a template → known: `{key}` and `{run.id}`"],
  ],
  [
    "a template left open",
    "get: /users, one: '/users/{key', page: none, deletes: sweep",
    ["3:48 «{key» CFG009 this `{` is not closed"],
  ],
  [
    "a credential in a path",
    "get: '/users?api_key=s3cr3t', page: none, deletes: sweep",
    [
      "3:27 «'/users?api_key=******'» CFG007 `api_key` is a credential: it belongs under `auth` → e.g. `auth: { kind: api-key, in: query, name: api_key, value: \"${NAME}\" }`",
    ],
  ],
  [
    "a credential in a query",
    "get: /users, query: { access_token: s3cr3t }, page: none, deletes: sweep",
    [
      '3:58 «******» CFG007 `access_token` is a credential: it belongs under `auth` → e.g. `auth: { kind: api-key, in: query, name: access_token, value: "${NAME}" }`',
    ],
  ],
  ["no `get`, told once", "page: none, deletes: sweep", ["3:13 «users» CFG004 `get` is missing: `users` needs it"]],
  [
    "the parent of no child",
    'get: "/users/{parent.id}", page: none, deletes: sweep',
    ["3:35 «{parent.id}» CFG009 `{parent.id}` stands for the parent's record, which only entities with `each` have"],
  ],
  [
    "one without key",
    "get: /users, one: /users, page: none, deletes: sweep",
    ["3:40 «/users» CFG005 `one` does not say which record: `{key}` is missing → e.g. `/users/{key}`"],
  ],
  [
    "a variable in a path",
    "get: '/${TENANT}/users', page: none, deletes: sweep",
    [
      "3:27 «'/${TENANT}/users'» CFG008 variables are filled in in `baseUrl`, `query` and `auth`, not here → say the changing part in `baseUrl`",
    ],
  ],
];

describe("mistakes in an entity of a job", () => {
  test.each(CASES)("%s", async (_, users, expected) => {
    expect(await messages(`entities: { users: { ${users} } }`)).toEqual(expected);
  });

  test("parents and targets that do not fit together", async () => {
    const entities = [
      "entities:",
      "  users: { get: /users, page: none, deletes: never }",
      "  roles: { get: /roles, page: none, deletes: never }",
      "  people: { get: /people, page: none, deletes: never }",
      "  members: { each: role, get: '/r/{parent.id}', page: none, deletes: never }",
      "  inner: { each: members, get: '/r/{parent.id}', page: none, deletes: never }",
      "  own: { each: own, get: '/r/{parent.id}', page: none, deletes: never }",
      "  same: { each: roles, get: /r, page: none, deletes: never }",
    ].join("\n");
    const links = ["members", "inner", "own", "same"].map((name) => [`mappings/acme/${name}.yaml`, USER_ROLES]);
    const mappings = {
      "mappings/acme/roles.yaml": ROLES,
      "mappings/acme/people.yaml": USERS,
      ...Object.fromEntries(links),
    };
    expect(await messages(entities, mappings)).toEqual([
      "6:3 «people» CFG010 `people` and `users` both become `users`: each would see the other's records as gone",
      "7:20 «role» CFG010 `role` is not an entity of this job → did you mean `roles`?",
      "8:18 «members» CFG010 `members` is a child itself; the parent of `inner` must be read on its own",
      "9:16 «own» CFG010 `own` cannot be its own parent",
      "10:29 «/r» CFG005 `same` asks the same for each of `roles`: nothing in `get` or `query` names the parent → e.g. `/roles/{parent.id}/members`",
    ]);
  });
});
