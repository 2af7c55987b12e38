/**
 * G29: no secret, password or token is in a log, an error, an answer, the queue, a file or a row, and no personal data in a log.
 * Every secret begins with one word and what the people are called with another. A customer's system that sends back whatever it was
 * asked fails in every way it can, whoever is asked and whoever asks fails too; then the words are looked for everywhere, as they are and
 * in every form in which they travel.
 *
 *     npx jest g29                 some answers, commands and settings, at random
 *     npm run faults -- g29        all of them
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AskOptions, ask } from "../support/api-server";
import { ECHOES, PERSONAL, SECRET, secret, simple, tracesOf } from "../support/canaries";
import { HTTP_LOGIN } from "../support/http-login";
import { realCommand } from "../support/real-command";
import { type MailServer, type Receiver, startMailServer, startReceiver } from "../support/receiver";
import { ensureBuilt, startService } from "../support/service";
import { chosen } from "../support/steps";
import { tablesSaying } from "../support/tables-saying";
import type { Reply, SeenRequest } from "../support/upstream-server";
import { crowd, JOB, startWorld, USERS, type World } from "../support/world";

const ENV = {
  BASIC: secret("basic"),
  BEARER: secret("bearer"),
  HEADER: secret("header"),
  QUERY: secret("query"),
  OAUTH: secret("oauth"),
  BODY: secret("body"),
  EXTRA: secret("extra"),
  OIDC: secret("oidc"),
};

/** A source for each way to say who we are, all of the same system. */
const AUTHS: Readonly<Record<string, string>> = {
  basic: `{ kind: basic, username: us, password: "\${BASIC}" }`,
  bearer: `{ kind: bearer, token: "\${BEARER}" }`,
  header: `{ kind: api-key, name: X-Key, value: "\${HEADER}" }`,
  query: `{ kind: api-key, in: query, name: api_key, value: "\${QUERY}" }`,
  oauth: `{ kind: oauth2, grant: client-credentials, tokenUrl: "\${UPSTREAM_URL}/token", clientId: us, clientSecret: "\${OAUTH}" }`,
  body: `{ kind: oauth2, grant: client-credentials, tokenUrl: "\${UPSTREAM_URL}/token", clientId: us, clientSecret: "\${BODY}", send: body }`,
};
const NOTIFY = `
notify:
  - { webhook: "\${HOOK}", secret: "\${HOOK_SECRET}", allowPrivate: true }
  - { email: [ops@example.com] }
`;
const PEOPLE = USERS.replace("display_name: name", "display_name: { from: name, pii: true }");

/** Everything that was said to anybody, and on which occasion. */
let told: { readonly on: string; readonly text: string }[];
let logged: string[];
let world: World;
let receiver: Receiver;
let mail: MailServer;
/** What the customer's system does; null for what it should. */
let failing: ((request: SeenRequest) => Reply) | null;

const jobOf = (source: string, auth: string): string => `
source: ${source}
baseUrl: \${UPSTREAM_URL}
auth: ${auth}
http:
  { allowPrivate: true, timeout: 2s, headers: { X-Extra: "\${EXTRA}" }, retry: { on: [429], backoff: 1ms..2ms, budget: 50ms } }
entities:
  users: { get: /people, records: items, page: { link: next }, deletes: sweep }
`;

const env = (): Record<string, string> => ({
  ...ENV,
  DATABASE_URL: world.databaseUrl,
  REDIS_URL: "",
  UPSTREAM_URL: world.upstream.url,
  HOOK: `${receiver.url}/${simple("hook")}?sig=${simple("signature")}`,
  HOOK_SECRET: `whsec_${Buffer.from(secret("signs-what-is-told")).toString("base64")}`,
  SMTP_URL: mail.url.replace("s3cret", simple("mail")),
  SMTP_FROM: "ops@example.com",
  LOGIN_PEPPER: `${simple("pepper")}-of-more-than-thirty-two-letters`,
  LOGIN_HASH: "m=19456,t=2,p=1",
});

async function understudy(on: string, args: readonly string[], own: Readonly<Record<string, string>> = {}) {
  const ended = await realCommand(world.home, args, { env: { ...env(), ...own }, logLevel: "debug" });
  told.push({ on: `${args.join(" ")}, ${on}`, text: ended.out + ended.err + logged.splice(0).join("") });
  return ended;
}

beforeAll(ensureBuilt, 120_000);
beforeEach(async () => {
  [told, logged] = [[], []];
  jest.spyOn(process.stderr, "write").mockImplementation((chunk) => logged.push(String(chunk)) > 0);
  failing = null;
  [receiver, mail] = await Promise.all([startReceiver(), startMailServer()]);
  const sources = Object.entries(AUTHS).flatMap(([source, auth]) => [
    [`jobs/${source}.yaml`, jobOf(source, auth)],
    [`mappings/${source}/users.yaml`, PEOPLE],
  ]);
  world = await startWorld({
    ...Object.fromEntries(sources),
    "jobs/acme.yaml": `${JOB}${HTTP_LOGIN}${NOTIFY}`,
    "mappings/acme/users.yaml": PEOPLE,
  });
  const { upstream } = world;
  world.users = crowd(12).map((person, at) => ({
    ...person,
    name: `${PERSONAL} ${at}`,
    email: `${PERSONAL}${at}@x.example`,
  }));
  upstream.on("/people", ({ query }) => {
    if (query.has("page")) return { body: { items: world.users.slice(6) } };
    return {
      headers: { link: `<${upstream.url}/people?page=2>; rel="next"` },
      body: { items: world.users.slice(0, 6) },
    };
  });
  upstream.on("/token", () => ({ body: { access_token: simple("token"), token_type: "Bearer", expires_in: 3600 } }));
  upstream.gate((request) => failing?.(request) ?? null);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([world.close(), receiver.close(), mail.close()]);
});

const PASSWORD = secret("password");
/** What nobody can mean; the key is the application's unless told. */
const ASKS: readonly [method: string, path: string, request: AskOptions][] = [
  ["POST", "/v1/login", { body: { source: "acme", login: simple("typed-here"), password: 5 } }],
  [
    "POST",
    "/v1/login",
    { body: { source: "acme", login: "user1", password: PASSWORD, [simple("word")]: simple("value") } },
  ],
  ["POST", "/v1/login", { body: `{"source":"acme","login":"user1","password":"${simple("cut")}` }],
  [
    "POST",
    "/v1/login",
    { body: `password=${simple("form")}`, headers: { "content-type": "application/x-www-form-urlencoded" } },
  ],
  ["POST", "/v1/login", { body: { source: simple("source"), login: "user1", password: PASSWORD } }],
  ["POST", "/v1/login", { body: { source: "acme", login: "user1", password: simple("long").repeat(200) } }],
  ["POST", "/v1/login", { body: { source: "acme", token: simple("token") } }],
  ["POST", "/v1/login", { body: { source: "acme", code: simple("code"), codeVerifier: simple("verifier") } }],
  ["POST", "/v1/token", { body: { refreshToken: simple("refresh") } }],
  ["POST", "/v1/logout", { body: { token: simple("logout") } }],
  ["POST", "/v1/introspect", { body: new URLSearchParams({ token: simple("introspect") }) }],
  ["POST", "/v1/login", { key: simple("key"), body: {} }],
  ["GET", `/v1/identities/acme?username=${PERSONAL}`, {}],
  ["GET", `/v1/identities/acme?limit=${simple("limit")}`, {}],
  ["GET", `/v1/identities/acme/${PERSONAL}`, {}],
  [
    "GET",
    `/v1/login/acme/callback?code=${simple("code")}&state=${simple("state")}&error=${simple("error")}`,
    { key: null },
  ],
  ["POST", "/v1/login/acme/callback", { key: null, body: new URLSearchParams({ SAMLResponse: simple("saml") }) }],
  ["GET", `/v1/login/acme/start?returnTo=https://${simple("host")}/&state=${simple("state")}`, { key: null }],
  [
    "GET",
    `/${simple("path")}?access_token=${simple("token")}`,
    { key: null, headers: { cookie: `session=${simple("cookie")}` } },
  ],
];

const WRONG: readonly Readonly<Record<string, string>>[] = [
  { DATABASE_URL: `postgres://us:${simple("password")}@127.0.0.1:1/mirror` },
  { DATABASE_URL: `postgres://us:${simple("password")}@127.0.0.1:port/mirror` },
  { DATABASE_URL: `postgres://us:${encodeURIComponent(secret("password"))}@[::1/mirror` },
  { DATABASE_URL: `us:${simple("password")}@127.0.0.1/mirror` },
  { REDIS_URL: `redis://us:${simple("password")}@127.0.0.1:1` },
  { REDIS_URL: `redis://us:${simple("password")}@127.0.0.1:port` },
  { REDIS_URL: `${simple("password")}@127.0.0.1` },
  { SMTP_URL: `smtp://us:${simple("password")}@127.0.0.1:1` },
  { SMTP_URL: `${simple("password")}@127.0.0.1` },
  { HOOK: `http://127.0.0.1:1/${simple("path")}` },
  { HOOK: `127.0.0.1/${simple("path")}` },
  { HOOK_SECRET: simple("too-short") },
  { LOGIN_PEPPER: simple("short") },
  { LOGIN_PEPPER_PREVIOUS: simple("short") },
  { UPSTREAM_URL: `http://us:${simple("password")}@127.0.0.1:1` },
  { UPSTREAM_URL: `${simple("upstream")}` },
  { BEARER: `${secret("bearer")}\n`, HEADER: `${secret("header")}\u0000ö`, QUERY: "" },
  { PUBLIC_URL: `https://us:${simple("password")}@x.example/?a=${simple("query")}` },
  { SESSION_HOURS: simple("hours"), LOGIN_HASH: simple("hash") },
];

const CUT_SHORT = chosen(Object.entries(ECHOES), 1);

/** Looks everywhere but where the people are meant to be. */
async function expectNothingTold(): Promise<void> {
  for (const word of [SECRET, PERSONAL]) {
    const traces = tracesOf(word);
    const said = told.filter(({ text }) => traces.test(text));
    expect(
      said.map(({ on, text }) => `${on}: ${text.slice(Math.max(0, text.search(traces) - 200)).slice(0, 300)}`),
    ).toEqual([]);
  }
  expect(await tablesSaying(world, tracesOf(SECRET))).toEqual([]);
  const left = filesUnder(join(world.home, ".understudy")).filter(
    (file) => !/pepper/.test(file) && tracesOf(SECRET).test(readFileSync(file, "latin1")),
  );
  expect(left).toEqual([]);
}

test("nothing of what a customer's system sends back, whatever it answers and however we say who we are", async () => {
  const others = [
    ["plan", "oauth", "--json"],
    ["doctor"],
    ["check", "--sample"],
    ["mapping", "try", "query/users", "--live"],
  ];
  for (const [on, fails] of CUT_SHORT) {
    failing = fails;
    for (const args of [["sync", "--all"], ...chosen(others, 2)])
      expect((await understudy(on, args)).exitCode).not.toBe(2);
  }
  failing = null;
  expect((await understudy("all is well", ["sync", "--all"])).exitCode).toBe(0);
  for (const args of [
    ["plan", "query", "--full"],
    ["show", "user:query/u1"],
    ["mapping", "try", "query/users", "--live"],
    ["audit", "export", "--json"],
  ])
    expect((await understudy("all is well", args)).exitCode).toBe(0);
  world.users[0] = { ...world.users[0]!, email: `${PERSONAL} is no address` };
  for (const args of [
    ["sync", "query"],
    ["rejects", "query", "--key", "u1"],
    ["rejects", "query", "--json"],
  ])
    await understudy("a record is rejected", args);
  expect(told.at(-1)?.text).toContain("MAP022");
  await expectNothingTold();
  // What was looked for is what was sent, in every form.
  const isSent = (where: (request: SeenRequest) => unknown): boolean =>
    world.upstream.requests.some((request) => tracesOf(SECRET).test(String(where(request))));
  expect([
    isSent(({ headers }) => /^Basic .*/.exec(headers.authorization ?? "")),
    isSent(({ headers }) => /^Bearer .*/.exec(headers.authorization ?? "")),
    isSent(({ headers }) => headers["x-key"]),
    isSent(({ target }) => target),
    isSent(({ body }) => body),
  ]).toEqual([true, true, true, true, true]);
}, 300_000);

test("nothing of what an application or a browser brings", async () => {
  expect((await understudy("all is well", ["sync", "acme"])).exitCode).toBe(0);
  const { out } = await realCommand(
    world.home,
    ["key", "create", "portal", "--sources", "acme", "--scopes", "login,introspect,identities,grants", "--json"],
    { env: env() },
  );
  const { key } = JSON.parse(out) as { key: string };
  const server = startService(["up", "--port", "0", "--log-level", "debug"], { home: world.home, env: env() });
  try {
    const url = String((await server.says("listening")).url);
    await server.says("ready");
    const upstreams: readonly ((request: SeenRequest) => Reply)[] = [
      () => ({ body: { id: "u1" } }),
      () => ({ status: 401, body: { error: PASSWORD } }),
      ...CUT_SHORT.map(([, fails]) => fails),
    ];
    for (const [at, answer] of upstreams.entries()) {
      failing = answer;
      const { json } = await ask(url, "POST", "/v1/login", {
        key,
        body: { source: "acme", login: `user${at + 1}`, password: PASSWORD },
      });
      // Who was let in is told who they are.
      if (at === 0) expect(json).toMatchObject({ result: "accepted", basis: "live" });
      else told.push({ on: `login ${at}`, text: JSON.stringify(json) });
    }
    failing = null;
    for (const [method, path, request] of ASKS) {
      const { status, text, headers } = await ask(url, method, path, { key, ...request });
      told.push({
        on: `${method} ${path.slice(0, 40)} ${JSON.stringify(request).slice(0, 90)}: ${status}`,
        text: `${text} ${JSON.stringify([...headers])}`,
      });
    }
    for (const path of ["/metrics", "/readyz"])
      told.push({ on: path, text: (await ask(url, "GET", path, { key: null })).text });
  } finally {
    expect(await server.end("SIGTERM")).toBe(0);
  }
  told.push(...server.lines.map((line) => ({ on: "the log", text: JSON.stringify(line) })));
  await expectNothingTold();
}, 300_000);

test("nothing of what is set, whatever is wrong with it", async () => {
  for (const own of [
    { DATABASE_URL: Object.assign(new URL(world.databaseUrl), { password: simple("password") }).href },
    ...chosen(WRONG, 3),
  ])
    for (const args of [
      ["check"],
      ["doctor", "--json"],
      ["sync", "bearer"],
      ["notify", "test", "acme"],
      ["verify", "acme", "user1"],
    ])
      await understudy(Object.keys(own).join(), args, own);
  await expectNothingTold();
}, 300_000);

const filesUnder = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile())
    : [];
