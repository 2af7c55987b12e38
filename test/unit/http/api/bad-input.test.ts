/** What is wrong is answered in one way each, before anybody looks whether an account exists. */

import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import type { Caller } from "../../../../src/domain/api";
import { Failure } from "../../../../src/domain/errors";
import type { LoginCall } from "../../../../src/domain/login";
import type { CodeCall } from "../../../../src/http/api/ports";
import { ACCEPTED, type ApiServer, type AskOptions, CALLER, houseOf, KEY, startApi } from "../../../support/api-server";

const GOOD = { source: "acme", login: "ada", password: "right" };
let asked: (LoginCall | CodeCall)[] = [];
const listed: (string | null)[] = [];
const told: string[] = [];
const tell = (message: string, fields: object = {}) => void told.push(JSON.stringify({ message, ...fields }));
const log = { debug: tell, info: tell, warn: tell, error: tell, child: () => log };
let api: ApiServer;

beforeAll(async () => {
  const house = houseOf({
    findCaller: async (key) => {
      if (key === KEY) return CALLER;
      if (key === "usk_reader") return { ...CALLER, name: "reader", scopes: ["identities"] };
      return null;
    },
    login: async (call) => {
      asked.push(call);
      return ACCEPTED;
    },
    identities: async ({ username }) => {
      listed.push(username);
      return { identities: [], next: null };
    },
    finishSignIn: async (_source, query) => ({
      address: `https://app.example/?error=${query.get("error")}`,
      outcome: "refused",
      reason: null,
    }),
    sessions: { ...houseOf({}).sessions, introspect: async () => ({ active: false }) },
  });
  api = await startApi(async () => house, { log, arrival: 400 });
});
beforeEach(() => {
  asked = [];
  told.length = 0;
});
afterAll(() => api.close());

const login = (request: AskOptions = {}) => api.ask("POST", "/v1/login", { body: GOOD, ...request });

test("the request that all others are wrong forms of is right", async () => {
  expect((await login({ body: { ...GOOD, tokens: false } })).status).toBe(200);
  expect(asked).toEqual([
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
    const answer = await login(request);
    expect(answer.json).toEqual({
      type: "about:blank",
      title: expect.any(String),
      status,
      detail: expect.stringMatching(detail),
    });
    expect(answer.status).toBe(status);
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(asked).toEqual([]);
  });

  test("no answer repeats what was sent, and no line of the log", async () => {
    const canary = "cAnArY7531";
    const bodies = [
      { ...GOOD, login: canary.repeat(1_000) },
      { ...GOOD, password: canary, [canary]: 1 },
      { ...GOOD, source: canary },
      canary,
    ];
    for (const body of bodies) expect((await login({ body })).text).not.toContain(canary);
    await login({ body: { ...GOOD, login: canary, password: canary }, key: canary });
    await login({ body: { ...GOOD, login: canary, password: canary, tokens: false } });
    await api.ask("GET", `/v1/identities/acme/${canary}?x=${canary}`, { key: null });
    expect(told.length).toBeGreaterThan(5);
    expect(told.join("\n")).not.toContain(canary);
  });

  test("a key that was good the last time, and is not any more, does nothing", async () => {
    const known: (Caller | null)[] = [CALLER, null, null, CALLER, { ...CALLER, scopes: ["identities"] }];
    const house = houseOf({
      findCaller: async () => known.shift() ?? null,
      login: async (call) => {
        asked.push(call);
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
    expect(asked).toHaveLength(2);
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
      await login({ body: { ...GOOD, source: "nowhere" } }),
      await login({ body: { ...GOOD, source: "globex" } }),
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

describe("what does not get as far as a body", () => {
  test.each([
    ["GET", "/v1/login", "POST"],
    ["PUT", "/v1/token", "POST"],
    ["HEAD", "/v1/login/acme/callback", "GET"],
    ["HEAD", "/v1/login/acme/start", "GET"],
    ["POST", "/v1/identities/acme/u1", "GET, HEAD"],
    ["PATCH", "/v1/identities/acme/u1/grants", "GET, HEAD, POST"],
  ])("%s %s: 405, and what it takes", async (method, path, allow) => {
    const answer = await api.ask(method, path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    expect(answer.type).toMatch(/problem\+json/);
  });

  test("a key as long as keys may be is looked for, and so is a grant by who names a type of no body", async () => {
    expect((await api.ask("GET", `/v1/identities/acme/${encodeURIComponent("ü".repeat(1_024))}`)).status).not.toBe(400);
    const json = { headers: { "content-type": "application/json" } };
    expect((await api.ask("DELETE", "/v1/identities/acme/u1/grants/1", json)).status).not.toBe(400);
  });

  test.each([
    "2027-02-31T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "9999-12-31T23:59:59-23:00",
    "0000-06-01T00:00:00Z",
    "2027-01-01",
  ])("a grant until %s: 400", async (until) => {
    const body = { role: "r1", reason: "on call", until };
    const answer = await api.ask("POST", "/v1/identities/acme/u1/grants", { body });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("body/until")]);
  });

  test("a grant whose reason says nothing: 400", async () => {
    const answer = await api.ask("POST", "/v1/identities/acme/u1/grants", { body: { role: "r1", reason: " " } });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("body/reason")]);
  });

  test("an address that is not there: 404", async () => {
    expect((await api.ask("GET", "/v1/nothing")).status).toBe(404);
  });

  test.each(["%zz", "%ff", "%", "%c3", "a%2", "%ed%a0%80"])(
    "an address with %j: 400, wherever it stands",
    async (odd) => {
      const detail = "the address is not percent-encoded UTF-8; `%` itself is written `%25`";
      for (const address of [`/${odd}`, `?username=${odd}`, `?${odd}=a`, `?username=a&limit=1&email=${odd}`]) {
        const answer = await api.ask("GET", `/v1/identities/acme${address}`);
        expect([address, answer.status, answer.json]).toEqual([address, 400, expect.objectContaining({ detail })]);
      }
    },
  );

  test.each([
    ["a+b", "a b"],
    ["%2B", "+"],
    ["%25", "%"],
    ["%C3%BC%20%F0%9F%91%A9", "ü 👩"],
    ["a?b", "a?b"],
  ])("a query with %s is read as %j", async (written, username) => {
    const answer = await api.ask("GET", `/v1/identities/acme?username=${written}`);
    expect([answer.status, listed.at(-1)]).toEqual([200, username]);
  });

  test("what an identity provider says of an error in another encoding keeps nobody from the application", async () => {
    const answer = await api.ask("GET", "/v1/login/acme/callback?error=access_denied&error_description=acc%E8s");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "https://app.example/?error=access_denied"]);
    // Afterwards nobody could tell what became of it.
    expect(told).toEqual([expect.stringMatching(/"answered".*"status":303.*"source":"acme","result":"refused"/)]);
  });

  test.each([
    "/v1/identities/acme/%00",
    "/v1/identities/acme/u1%00/grants",
    "/v1/identities/acme?username=a%00",
    "/v1/login/acme/start?returnTo=https%3A%2F%2Fa.example&state=%00",
  ])("NUL in %s: 400, and nobody is asked", async (path) => {
    const answer = await api.ask("GET", path);
    expect([answer.status, answer.json]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringMatching(/NUL/) }),
    ]);
    expect(asked).toEqual([]);
  });

  const raw = async (text: string): Promise<string> => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = "";
    socket
      .on("error", () => undefined)
      .on("data", (data: Buffer) => {
        received += data.toString();
      });
    socket.write(text);
    await once(socket, "close");
    return received;
  };

  test("a client that sends its body drop by drop is cut off", async () => {
    expect(
      await raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{"source"`,
      ),
    ).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nx-request-id: [\w-]{36}\r\n/);
    expect(asked).toEqual([]);
  });

  test("a client that never ends its headers is cut off", async () => {
    expect(await raw("POST /v1/login HTTP/1.1\r\nHost: a\r\nX-A: b")).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("what OAuth clients send beside a token is ignored", async () => {
    const body = new URLSearchParams({ token: "t", client_id: "portal" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await api.ask("POST", "/v1/introspect", { body, headers })).status).toBe(200);
  });

  test("two keys: 401, for a proxy may have looked at the other one", async () => {
    const body = JSON.stringify({ ...GOOD, tokens: false });
    const ask = (...keys: readonly string[]) =>
      raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\n${keys.map((key) => `Authorization: Bearer ${key}\r\n`).join("")}` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    const answers = [await ask(KEY), await ask(KEY, "usk_other"), await ask("usk_other", KEY), await ask(KEY, KEY)];
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(["200", "401", "401", "401"]);
  });

  test("what is expected beyond `100-continue`: 417, and the log is told", async () => {
    const body = JSON.stringify({ ...GOOD, tokens: false });
    const expecting = (what: string) =>
      raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nExpect: ${what}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    expect(await expecting("foo")).toMatch(/^HTTP\/1\.1 417 [\s\S]*application\/problem\+json/);
    expect(asked).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/"answered".*"route":"\/v1\/login".*"status":417/)]);
    expect(await expecting("100-continue")).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(asked.length).toBe(1);
  });

  test("a flood of headers: 431", async () => {
    const flood = Array.from({ length: 2_000 }, (_, i) => `X-${i}: ${"y".repeat(10)}`).join("\r\n");
    expect(await raw(`GET /v1/identities/acme HTTP/1.1\r\nHost: a\r\n${flood}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("a length that lies, and two of them: 400", async () => {
    const head = `POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
    expect(await raw(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("what goes wrong inside", () => {
  test.each([
    ["the database away", new Failure("DB001", "the database at secret-host is away"), 503, "5"],
    ["no such source", new Failure("USE002", "there is no source"), 404, null],
    ["a source never read", new Failure("USE005", "never read"), 503, "60"],
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
  const { headers } = await login({ headers: { "x-request-id": "trace-1" } });
  expect(Object.fromEntries(headers)).toMatchObject({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-request-id": "trace-1",
  });
  const odd = await login({ headers: { "x-request-id": "a b" } });
  expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});
