/** What is wrong is answered in one way each, before anybody looks whether an account exists. */

import { gzipSync } from "node:zlib";
import type { Caller } from "../../../../src/domain/api";
import { Failure } from "../../../../src/domain/errors";
import { ACCEPTED, type AskOptions, CALLER, houseOf, KEY, startApi } from "../../../support/api-server";
import { GOOD, type RecordingApi, startRecordingApi } from "../../../support/recording-api";

let api: RecordingApi;
beforeAll(async () => {
  api = await startRecordingApi();
});
beforeEach(() => api.forget());
afterAll(() => api.close());

test("the request that all others are wrong forms of is right", async () => {
  expect((await api.login({ body: { ...GOOD, tokens: false } })).status).toBe(200);
  expect(api.asked).toEqual([
    { source: "acme", client: { address: null }, credential: { kind: "password", login: "ada", password: "right" } },
  ]);
});

const json = (text: string) => ({ body: text });
const nested = (depth: number) =>
  `{"source":"acme","login":"ada","password":"p","client":${"[".repeat(depth)}${"]".repeat(depth)}}`;

/** What, the request, its one status, and what the detail says. */
const TABLE: readonly (readonly [string, AskOptions, number, RegExp])[] = [
  ["no key", { key: null }, 401, /send a good key/],
  ["a foreign key", { key: `usk_${"x".repeat(43)}` }, 401, /send a good key/],
  ["a key that is none", { key: "hello" }, 401, /send a good key/],
  ["another scheme", { key: null, headers: { authorization: `Basic ${KEY}` } }, 401, /send a good key/],
  ["a key for other things", { key: "usk_reader" }, 403, /not for `login`/],
  ["an unknown source", { body: { ...GOOD, source: "nowhere" } }, 404, /no such source/],
  ["a source of others", { body: { ...GOOD, source: "globex" } }, 404, /no such source/],
  ["a source with a name no source can have", { body: { ...GOOD, source: "../acme" } }, 404, /no such source/],
  ["no source", { body: { login: "ada", password: "p" } }, 400, /required property 'source'/],
  ["a source that is no text", { body: { ...GOOD, source: ["acme"] } }, 400, /body\/source must be string/],
  ["no password", { body: { source: "acme", login: "ada" } }, 400, /./],
  ["an empty password", { body: { ...GOOD, password: "" } }, 400, /body\/password must NOT have fewer/],
  ["a password that is a number", { body: { ...GOOD, password: 12345 } }, 400, /body\/password must be string/],
  ["a password that is null", { body: { ...GOOD, password: null } }, 400, /body\/password must be string/],
  ["two ways at once", { body: { ...GOOD, token: "a.b.c" } }, 400, /Either `login`/],
  ["no way at all", { body: { source: "acme" } }, 400, /./],
  [
    "a member nobody knows",
    { body: { ...GOOD, admin: true } },
    400,
    /additional properties: nothing but `source`, `login`, .* and `\w+`$/,
  ],
  ["a password of 1,025 bytes", { body: { ...GOOD, password: "x".repeat(1025) } }, 400, /at most 1024 bytes/],
  ["one of 1,026 bytes in 342 characters", { body: { ...GOOD, password: "€".repeat(342) } }, 400, /at most 1024 bytes/],
  [
    "a user name of 10,000 characters",
    { body: { ...GOOD, login: "a".repeat(10_000) } },
    400,
    /body\/login must NOT have more/,
  ],
  ["a body over 64 KB", { body: { ...GOOD, token: "x".repeat(65_600) } }, 413, /over 64 KB/],
  ["NUL in the user name", { body: { ...GOOD, login: "ada\0" } }, 400, /NUL/],
  ["NUL in the password", { body: { ...GOOD, password: "right\0" } }, 400, /NUL/],
  ["half of a surrogate pair", json('{"source":"acme","login":"ada","password":"\\ud800"}'), 400, /surrogate/],
  [
    "invalid UTF-8",
    {
      body: Buffer.concat([
        Buffer.from('{"source":"acme","login":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('","password":"p"}'),
      ]),
    },
    400,
    /UTF-8/,
  ],
  [
    "an overlong encoding",
    { body: Buffer.concat([Buffer.from('{"source":"'), Buffer.from([0xc0, 0xae]), Buffer.from('"}')]) },
    400,
    /UTF-8/,
  ],
  ["a byte order mark", json(`\ufeff${JSON.stringify(GOOD)}`), 400, /not valid JSON/],
  ["no JSON", json("source=acme"), 400, /not valid JSON/],
  ["no body", { body: "" }, 400, /./],
  ["JSON that is a word", json('"acme"'), 400, /does not fit/],
  ["JSON that is null", json("null"), 400, /does not fit/],
  ["JSON nested 9 deep", json(nested(9)), 400, /deeper/],
  ["JSON nested 8,000 deep", json(nested(8_000)), 400, /deeper/],
  ["a member twice", json('{"source":"acme","source":"globex","login":"ada","password":"p"}'), 400, /twice/],
  [
    "a member twice, once escaped",
    json('{"source":"acme","login":"ada","password":"p","p\\u0061ssword":"q"}'),
    400,
    /twice/,
  ],
  ["a prototype", json('{"source":"acme","login":"ada","password":"p","__proto__":{"admin":true}}'), 400, /additional/],
  ["a form", { body: "source=acme", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, /type/],
  [
    "a compressed body",
    {
      body: gzipSync(JSON.stringify(GOOD)),
      headers: { "content-encoding": "gzip", "content-type": "application/json" },
    },
    415,
    /without `content-encoding`/,
  ],
  ["text", { body: "{}", headers: { "content-type": "text/plain" } }, 415, /send `application\/json`/],
  [
    "no type",
    { body: new Uint8Array(Buffer.from(JSON.stringify(GOOD))), headers: { "content-type": "" } },
    415,
    /type/,
  ],
  ["an address that is none", { body: { ...GOOD, client: { address: "my house" } } }, 400, /body\/client\/address/],
];

describe("POST /v1/login", () => {
  test.each(TABLE)("%s", async (_what, request, status, detail) => {
    const answer = await api.login(request);
    expect(answer.json).toEqual({
      type: "about:blank",
      title: expect.any(String),
      status,
      detail: expect.stringMatching(detail),
    });
    expect(answer.status).toBe(status);
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(api.asked).toEqual([]);
  });

  test("no answer repeats what was sent, and no line of the log", async () => {
    const canary = "cAnArY7531";
    const bodies = [
      { ...GOOD, login: canary.repeat(1_000) },
      { ...GOOD, password: canary, [canary]: 1 },
      { ...GOOD, source: canary },
      canary,
    ];
    for (const body of bodies) expect((await api.login({ body })).text).not.toContain(canary);
    await api.login({ body: { ...GOOD, login: canary, password: canary }, key: canary });
    await api.login({ body: { ...GOOD, login: canary, password: canary, tokens: false } });
    await api.ask("GET", `/v1/identities/acme/${canary}?x=${canary}`, { key: null });
    expect(api.told.length).toBeGreaterThan(5);
    expect(api.told.join("\n")).not.toContain(canary);
  });

  test("a key that was good the last time, and is not any more, does nothing", async () => {
    const known: (Caller | null)[] = [CALLER, null, null, CALLER, { ...CALLER, scopes: ["identities"] }];
    const house = houseOf({
      findCaller: async () => known.shift() ?? null,
      login: async (call) => {
        api.asked.push(call);
        return ACCEPTED;
      },
    });
    const own = await startApi(async () => house);
    const statuses: number[] = [];
    for (let i = known.length; i > 0; i -= 1) {
      const { status } = await own.ask("POST", "/v1/login", { body: { ...GOOD, tokens: false } });
      statuses.push(status);
    }
    await own.close();
    expect(statuses).toEqual([200, 401, 401, 200, 403]);
    expect(api.asked).toHaveLength(2);
  });

  test.each([
    ["that lacks everything", "{}", 400],
    ["that is no JSON", "source=acme", 400],
    ["over 64 KB", JSON.stringify({ ...GOOD, token: "x".repeat(65_600) }), 413],
  ])("a key that is good no more is told of before a body %s", async (_what, body, status) => {
    const known: (Caller | null)[] = [CALLER, CALLER, null];
    const own = await startApi(async () => houseOf({ findCaller: async () => known.shift() ?? null }));
    const ask = () => own.ask("POST", "/v1/login", { body, headers: { "content-type": "application/json" } });
    await own.ask("POST", "/v1/login", { body: { ...GOOD, tokens: false } });
    const answers = [await ask(), await ask()];
    await own.close();
    expect(answers.map((answer) => answer.status)).toEqual([status, 401]);
  });

  test("an unknown source and one of others answer alike, to the byte", async () => {
    const [one, other] = [
      await api.login({ body: { ...GOOD, source: "nowhere" } }),
      await api.login({ body: { ...GOOD, source: "globex" } }),
    ];
    expect(one.text).toBe(other.text);
    const names = (headers: Headers) => [...headers.keys()].filter((name) => name !== "date");
    expect(names(one.headers)).toEqual(names(other.headers));
  });

  test("a missing key and a wrong one answer alike, to the byte, whatever is asked", async () => {
    const paths = [
      ["POST", "/v1/login"],
      ["POST", "/v1/token"],
      ["POST", "/v1/logout"],
      ["POST", "/v1/introspect"],
      ["GET", "/v1/identities/acme"],
      ["GET", "/v1/identities/acme/u1"],
      ["GET", "/v1/identities/acme/u1/grants"],
    ] as const;
    const answers = await Promise.all(
      paths.flatMap(([method, path]) => [
        api.ask(method, path, { key: null }),
        api.ask(method, path, { key: "usk_wrong" }),
      ]),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("what goes wrong inside", () => {
  test.each([
    ["the database away", new Failure("DB001", "the database at secret-host is away"), 503, "5"],
    ["no such source", new Failure("USE002", "there is no source"), 404, null],
    ["a source never read", new Failure("USE005", "never read"), 503, "60"],
    ["a source retired", new Failure("USE005", "retired", { data: { retiredAt: "2026-11-27" } }), 404, null],
    ["a bug", new Error("select * from password"), 500, null],
  ])("%s, without what it was", async (_what, error, status, retryAfter) => {
    const broken = await startApi(async () => houseOf({ login: () => Promise.reject(error) }));
    const answer = await broken.ask("POST", "/v1/login", { body: GOOD });
    await broken.close();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, retryAfter]);
    expect(answer.text).not.toMatch(/secret-host|password|at .*\.ts/);
  });

  test("nobody is known while the database is away: 503, and not 401", async () => {
    const broken = await startApi(() => Promise.reject(new Failure("DB001", "away")));
    expect((await broken.ask("POST", "/v1/login", { body: GOOD })).status).toBe(503);
    expect((await broken.ask("POST", "/v1/login", { body: GOOD, key: null })).status).toBe(401);
    await broken.close();
  });
});

test("headers keep answers about people out of caches and frames, and tell the request", async () => {
  const { headers } = await api.login({ headers: { "x-request-id": "trace-1" } });
  expect(Object.fromEntries(headers)).toMatchObject({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-request-id": "trace-1",
  });
  const odd = await api.login({ headers: { "x-request-id": "a b" } });
  expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});
