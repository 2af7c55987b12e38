/** G18: what a customer's system may do at a login, as real HTTP, and the one thing that each of it means. */
import { createServer as createTlsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { ProbeOutcome } from "../../src/domain/live-check";
import { silentLog } from "../../src/domain/log";
import type { PasswordWay, TokenWay } from "../../src/domain/login";
import { Secret } from "../../src/domain/secret";
import {
  alice,
  byKey,
  byUsername,
  expression,
  httpWay,
  indeterminate,
  no,
  type Opened,
  type OpenOptions,
  says,
  unavailable,
  withLiveChecks,
  yes,
} from "../support/live-check";
import { CERTIFICATE, KEY, REFUSED } from "../support/untrusted-certificate";
import { FAULTS } from "../support/upstream-faults";
import { quickHttp } from "../support/upstream-job";
import { type Handler, startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;
beforeAll(async () => {
  server = await startUpstreamServer();
});
afterAll(() => server.close());

const open = withLiveChecks();
const opened = (url: string, ways: { password?: PasswordWay; token?: TokenWay }, options: OpenOptions = {}): Opened =>
  open(url, ways, { limits: { connect: 1_000 }, ...options });

const html = { "content-type": "text/html" };
const json = { "content-type": "application/json" };

describe("an endpoint of the customer's own", () => {
  test.each<[string, Handler, object]>([
    ["200 with the person", says(200, { id: "u1" }), yes],
    ["200 with the person's id as a number", says(200, { id: 7 }), { outcome: "accepted", key: "7" }],
    [
      "200 with an id beyond 2^53",
      says(200, '{"id":9007199254740993}'),
      { outcome: "accepted", key: "9007199254740993" },
    ],
    ["401", says(401, { error: "wrong" }), no],
    ["401 with a page", says(401, "<h1>No</h1>", html), no],
    ["423 for a person who is locked out", says(423, { id: "u1" }), { outcome: "disabled", key: "u1" }],
    ["423 that names nobody", says(423), { outcome: "disabled", key: null }],
    ["200 that names nobody", says(200, {}), indeterminate("unmapped")],
    ["200 with an empty id", says(200, { id: " " }), indeterminate("unmapped")],
    ["200 with a list of ids", says(200, { id: ["u1", "u2"] }), indeterminate("unmapped")],
    ["200 with NUL in the id", says(200, { id: "u\0" }), indeterminate("unmapped")],
    ["200 without a body", says(200), indeterminate("unmapped")],
    ["200 with HTML", FAULTS.html, indeterminate("nonsense")],
    ["200 with HTML that claims to be JSON", FAULTS["html as json"], indeterminate("nonsense")],
    ["200 with half of the JSON", says(200, '{"id":"u1"', json), indeterminate("nonsense")],
    ["200 with JSON that nests deep", FAULTS.deep, indeterminate("nonsense")],
    ["200 that is not UTF-8", FAULTS["invalid utf-8"], indeterminate("nonsense")],
    ["200 with a gzip bomb", FAULTS["gzip bomb"], indeterminate("nonsense")],
    [
      "200 with a damaged gzip body",
      says(200, gzipSync('{"id":"u1"}').subarray(0, 12), { ...json, "content-encoding": "gzip" }),
      indeterminate("nonsense"),
    ],
    ["an encoding nobody asked for", says(200, "x", { "content-encoding": "zstd" }), indeterminate("nonsense")],
    ["200 in gzip", says(200, gzipSync('{"id":"u1"}'), { ...json, "content-encoding": "gzip" }), yes],
    ["a redirect to a login page", FAULTS.redirect, indeterminate("redirect")],
    ["a redirect to itself", says(307, undefined, { location: "/login" }), indeterminate("redirect")],
    ["304", says(304), indeterminate("redirect")],
    ["429", FAULTS["429"], indeterminate("rate-limited")],
    ["400", FAULTS["400"], indeterminate("unmapped")],
    ["403", FAULTS["403"], indeterminate("unmapped")],
    ["404", FAULTS["404"], indeterminate("unmapped")],
    ["202", says(202, { id: "u1" }), indeterminate("unmapped")],
    ["500", FAULTS["500"], unavailable("server-error")],
    ["500 that says yes", says(500, { id: "u1" }), unavailable("server-error")],
    ["502", FAULTS["502"], unavailable("server-error")],
    ["503", FAULTS["503"], unavailable("server-error")],
    ["504", says(504), unavailable("server-error")],
    ["599", says(599), unavailable("server-error")],
    ["a reset before the headers", FAULTS.reset, unavailable("network")],
    ["a reset in the middle of the body", FAULTS.cut, unavailable("network")],
    ["another protocol", FAULTS["not http"], indeterminate("nonsense")],
    ["a status that is none", FAULTS["status 099"], indeterminate("nonsense")],
    ["an interim answer before the answer", FAULTS["100 continue"], indeterminate("nonsense")],
    ["headers without end", says(200, "{}", { "x-long": "x".repeat(40_000) }), indeterminate("nonsense")],
  ])("%s", async (_, handler, outcome) => {
    server.on("/login", handler);
    await expect(opened(server.url, { password: httpWay() }).check(alice)).resolves.toEqual(outcome);
  });

  test.each(["hang", "stall"] as const)("one that goes on for ever (%s) is cut off at the deadline", async (fault) => {
    server.on("/login", FAULTS[fault]);
    const live = opened(server.url, { password: httpWay() }, { deadline: 150 });
    await expect(live.check(alice)).resolves.toEqual(unavailable("timeout"));
  });

  test("a port that refuses", async () => {
    const live = opened("http://127.0.0.1:1", { password: httpWay() });
    await expect(live.check(alice)).resolves.toEqual(unavailable("network"));
  });

  test("a name that DNS does not know, or does not answer for", async () => {
    for (const code of ["ENOTFOUND", "EAI_AGAIN"]) {
      const resolver = () => Promise.reject(Object.assign(new Error(code), { code }));
      const live = opened("http://login.example", { password: httpWay() }, { resolver });
      await expect(live.check(alice)).resolves.toEqual(unavailable("network"));
    }
  });

  test("a name that leads to an address inside", async () => {
    const resolver = async () => [{ address: "10.0.0.1", family: 4 }];
    const jobChanges = { http: { ...quickHttp, allowPrivate: false } };
    const live = opened("http://login.example", { password: httpWay() }, { resolver, jobChanges });
    await expect(live.check(alice)).resolves.toEqual(indeterminate("nonsense"));
  });

  test.each([
    ["nobody vouches for", { cert: CERTIFICATE, key: KEY }],
    ["is for another purpose", REFUSED.INVALID_PURPOSE],
    ["Node has no code for", REFUSED.UNSPECIFIED],
  ])("a certificate that %s", async (_, certificate) => {
    const tls = await startUpstreamServer({ makeServer: () => createTlsServer(certificate) });
    tls.on("/login", says(200, { id: "u1" }));
    await expect(opened(tls.url, { password: httpWay() }).check(alice)).resolves.toEqual(indeterminate("certificate"));
    await tls.close();
  });

  test("no TLS where TLS should be", async () => {
    const plain = opened(server.url.replace("http:", "https:"), { password: httpWay() });
    await expect(plain.check(alice)).resolves.toEqual(indeterminate("certificate"));
  });

  test("a server that accepts connections and says nothing", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const live = opened(`http://127.0.0.1:${port}`, { password: httpWay() }, { deadline: 150 });
    await expect(live.check(alice)).resolves.toEqual(unavailable("timeout"));
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  describe("whose expressions are asked", () => {
    test.each<[string, Parameters<typeof httpWay>[1], object]>([
      ["`disabled` before `success`", { disabled: expression("body.locked") }, { outcome: "disabled", key: "u1" }],
      ["`success` before `refused`", { refused: expression("true") }, yes],
      ["a text is no yes", { success: expression("body.id") }, indeterminate("unmapped")],
      ["one that fails is no answer", { success: expression("$number(body.id) = 1") }, indeterminate("unmapped")],
      [
        "one that fails does not let `refused` decide",
        { success: expression("-body.id"), refused: expression("true") },
        indeterminate("unmapped"),
      ],
      ["one that never ends", { success: expression("$match(body.long, /^(a+)+$/)") }, indeterminate("unmapped")],
      ["a subject that fails", { subject: byKey("-body.id") }, indeterminate("unmapped")],
      ["a user name of the mirror", { subject: byUsername("$uppercase(login)") }, yes],
      ["a user name that nobody has", { subject: byUsername("body.id") }, { outcome: "accepted", key: null }],
      ["a user name that is none", { subject: byUsername("body.missing") }, indeterminate("unmapped")],
      [
        "a disabled user name that nobody has",
        { disabled: expression("true"), subject: byUsername("body.id") },
        { outcome: "disabled", key: null },
      ],
      ["headers", { success: expression('headers."x-says" = "yes"') }, yes],
    ])("%s", async (_, changes, outcome) => {
      const body = { id: "u1", locked: true, long: `${"a".repeat(40)}!` };
      server.on("/login", says(200, body, { "X-Says": "yes" }));
      await expect(opened(server.url, { password: httpWay({}, changes) }).check(alice)).resolves.toEqual(outcome);
    });

    test.each<[string, string, number, boolean]>([
      ["of a yes that names nobody", "body.missing", 200, true],
      ["not of who is disabled, where nothing names anybody", "body.missing", 423, false],
      ["of a subject that fails, about who is disabled, too", "-body.id", 423, true],
    ])("a warning is written %s", async (_, from, status, isTold) => {
      const said: unknown[] = [];
      const log = { ...silentLog, warn: (...line: unknown[]) => void said.push(line) };
      server.on("/login", says(status, { id: "u1" }));
      const way = httpWay({}, { subject: byKey(from) });
      await opened(server.url, { password: way }, { log }).check(alice);
      const line = ["the login's `subject` could not be worked out", expect.objectContaining({ source: "acme" })];
      expect(said).toEqual(isTold ? [line] : []);
    });

    test.each([302, 429, 503])("%d is never theirs to decide", async (status) => {
      server.on("/login", says(status, { id: "u1" }));
      const all = { success: expression("true"), refused: expression("true"), disabled: expression("true") };
      const outcome = await opened(server.url, { password: httpWay({}, all) }).check(alice);
      expect(outcome).toMatchObject({ outcome: status === 503 ? "unavailable" : "indeterminate" });
    });
  });
});

describe("a token endpoint", () => {
  const way: PasswordWay = {
    kind: "oauth2-password",
    tokenUrl: "",
    clientId: "us",
    clientSecret: new Secret("c&c"),
    send: "basic",
    scope: "openid",
    subject: byKey("claims.sub ? claims.sub : body.user"),
  };
  const claims = `e30.${Buffer.from('{"sub":"u1"}').toString("base64url")}.`;

  test.each<[string, Handler, object]>([
    ["an access token that says who", says(200, { access_token: claims }), yes],
    ["an ID token that says who", says(200, { access_token: "opaque", id_token: claims }), yes],
    ["an answer that says who", says(200, { access_token: "opaque", user: "u1" }), yes],
    ["a token that says nothing", says(200, { access_token: "opaque" }), indeterminate("unmapped")],
    ["200 without a token", says(200, { user: "u1" }), indeterminate("nonsense")],
    ["200 with a list", says(200, "[]"), indeterminate("nonsense")],
    ["invalid_grant", says(400, { error: "invalid_grant" }), no],
    ["invalid_grant with 403, as some do", says(403, { error: "invalid_grant" }), no],
    ["invalid_client", says(401, { error: "invalid_client" }), unavailable("service-account")],
    ["unauthorized_client", says(400, { error: "unauthorized_client" }), unavailable("service-account")],
    ["unsupported_grant_type", says(400, { error: "unsupported_grant_type" }), unavailable("service-account")],
    ["invalid_request", says(400, { error: "invalid_request" }), indeterminate("unmapped")],
    ["invalid_scope", says(400, { error: "invalid_scope" }), indeterminate("unmapped")],
    ["an error of its own", says(400, { error: "mfa_required" }), indeterminate("unmapped")],
    ["an inherited property for an error", says(400, { error: "constructor" }), indeterminate("unmapped")],
    ["401 with a page", says(401, "<h1>", html), indeterminate("unmapped")],
    ["400 with half of the JSON", says(400, '{"error":"invalid_gr', json), indeterminate("nonsense")],
    ["429", FAULTS["429"], indeterminate("rate-limited")],
    ["503", FAULTS["503"], unavailable("server-error")],
    ["a redirect", FAULTS.redirect, indeterminate("redirect")],
    ["a reset", FAULTS.reset, unavailable("network")],
    ["HTML", FAULTS.html, indeterminate("nonsense")],
  ])("%s", async (_, handler, outcome) => {
    server.on("/token", handler);
    const live = opened(server.url, { password: { ...way, tokenUrl: `${server.url}/token` } });
    await expect(live.check(alice)).resolves.toEqual(outcome);
    const { headers, body } = server.requests.at(-1) ?? { headers: {}, body: "" };
    expect(headers.authorization).toBe(`Basic ${Buffer.from("us:c%26c").toString("base64")}`);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: "password",
      username: "alice",
      password: "right",
      scope: "openid",
    });
  });
});

describe("introspection", () => {
  const way: TokenWay = {
    kind: "introspection",
    url: "",
    clientId: "us",
    clientSecret: new Secret("c"),
    send: "body",
    subject: byKey("sub"),
  };

  test.each<[string, Handler, object]>([
    ["active", says(200, { active: true, sub: "u1", exp: 9e9 }), yes],
    ["active without a person", says(200, { active: true }), indeterminate("unmapped")],
    ["active, and over", says(200, { active: true, sub: "u1", exp: 1e9 }), no],
    ["not active", says(200, { active: false }), no],
    ["active in words", says(200, { active: "true", sub: "u1" }), indeterminate("nonsense")],
    ["null", FAULTS.null, indeterminate("nonsense")],
    ["401", says(401), unavailable("service-account")],
    ["403", says(403), unavailable("service-account")],
    ["400 invalid_client", says(400, { error: "invalid_client" }), unavailable("service-account")],
    ["400", says(400, { error: "invalid_request" }), indeterminate("unmapped")],
    ["204", says(204), indeterminate("unmapped")],
    ["500", FAULTS["500"], unavailable("server-error")],
    ["a page", FAULTS.html, indeterminate("nonsense")],
  ])("%s", async (_, handler, outcome) => {
    server.on("/introspect", handler);
    const live = opened(server.url, { token: { ...way, url: `${server.url}/introspect` } });
    await expect(live.check("t&k")).resolves.toEqual(outcome);
    const body = new URLSearchParams(server.requests.at(-1)?.body);
    expect(Object.fromEntries(body)).toEqual({ token: "t&k", client_id: "us", client_secret: "c" });
  });
});

describe("a probe", () => {
  test.each<[string, ProbeOutcome, Handler]>([
    ["401", "answers", says(401)],
    ["405", "answers", says(405)],
    ["a page", "answers", FAULTS.html],
    ["a redirect", "answers", FAULTS.redirect],
    ["503", "fails", FAULTS["503"]],
    ["a reset", "silent", FAULTS.reset],
  ])("%s: %s", async (_, outcome, handler) => {
    server.on("/login", handler);
    const { live } = opened(server.url, { password: httpWay() });
    await expect(live.probe(new AbortController().signal)).resolves.toBe(outcome);
    expect(server.requests.at(-1)).toMatchObject({ method: "GET", body: "" });
  });
});

test("who stops waiting hears so, and nothing else", async () => {
  server.on("/login", FAULTS.hang);
  const { live } = opened(server.url, { password: httpWay() });
  const controller = new AbortController();
  const before = server.requests.filter(({ path }) => path === "/login").length;
  const checked = live.check({ kind: "password", ...alice }, controller.signal);
  await server.requested("/login", before + 1);
  controller.abort();
  await expect(checked).rejects.toMatchObject({ code: "RUN004" });
  await expect(live.check({ kind: "password", ...alice }, controller.signal)).rejects.toMatchObject({ code: "RUN004" });
});
