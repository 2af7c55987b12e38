/** What a customer's system is sent at a login, and what is sent to nobody else. */
import type { Job } from "../../src/domain/job";
import type { PasswordWay, TokenWay } from "../../src/domain/login";
import { Secret } from "../../src/domain/secret";
import {
  alice,
  byKey,
  expression,
  httpWay,
  no,
  type Opened,
  type OpenOptions,
  says,
  unavailable,
  withLiveChecks,
  yes,
} from "../support/live-check";
import { FAULTS } from "../support/upstream-faults";
import { quickHttp } from "../support/upstream-job";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;
beforeAll(async () => {
  server = await startUpstreamServer();
});
afterAll(() => server.close());

const open = withLiveChecks();
const opened = (url: string, ways: { password?: PasswordWay; token?: TokenWay }, options: OpenOptions = {}): Opened =>
  open(url, ways, { limits: { connect: 1_000 }, ...options });

describe("an endpoint of the customer's own is sent what was typed", () => {
  const nasty = { login: 'a"b\\{password}&x=1', password: "ü%{login}$&\u2028" };
  const sent = async (request: Parameters<typeof httpWay>[0], credential: { login: string; password: string }) => {
    const before = server.requests.length;
    server.on("/login", says(200, { id: "u1" }));
    const outcome = await opened(server.url, { password: httpWay(request) }).check(credential);
    return { outcome, seen: server.requests[before] };
  };

  test("in JSON, whatever it is", async () => {
    const values = { user: { name: "{login}", tags: ["{login}", 1, null] }, password: "{password}" };
    const { seen } = await sent({ body: { as: "json", values } }, nasty);
    expect(JSON.parse(seen?.body ?? "")).toEqual({
      user: { name: nasty.login, tags: [nasty.login, 1, null] },
      password: nasty.password,
    });
  });

  test("in a form, whatever it is", async () => {
    const { seen } = await sent({ body: { as: "form", values: { u: "{login}", p: "{password}", r: "x" } } }, nasty);
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      u: nasty.login,
      p: nasty.password,
      r: "x",
    });
  });

  test("as HTTP basic, where a colon in the name would make another name", async () => {
    const { seen } = await sent({ basic: true, body: null }, { login: "älice", password: "a:b" });
    expect(seen?.headers.authorization).toBe(`Basic ${Buffer.from("älice:a:b").toString("base64")}`);
    expect(await sent({ basic: true, body: null }, { login: "a:b", password: "c" })).toEqual({ outcome: no });
  });

  test("and nothing that cannot be sent whole", async () => {
    for (const credential of [
      { login: "a\0", password: "x" },
      { login: "alice", password: "\ud800" },
    ])
      expect(await sent({}, credential)).toEqual({ outcome: no });
    const path = { method: "GET", path: "/people/{login}", basic: true, body: null } as const;
    expect(await sent(path, { ...alice, login: ".." })).toEqual({ outcome: no });
  });
});

test("no password is in the log, whatever happens", async () => {
  const lines: string[] = [];
  const write = (message: string, fields: unknown) => void lines.push(JSON.stringify([message, fields]));
  const log = { debug: write, info: write, warn: write, error: write, child: () => log };
  for (const fault of ["reset", "html", "500", "401", "not http"] as const) {
    server.on("/people/{login}", FAULTS[fault]);
    const request = { path: "/people/{login}", query: { who: "{login}" } };
    await opened(server.url, { password: httpWay(request) }, { log }).check({ login: "m4rk", password: "c4nary" });
  }
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.join("\n")).not.toMatch(/c4nary|m4rk/);
});

describe("the job's own account", () => {
  const bearer = { auth: { kind: "bearer", token: new Secret("ours") } } as const;

  test("goes along, and when it is refused that is no wrong password", async () => {
    server.on("/login", ({ headers }) => ({
      status: headers.authorization === "Bearer ours" ? 401 : 500,
      body: { error: "token" },
    }));
    const way = httpWay({}, { refused: expression('body.error = "password"') });
    const live = opened(server.url, { password: way }, { jobChanges: bearer });
    await expect(live.check(alice)).resolves.toEqual(unavailable("service-account"));
  });

  test("goes nowhere but to the job's own origin, and not over the person's credential", async () => {
    const elsewhere = await startUpstreamServer();
    elsewhere.on("/login", says(200, { id: "u1" }));
    const abroad = opened(
      server.url,
      { password: httpWay({ path: `${elsewhere.url}/login` }) },
      { jobChanges: bearer },
    );
    await expect(abroad.check(alice)).resolves.toEqual(yes);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    await elsewhere.close();
    server.on("/login", ({ headers }) => ({
      status: /^Basic /.test(headers.authorization ?? "") ? 200 : 500,
      body: { id: "u1" },
    }));
    const basic = opened(server.url, { password: httpWay({ basic: true }) }, { jobChanges: bearer });
    await expect(basic.check(alice)).resolves.toEqual(yes);
  });

  test.each([
    'status = 401 and body.error = "password"',
    // By the status alone a token of ours that ran out looks like a wrong password.
    "status = 401",
  ])("gets a new token when the one it had ran out, where `refused` is `%s`", async (refused) => {
    const own = await startUpstreamServer();
    const tokens = own.serveToken("/token");
    own.on("/login", says(200, { id: "u1" }));
    const { clientId, clientSecret } = tokens;
    const auth: Job["auth"] = {
      kind: "oauth2",
      grant: "client-credentials",
      tokenUrl: `${own.url}/token`,
      clientId,
      clientSecret: new Secret(clientSecret),
      scope: null,
      audience: null,
      send: "basic",
    };
    const way = httpWay({}, { refused: expression(refused) });
    const live = opened(own.url, { password: way }, { jobChanges: { auth } });
    await expect(live.check(alice)).resolves.toEqual(yes);
    tokens.revoke();
    await expect(live.check(alice)).resolves.toEqual(yes);
    own.on("/token", says(401, { error: "invalid_client" }));
    tokens.revoke();
    await expect(live.check(alice)).resolves.toEqual(unavailable("service-account"));
    await own.close();
  });
});

describe("headers of the job", () => {
  const http = { ...quickHttp, headers: { "X-Api-Key": "k1", "User-Agent": "acme" } };
  const ours = { "x-api-key": "k1", "user-agent": "acme" };
  const clientSecret = new Secret("c");
  const subject = byKey("sub");

  let other: UpstreamServer;
  beforeAll(async () => {
    other = await startUpstreamServer();
    other.on("/login", says(200, { id: "u1" }));
  });
  afterAll(() => other.close());

  test("they go to the origin of `baseUrl`", async () => {
    server.on("/login", says(200, { id: "u1" }));
    await opened(server.url, { password: httpWay() }, { jobChanges: { http } }).check(alice);
    expect(server.requests.at(-1)?.headers).toMatchObject(ours);
  });

  test.each<[string, (url: string) => Parameters<typeof opened>[1]]>([
    [
      "an endpoint of the customer's own",
      (url) => ({ password: httpWay({ path: `${url}/login`, headers: { "X-Of": "w" } }) }),
    ],
    [
      "a token endpoint",
      (url) => ({
        password: {
          kind: "oauth2-password",
          tokenUrl: `${url}/token`,
          clientId: "us",
          clientSecret,
          send: "basic",
          scope: null,
          subject,
        },
      }),
    ],
    [
      "introspection",
      (url) => ({
        token: { kind: "introspection", url: `${url}/introspect`, clientId: "us", clientSecret, send: "body", subject },
      }),
    ],
    [
      "an issuer",
      (url) => ({ token: { kind: "oidc", issuer: url, audience: "us", subject, keysFor: 1_000, clients: null } }),
    ],
  ])("they go to no other: %s", async (_, waysAt) => {
    const ways = waysAt(other.url);
    const live = opened(server.url, ways, { jobChanges: { http } });
    const before = other.requests.length;
    await live.check(ways.token === undefined ? alice : "e30.e30.e30");
    await live.live.probe(new AbortController().signal);
    const sent = other.requests.slice(before);
    expect(sent.length).toBeGreaterThan(1);
    for (const { headers } of sent) {
      expect(headers).not.toHaveProperty("x-api-key");
      expect(headers["user-agent"]).not.toBe("acme");
    }
    // What the login itself says is for wherever it is asked.
    if (ways.password?.kind === "http") expect(sent[0]?.headers).toMatchObject({ "x-of": "w" });
  });
});
