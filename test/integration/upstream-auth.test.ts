import type { Failure } from "../../src/domain/errors";
import type { Auth, Job } from "../../src/domain/job";
import type { Log } from "../../src/domain/log";
import { Secret } from "../../src/domain/secret";
import type { Upstream } from "../../src/domain/upstream";
import { createUpstream, type UpstreamOptions } from "../../src/upstream/create-upstream";
import { readOutgoing } from "../../src/upstream/http/outgoing";
import { jobAt, quickHttp, streamOf } from "../support/upstream-job";
import { startUpstreamServer, type TokenEndpoint, type UpstreamServer } from "../support/upstream-server";

const CANARY = "s3cr3t-value";
const secret = new Secret(CANARY);

let server: UpstreamServer;
let lines: string[];
const open: Upstream[] = [];

const log: Log = {
  debug: (message, fields) => void lines.push(JSON.stringify({ message, ...fields })),
  info: (message, fields) => void lines.push(JSON.stringify({ message, ...fields })),
  warn: (message, fields) => void lines.push(JSON.stringify({ message, ...fields })),
  error: (message, fields) => void lines.push(JSON.stringify({ message, ...fields })),
  child: () => log,
};

beforeEach(async () => {
  lines = [];
  server = await startUpstreamServer();
  server.serveList("/users", () => [{ id: "u1" }]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
  await server.close();
  expect(lines.join("\n")).not.toContain(CANARY);
});

const upstreamWith = (auth: Auth, changes: Partial<Job> = {}, options: Partial<UpstreamOptions> = {}): Upstream => {
  const upstream = createUpstream({ job: jobAt(server.url, { auth, ...changes }), log, ...options });
  open.push(upstream);
  return upstream;
};

const read = async (upstream: Upstream): Promise<number> => {
  let count = 0;
  const { signal } = new AbortController();
  for await (const page of upstream.pages({ stream: streamOf(null), parent: null, run: 1, signal }))
    count += page.records.length;
  return count;
};

const failureOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => "it was read",
    (error) => {
      expect(`${error} ${JSON.stringify(error)}`).not.toContain(CANARY);
      return error;
    },
  );

const oauth = (changes: Partial<Extract<Auth, { kind: "oauth2" }>> = {}): Auth => ({
  kind: "oauth2",
  grant: "client-credentials",
  tokenUrl: `${server.url}/token`,
  clientId: "understudy",
  clientSecret: secret,
  scope: null,
  audience: null,
  send: "basic",
  ...changes,
});

const asked = (path: string): number => server.requests.filter((request) => request.path === path).length;

test.each<[string, Auth, Record<string, unknown>]>([
  ["nothing", { kind: "none" }, { authorization: undefined }],
  [
    "basic",
    { kind: "basic", username: "mé", password: secret },
    { authorization: `Basic ${Buffer.from(`mé:${CANARY}`).toString("base64")}` },
  ],
  ["bearer", { kind: "bearer", token: secret }, { authorization: `Bearer ${CANARY}` }],
  ["an API key in a header", { kind: "api-key", in: "header", name: "X-Key", value: secret }, { "x-key": CANARY }],
])("sends %s", async (_name, auth, headers) => {
  await read(
    upstreamWith(auth, { http: { ...quickHttp, headers: { "X-Tenant": "t1", Accept: "application/scim+json" } } }),
  );
  expect(server.requests[0]?.headers).toMatchObject(
    Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
  );
  if (auth.kind === "none") expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  expect(server.requests[0]?.headers).toMatchObject({ "x-tenant": "t1", accept: "application/scim+json" });
});

test("headers of the job go to the token endpoint, too: credentials do", async () => {
  const endpoint = await startUpstreamServer();
  endpoint.on("/token", () => ({ body: { access_token: "t1", token_type: "Bearer" } }));
  const headers = { "X-Api-Key": CANARY };
  await read(upstreamWith(oauth({ tokenUrl: `${endpoint.url}/token` }), { http: { ...quickHttp, headers } }));
  for (const { requests } of [endpoint, server]) expect(requests[0]?.headers).toMatchObject({ "x-api-key": CANARY });
  await endpoint.close();
});

test("an API key in the query goes with every page and is never told", async () => {
  const list = server.serveList("/users", () => [{ id: 1 }, { id: 2 }, { id: 3 }], { paging: "link", pageSize: 1 });
  const upstream = upstreamWith({ kind: "api-key", in: "query", name: "key", value: secret });
  const stream = streamOf(list);
  const { signal } = new AbortController();
  for await (const page of upstream.pages({ stream, parent: null, run: 1, signal }))
    expect(page.records).toHaveLength(1);
  expect(server.requests.map((request) => request.query.getAll("key"))).toEqual([[CANARY], [CANARY], [CANARY]]);
  expect(JSON.parse(lines[0]!)).toMatchObject({ query: "limit=1&key=…", status: 200 });

  list.fault(1, "500");
  const { retry } = quickHttp;
  const failing = upstreamWith(
    { kind: "api-key", in: "query", name: "key", value: secret },
    { http: { ...quickHttp, retry: { ...retry, serverErrors: false } } },
  );
  expect(await failureOf(read(failing))).toMatchObject({ code: "UPS003" });
});

test("a secret that ends in a line break is told without it", async () => {
  expect(await failureOf(read(upstreamWith({ kind: "bearer", token: new Secret(`${CANARY}\n`) })))).toMatchObject({
    code: "UPS010",
    fix: expect.stringContaining("line break"),
  });
});

test.each<[string, Parameters<UpstreamServer["on"]>[1], string]>([
  ["404", () => ({ status: 404 }), "UPS009"],
  ["405", () => ({ status: 405 }), "UPS009"],
  ["a redirect", () => ({ status: 302, headers: { location: "https://login.example/x" } }), "UPS008"],
  ["a web page", () => ({ headers: { "content-type": "text/html" }, body: "<html>" }), "UPS011"],
  ["a text that is no JSON", () => ({ body: "hello" }), "UPS011"],
])("what to do about %s from the token endpoint is told of its own setting", async (_what, handler, code) => {
  server.on("/token", handler);
  const failure = await failureOf(read(upstreamWith(oauth())));
  expect(failure).toMatchObject({ code, fix: expect.stringContaining("`auth.tokenUrl`") });
  expect((failure as Failure).fix).not.toMatch(/`(get|page|query|baseUrl)`/);
});

test("a token endpoint out of reach where a proxy is named: the fix says that it is not used", async () => {
  const outgoing = readOutgoing({ HTTPS_PROXY: "http://proxy.example:3128" }, null);
  const http = { ...quickHttp, retry: { ...quickHttp.retry, network: false } };
  const upstream = upstreamWith(oauth({ tokenUrl: "https://127.0.0.1:1/token" }), { http }, { outgoing });
  expect(await failureOf(read(upstream))).toMatchObject({
    code: "UPS001",
    fix: expect.stringContaining("HTTPS_PROXY is set, and is not used"),
  });
});

test("credentials that are refused are sent once", async () => {
  server.gate(() => ({ status: 401, body: { error: CANARY } }));
  expect(await failureOf(read(upstreamWith({ kind: "bearer", token: secret })))).toMatchObject({
    code: "UPS005",
    fix: expect.stringContaining("check `auth` in jobs/acme.yaml"),
  });
  expect(server.requests).toHaveLength(1);
});

describe("OAuth 2.0 client credentials", () => {
  let tokens: TokenEndpoint;
  const serveTokens = (expiresIn: number | null = 3600): void => {
    tokens = server.serveToken("/token", { clientSecret: CANARY, expiresIn });
  };

  test.each(["basic", "body"] as const)("one token, sent by %s, serves all who ask at once", async (send) => {
    serveTokens();
    const upstream = upstreamWith(oauth({ send, scope: "read:users", audience: "api" }));
    expect(await Promise.all([1, 2, 3, 4].map(() => read(upstream)))).toEqual([1, 1, 1, 1]);
    expect(tokens.given).toEqual(["token-1"]);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/token" });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: "client_credentials",
      scope: "read:users",
      audience: "api",
      ...(send === "body" ? { client_id: "understudy", client_secret: CANARY } : {}),
    });
    expect(upstream.usage.requests).toBe(5);
  });

  test.each([
    [3600, 3_539_000, 1],
    [3600, 3_541_000, 2],
    [10, 7_900, 1],
    [10, 8_100, 2],
    [null, 86_400_000, 1],
  ])("a token of %s s is used for %i ms", async (expiresIn, later, given) => {
    serveTokens(expiresIn);
    let now = 1_000_000;
    const upstream = upstreamWith(oauth(), {}, { now: () => now });
    await read(upstream);
    now += later;
    await read(upstream);
    expect(tokens.given).toHaveLength(given);
  });

  test("a token that was revoked is replaced once, whoever notices", async () => {
    serveTokens();
    const upstream = upstreamWith(oauth());
    await read(upstream);
    tokens.revoke();
    expect(await Promise.all([read(upstream), read(upstream), read(upstream)])).toEqual([1, 1, 1]);
    expect(tokens.given).toEqual(["token-1", "token-2"]);
  });

  test("a fresh token that is refused ends it", async () => {
    serveTokens();
    server.gate((request) => (request.path === "/token" ? null : { status: 401 }));
    expect(await failureOf(read(upstreamWith(oauth())))).toMatchObject({ code: "UPS005" });
    expect([asked("/token"), asked("/users")]).toEqual([2, 2]);
  });

  test("who gives up waiting for a token leaves it to the others", async () => {
    serveTokens();
    let answer = (): void => {};
    server.on("/token", async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return { body: { access_token: "late", token_type: "bearer" } };
    });
    server.gate(() => null);
    const upstream = upstreamWith(oauth());
    const stop = new AbortController();
    const impatient = upstream
      .pages({ stream: streamOf(null), parent: null, run: 1, signal: stop.signal })
      [Symbol.asyncIterator]()
      .next();
    const patient = read(upstream);
    await server.requested("/token");
    stop.abort();
    expect(await failureOf(impatient)).toMatchObject({ code: "RUN004" });
    answer();
    expect(await patient).toBe(1);
    expect(asked("/token")).toBe(1);
  });

  test.each([
    [400, { error: "invalid_client" }, "UPS005", "(invalid_client)", 1],
    [401, { error: "invalid_client" }, "UPS005", "status 401", 1],
    [401, "<html>", "UPS005", "status 401", 1],
    [400, { error: "invalid_scope" }, "UPS005", "(invalid_scope)", 1],
    [400, { error: CANARY }, "UPS005", "status 400", 1],
    [404, {}, "UPS009", "does not exist", 1],
    [503, {}, "UPS003", "status 503 (attempt 11;", 11],
    [200, "<html>", "UPS011", "web page", 1],
    [200, {}, "UPS017", "without an `access_token`", 1],
    [200, { access_token: CANARY, token_type: "mac" }, "UPS017", "another type", 1],
    [200, { access_token: CANARY, token_type: null }, "UPS017", "another type", 1],
  ])("a token endpoint that answers %i %j is %s", async (status, body, code, said, times) => {
    server.on("/token", () => ({ status, body }));
    const failure = await failureOf(read(upstreamWith(oauth({ tokenUrl: `${server.url}/token?tenant=${CANARY}` }))));
    expect(failure).toMatchObject({ code, message: expect.stringContaining(said) });
    if (code === "UPS017") expect(failure).toMatchObject({ fix: expect.stringContaining("jobs/acme.yaml") });
    expect(String(failure)).toContain(`the token endpoint ${server.url}/token`);
    expect([asked("/token"), asked("/users")]).toEqual([times, 0]);
  });

  test("a token endpoint that is back after a moment", async () => {
    serveTokens();
    let calls = 0;
    server.gate((request) => (request.path === "/token" && ++calls < 3 ? { status: 503 } : null));
    expect(await read(upstreamWith(oauth()))).toBe(1);
  });

  test("a token endpoint at a private address is guarded like all else", async () => {
    const upstream = upstreamWith(oauth(), { http: { ...quickHttp, allowPrivate: false } });
    expect(await failureOf(read(upstream))).toMatchObject({ code: "UPS006" });
    expect(server.requests).toHaveLength(0);
  });
});
