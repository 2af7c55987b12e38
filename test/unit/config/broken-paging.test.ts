import { type Mistake, messages } from "./entity-mistakes";
import { USER_ROLES } from "./project-folder";

const CASES: readonly Mistake[] = [
  [
    "no word on paging",
    "get: /users, deletes: sweep",
    [
      "3:13 «users» warning CFG011 `users` does not say how it pages, so its first page is taken for everything there is → say `page: none` if that is so",
    ],
  ],
  [
    "paging by what is not the key",
    "get: /users, page: { keyset: created, as: after, size: limit=10 }, deletes: sweep",
    [
      "3:51 «created» warning CFG011 `created` is not the key of `users`: whoever shares it with the last record of a page is on no page, so only those count as gone whom `one` finds gone → page by the key, declare the `total`, or say `unique: true` if no two share it",
    ],
  ],
  [
    "paging by a value that the job vouches for",
    "get: /users, page: { keyset: created, as: after, unique: true }, deletes: sweep",
    [],
  ],
  [
    "a word of keysets beside another way of paging",
    "get: /users, page: { offset: skip, unique: true }, deletes: sweep",
    ["3:57 «unique» CFG005 `unique` means nothing beside `offset` → remove it"],
  ],
  ["paging by the key", "get: /users, page: { keyset: id, as: after }, deletes: sweep", []],
  [
    "paging by another value, with a total",
    "get: /users, page: { keyset: created, as: after, total: n }, deletes: sweep",
    [],
  ],
  [
    "a mistyped way of paging",
    "get: /users, page: link-heder, deletes: sweep",
    ["3:41 «link-heder» CFG005 `page` cannot be `link-heder` → did you mean `link-header`?"],
  ],
  [
    "a way of paging that is none",
    "get: /users, page: { delta: x }, deletes: sweep",
    [
      "3:43 «delta» CFG003 unknown key `delta` in `page` → known: `link`, `next-url`, `cursor`, `offset`, `number`, `keyset`, `unique`, `as`, `from`, `size` and `total`",
    ],
  ],
  [
    "a cursor without its parameter",
    "get: /users, page: { cursor: next }, deletes: sweep",
    [
      "3:43 «cursor» CFG004 `as` is missing: `cursor` needs the name of its query parameter → e.g. `{ cursor: next, as: after }`",
    ],
  ],
  [
    "two ways of paging",
    "get: /users, page: { offset: skip, number: page }, deletes: sweep",
    ["3:57 «number» CFG005 `offset` and `number` are two ways of paging; there can be one"],
  ],
  [
    "a word of another way of paging",
    "get: /users, page: { next-url: next, from: 1 }, deletes: sweep",
    ["3:59 «from» CFG005 `from` means nothing beside `next-url` → remove it"],
  ],
  [
    "a page size without parameter",
    "get: /users, page: { offset: skip, size: 200 }, deletes: sweep",
    ["3:63 «200» CFG005 `size` must be a query parameter and a number such as `limit=200`, not `200`"],
  ],
  ...["offset: limit", "number: limit", "cursor: next, as: limit", "keyset: id, as: limit"].map(
    (way) =>
      [
        `one parameter for two things, ${way}`,
        `get: /users, page: { ${way}, size: limit=10 }, deletes: sweep`,
        [
          expect.stringMatching(
            /«limit=10» CFG005 `(offset|number|as)` and `size` both name the query parameter `limit`, which has one value → name the one that asks for a page size, e.g. `size: per_page=100`$/,
          ),
        ],
      ] as const,
  ),
  [
    "parameters that paging never lets out",
    "get: '/users?limit=50&x=1', query: { skip: 5 }, page: { offset: skip, size: limit=10 }, deletes: sweep",
    [
      "3:27 «'/users?limit=50&x=1'» CFG005 `page` sends `limit=10` and what follows, so `limit` as it stands here is never sent → say it in one place",
      "3:65 «5» CFG005 `page` sends `skip=0` and what follows, so `skip` as it stands here is never sent → say it in one place",
    ],
  ],
  [
    "a parameter of changes that paging never lets out",
    'get: /users, page: { number: page }, since: { query: { page: "{since}" } }, full: Sun, deletes: sweep',
    [
      '3:83 «"{since}"» CFG005 `page` sends `page=1` and what follows, so `page` as it stands here is never sent → say it in one place',
    ],
  ],
  [
    "where a list begins, and what paging says itself",
    'get: "/users?limit=10", query: { after: "*" }, page: { cursor: next, as: after, size: limit=10 }, deletes: sweep',
    [],
  ],
  [
    "a name that holds a dot",
    'get: /users, page: { next-url: "@odata.nextLink" }, deletes: sweep',
    [
      "3:53 «\"@odata.nextLink\"» CFG005 `@odata.nextLink` is read as two names → a name that holds a dot stands in backticks: '`@odata.nextLink`'",
    ],
  ],
];

describe("mistakes in the paging of an entity", () => {
  test.each(CASES)("%s", async (_, users, expected) => {
    expect(await messages(`entities: { users: { ${users} } }`)).toEqual(expected);
  });

  test.each([
    [
      "sweep",
      [
        "5:53 «user» warning CFG011 links of `assignments` may share `user`, and one beside the edge of a page is on none, so a list of several pages is never complete and revokes nothing → page by a cursor, declare the `total`, or say `unique: true` if no two share it",
      ],
    ],
    ["never", []],
  ])("links paged by what several share, and `deletes: %s`", async (deletes, expected) => {
    const entities = [
      "entities:",
      "  users: { get: /users, page: none, deletes: never }",
      `  assignments: { get: /assignments, page: { keyset: user, as: after, size: limit=10 }, deletes: ${deletes} }`,
    ].join("\n");
    const found = await messages(entities, {
      "mappings/acme/assignments.yaml": USER_ROLES.replace("$parent.id", "role"),
    });
    expect(found.filter((one) => one.includes("CFG011"))).toEqual(expected);
  });
});

test("a query of all entities may say what the paging of one overrides, but not what that of all does", async () => {
  const paged = (page: string, users: string) =>
    messages(`defaults: { query: { limit: 50 }${page} }\nentities: { users: { get: /users, deletes: sweep${users} } }`);
  expect(await paged("", ", page: { offset: skip, size: limit=10 }")).toEqual([]);
  expect(await paged(", page: { offset: skip, size: limit=10 }", "")).toEqual([
    "3:29 «50» CFG005 `page` sends `limit=10` and what follows, so `limit` as it stands here is never sent → say it in one place",
  ]);
});
