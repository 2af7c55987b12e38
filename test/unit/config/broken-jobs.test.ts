// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { type Mistake, messages } from "./job-mistakes";

const CASES: readonly Mistake[] = [
  ["a mistyped word", "htp: {}", ["4:1 «htp» CFG003 unknown key `htp` in a job file → did you mean `http`?"]],
  [
    "an unlike word",
    "colour: red",
    [
      "4:1 «colour» CFG003 unknown key `colour` in a job file → known: `source`, `openapi`, `baseUrl`, `auth`, `schedule`, `http`, `safeguard`, `notify`, `keepRaw`, `login`, `defaults` and `entities`",
    ],
  ],
  [
    "an entity that lost its indentation",
    "users: { get: /users }",
    ["4:1 «users» CFG003 unknown key `users` in a job file → entities stand under `entities`: indent it below that"],
  ],
  [
    "an entity list under a mistyped word",
    "entites: { users: { get: /users } }",
    ["3:1 «entites» CFG003 unknown key `entites` in a job file → did you mean `entities`?"],
  ],
  [
    "an address in place of a list of them",
    "notify: [{ email: notanaddress }]",
    [
      "4:19 «notanaddress» CFG005 `email` must be a list of addresses, such as `[ops@example.com]`, not `notanaddress` → a list stands between `[` and `]`",
    ],
  ],
  ["a planned word", "ignore: [x]", ["4:1 «ignore» CFG006 `ignore` is planned, not yet supported; remove it for now"]],
  [
    "a login that asks nobody",
    "login: {}",
    [
      "4:1 «login» CFG004 `login` does not say how the customer's system is asked → add `password`, `token` or `browser`; `mode: mirror-only` asks nobody",
    ],
  ],
  [
    "durations of a login that cannot be",
    "login: { mode: mirror-only, offline: 121h, deadline: 31s, maxAge: 1h }",
    [
      "4:38 «121h» CFG005 `offline` can be `120h` at most",
      "4:54 «31s» CFG005 `deadline` can be `30s` at most: a person waits for it",
      "4:59 «maxAge» CFG005 `maxAge` means something for `mode: mirror-first` only",
    ],
  ],
  [
    "a mirror that may not answer",
    "login: { mode: mirror-only, offline: 0s }",
    [
      "4:38 «0s» CFG005 `offline: 0s` lets nobody in by the mirror, which `mode: mirror-only` is for → write `mode: live-only`",
    ],
  ],
  [
    "nothing to read",
    "entities: {}",
    [
      "3:11 «{}» CFG005 `entities` is empty",
      "mappings/acme/users.yaml:1:1 «into» MAP015 nothing uses this mapping: `users` is not an entity of `jobs/acme.yaml`",
    ],
  ],
  ["a list for a map", "http: [1]", ["4:7 «[1]» CFG005 `http` must be a map, not a list"]],
  [
    "a number for a switch",
    "http: { allowPrivate: 1 }",
    ["4:23 «1» CFG005 `allowPrivate` must be true or false, not `1`"],
  ],
  [
    "a duration without unit",
    "http: { timeout: 30 }",
    ["4:18 «30» CFG005 `timeout` must be a duration such as `30s`, `5m` or `12h`, not `30`"],
  ],
  [
    "a rate without unit",
    "http: { rate: 500 }",
    ["4:15 «500» CFG005 `rate` must be a rate such as `500/min` or `10/s`, not `500`"],
  ],
  ["too many at once", "http: { concurrency: 100 }", ["4:22 «100» CFG005 `concurrency` must be at most 64, not `100`"]],
  [
    "durations that no timer takes",
    "http: { timeout: 30d, retry: { backoff: 60d..60d, budget: 60d } }",
    [
      "4:18 «30d» CFG005 `timeout` can be `24h` at most",
      "4:41 «60d..60d» CFG005 `backoff` can be `24h` at most",
      "4:59 «60d» CFG005 `budget` can be `24h` at most",
    ],
  ],
  ["the longest durations", "http: { timeout: 24h, retry: { backoff: 1d..1d, budget: 1440m } }", []],
  [
    "a duration beyond what can be computed with",
    'schedule: { cron: "15 2 * * *", grace: 999999999999d }',
    ["4:40 «999999999999d» CFG005 `grace` can be `365d` at most"],
  ],
  [
    "backoff the wrong way round",
    "http: { retry: { backoff: 2m..1s } }",
    ["4:27 «2m..1s» CFG005 `backoff` must go from the shorter wait to the longer one"],
  ],
  [
    "a share without %",
    "safeguard: { removals: 5 }",
    ["4:24 «5» CFG005 `removals` must be a percentage from `0%` to `100%`, not `5`"],
  ],
  [
    "empty set to anything but hold",
    "safeguard: { empty: allow }",
    ["4:21 «allow» CFG005 `empty` cannot be `allow`; only `hold`"],
  ],
  [
    "a word beside redact",
    "keepRaw: { redakt: [ssn] }",
    ["4:12 «redakt» CFG003 unknown key `redakt` in `keepRaw` → did you mean `redact`?"],
  ],
  [
    "one path that is no list",
    "keepRaw: { redact: profile.ssn }",
    ["4:20 «profile.ssn» CFG005 `redact` must be a list, not `profile.ssn` → a list stands between `[` and `]`"],
  ],
  [
    "keepRaw as a text",
    'keepRaw: "yes"',
    ['4:10 «"yes"» CFG005 `keepRaw` must be `true`, `false` or a map with `redact`, not the text `yes`'],
  ],
  [
    "a path that is none",
    "keepRaw: { redact: [a..b] }",
    ["4:21 «a..b» CFG005 `a..b` is not a path → e.g. `profile.ssn`"],
  ],
  [
    "what is ignored as one path",
    "entities: { users: { get: /users, page: none, deletes: sweep, ignore: meta.seenAt } }",
    ["3:71 «meta.seenAt» CFG005 `ignore` must be a list, not `meta.seenAt` → a list stands between `[` and `]`"],
  ],
  [
    "what is ignored as a path that is none",
    "entities: { users: { get: /users, page: none, deletes: sweep, ignore: [a..b] } }",
    ["3:72 «a..b» CFG005 `a..b` is not a path → e.g. `profile.ssn`"],
  ],
  [
    "an unknown time zone",
    "schedule: { cron: 15 2 * * *, timezone: Europe/Berln }",
    ["4:41 «Europe/Berln» CFG005 `Europe/Berln` is not a time zone → did you mean `Europe/Berlin`?"],
  ],
  [
    "an hour that does not exist",
    'schedule: { cron: "15 24 * * mon-fri" }',
    ["4:23 «24» CFG005 `24` cannot be the hour: 0 to 23"],
  ],
  [
    "a cron of four words",
    'schedule: { cron: "15 2 * *" }',
    [
      '4:19 «"15 2 * *"» CFG005 `cron` must be five words: minute, hour, day of the month, month, day of the week; or six, with the second before them → e.g. `15 2 * * *` for 02:15 every day',
    ],
  ],
  [
    "a second that does not exist",
    'schedule: { cron: "*/20,60 * * * * *" }',
    ["4:20 «*/20,60» CFG005 `*/20,60` cannot be the second: 0 to 59"],
  ],
  [
    "a step without a span",
    'schedule: { cron: "5/10 2 * * *" }',
    [
      "4:20 «5/10» CFG005 `5/10` cannot be the minute: 0 to 59 → a step needs a span or `*` before it, e.g. `10-50/5` or `*/5`",
    ],
  ],
  [
    "a day that never comes",
    'schedule: { cron: "0 0 30,31 feb *" }',
    ["4:24 «30,31» CFG005 `30,31` cannot be the day of the month: month `feb` never has it"],
  ],
  [
    "a jitter that reaches the next slot",
    'schedule: { cron: "10,50 8-17 * * *", jitter: 20m }',
    ["4:47 «20m» CFG005 `jitter` must be shorter than the time between two slots, which is `20m`"],
  ],
  [
    "a jitter of more than a day",
    'schedule: { cron: "15 2 * * *", jitter: 2d }',
    ["4:41 «2d» CFG005 `jitter` must be shorter than the time between two slots, which is `1d`"],
  ],
  [
    "a jitter that is none",
    'schedule: { cron: "15 2 * * *", jitter: -5m }',
    ["4:41 «-5m» CFG005 `jitter` must be a duration such as `30s`, `5m` or `12h`, not `-5m`"],
  ],
  ...["api.example.com", "localhost:8080/v1"].map(
    (written): Mistake => [
      `a base URL without its beginning: ${written}`,
      `baseUrl: ${written}`,
      [
        `3:10 «${written}» CFG005 \`baseUrl\` must be a URL that begins with https:// or http:// → put \`https://\` before it, or \`http://\` where there is no TLS`,
      ],
    ],
  ),
  [
    "a base URL of half a variable",
    "baseUrl: $ACME_URL/v1",
    [
      "3:10 «$ACME_URL/v1» CFG005 `baseUrl` must be a URL that begins with https:// or http:// → a variable is written `${NAME}`, with `$` and both braces",
    ],
  ],
  [
    "the job file as the OpenAPI document",
    "openapi: acme.yaml",
    [
      "4:10 «acme.yaml» OAS001 this is the job file itself: the path of the document begins where the job file stands → a document in the folder above is `../acme.yaml`",
    ],
  ],
  [
    "a port that is none",
    "baseUrl: http://127.0.0.1:99999/v1/@me",
    [
      "3:10 «http://127.0.0.1:99999/v1/@me» CFG005 `baseUrl` names a port that is none → a port is a number up to 65535",
    ],
  ],
  [
    "a credential in the query of an address",
    "baseUrl: https://api.example.com/v1?lang=en&token=s3cr3t",
    [
      '3:10 «https://api.example.com/v1?lang=en&token=******» CFG007 `token` is a credential: it belongs under `auth` → e.g. `auth: { kind: api-key, in: query, name: token, value: "${NAME}" }`',
    ],
  ],
  [
    "a query in an address",
    "baseUrl: https://api.example.com/v1?lang=en",
    [
      "3:10 «https://api.example.com/v1?lang=en» CFG005 `baseUrl` cannot hold a query or fragment → say it under `defaults: { query: … }`",
    ],
  ],
  ["a path with what else ends a password", "baseUrl: http://127.0.0.1:9999/v1/@me", []],
  [
    "a password in the base URL",
    "baseUrl: https://ada:s3cr3t@api.example.com",
    ["3:10 «https://**********@api.example.com» CFG007 `baseUrl` holds a user or password → say it under `auth`"],
  ],
  [
    "another source than the file's name",
    "source: acne",
    [
      "3:9 «acne» CFG010 `source` is `acne`, but the file is named `acme` → rename the file to `acne.yaml`, or write `source: acme`",
    ],
  ],
];

describe("mistakes in a job file", () => {
  test.each(CASES)("%s", async (_, lines, expected) => {
    expect(await messages(lines)).toEqual(expected);
  });
});
