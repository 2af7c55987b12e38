import { EventEmitter, once } from "node:events";
import { METHODS } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { MirrorFacts, Readiness } from "../../../src/domain/answers";
import { silentLog } from "../../../src/domain/log";
import type { LoginAnswer } from "../../../src/domain/login";
import { createHttpServer, type HttpOptions, type HttpServer } from "../../../src/http/create-http-server";
import { createRunMetrics, type RunMetrics } from "../../../src/http/run-metrics";
import { ACCEPTED, houseOf, startApi } from "../../support/api-server";
import { eventually } from "../../support/eventually";
import { checkPrometheusText } from "../../support/prometheus-text";

const READY: Readiness = { ready: true, parts: [{ name: "database", ready: true, message: "answers" }] };
const AWAY: Readiness = { ready: false, parts: [{ name: "queue", ready: false, message: "Redis does not answer" }] };
const facts: MirrorFacts = { sources: [], queue: { waiting: 4, active: 1, delayed: 0 } };
const never = () => new Promise<never>(() => undefined);
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const metrics = createRunMetrics({ facts: async () => facts });
  const given = { host: "127.0.0.1", port: 0, log: silentLog, readiness: async () => READY, metrics };
  const server = await createHttpServer({ ...given, ...options });
  open.push(server);
  return server;
}

const get = async (server: HttpServer, path: string, init?: RequestInit) => {
  const response = await fetch(`${server.url}${path}`, init);
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    allow: response.headers.get("allow"),
    body: await response.text(),
  };
};

const bare = (status: number, title: string, detail?: string) => ({
  status,
  type: expect.stringMatching(/^application\/problem\+json/),
  allow: null as string | null,
  body: JSON.stringify({ type: "about:blank", title, status, detail }),
});

/** All that a server answers to what may not be HTTP, until it ends the connection. */
async function send(server: HttpServer, text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const received: Buffer[] = [];
  socket.on("error", () => undefined).on("data", (data: Buffer) => received.push(data));
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(received).toString();
}

describe("health", () => {
  test("the process lives, whatever its parts say", async () => {
    const server = await serve({ readiness: async () => AWAY });
    expect(await get(server, "/healthz")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  test("ready: 200, with its parts", async () => {
    const { status, type, body } = await get(await serve(), "/readyz");
    expect({ status, type, body: JSON.parse(body) }).toEqual({
      status: 200,
      type: expect.stringMatching(/^application\/json/),
      body: READY,
    });
  });

  test("not ready: 503, and which part", async () => {
    const { status, body } = await get(await serve({ readiness: async () => AWAY }), "/readyz");
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 503, body: AWAY });
  });

  test.each([
    ["never answers", never],
    ["fails", () => Promise.reject(new Error("password=hunter2"))],
  ])("a look that %s gives 503 within 3 s", async (_what, readiness) => {
    const began = Date.now();
    const { status, body } = await get(await serve({ readiness }), "/readyz");
    expect(status).toBe(503);
    expect(Date.now() - began).toBeLessThan(3_000);
    // Which part it was is not known.
    expect(JSON.parse(body)).toEqual({ ready: false, parts: [] });
  });

  test("any number of probes share one look", async () => {
    let looks = 0;
    const readiness = async () => {
      looks += 1;
      return READY;
    };
    const server = await serve({ readiness });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(server, "/readyz")));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(looks).toBe(1);
  });

  test("when a look hangs, every part that is known is not ready, and the log is told once", async () => {
    const parts = (["database", "queue"] as const).map((name) => ({ name, ready: true, message: "answers" }));
    const warn = jest.fn();
    let readiness: () => Promise<Readiness> = async () => ({ ready: true, parts });
    const server = await serve({ readiness: () => readiness(), log: { ...silentLog, warn } });
    expect(await get(server, "/readyz")).toMatchObject({ status: 200 });
    readiness = never;
    const { body } = await eventually(
      () => get(server, "/readyz"),
      ({ status }) => status === 503,
    );
    const message = "could not be looked at";
    expect(JSON.parse(body)).toEqual({
      ready: false,
      parts: [
        { name: "database", ready: false, message },
        { name: "queue", ready: false, message },
      ],
    });
    await get(server, "/readyz");
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe("what cannot be answered is a problem with a title, and nothing of what is inside", () => {
  test("what is not there: 404, without what was asked for", async () => {
    expect(await get(await serve(), "/secret-path")).toEqual(bare(404, "Not Found"));
    expect(await get(await serve(), "/secret-path", { method: "POST", body: "{" })).toEqual(bare(404, "Not Found"));
  });

  test.each(["/healthz", "/readyz", "/metrics"])("%s with another method: 405, and which it takes", async (path) => {
    const server = await serve();
    const refused = { ...bare(405, "Method Not Allowed"), allow: "GET, HEAD" };
    // The body is not looked at, whatever it is.
    const headers = { "content-type": "application/json" };
    expect(await get(server, `${path}?a=b`, { method: "POST", body: "{", headers })).toEqual(refused);
    expect(await get(server, path, { method: "DELETE" })).toEqual(refused);
    expect(await get(server, path, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("methods that nobody uses are refused in the same way", async () => {
    const server = await serve();
    // CONNECT asks for a tunnel, not for an address here.
    const methods = METHODS.filter((method) => !["GET", "HEAD", "CONNECT"].includes(method));
    const ask = (method: string) => send(server, `${method} /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    for (const answer of await Promise.all(methods.map(ask))) {
      expect(answer).toMatch(/^HTTP\/1.1 405 (?:.*\r\n)+x-request-id: .*\r\nallow: GET, HEAD\r\n/);
      expect(answer).toMatch(/"title":"Method Not Allowed","status":405}$/);
    }
  });

  const OWN_ID = `Host: a\r\nX-Request-Id: own-id\r\n`;

  test("a tunnel: 405", async () => {
    const server = await serve();
    const answer = await send(server, `CONNECT a.example:443 HTTP/1.1\r\n${OWN_ID}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 405 .*\r\ncontent-type: application\/problem\+json\r\n(?:.*\r\n)+\r\n{/);
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n(?:.*\r\n)*x-request-id: own-id\r\nallow: \r\n/);
    expect(answer).toMatch(/"title":"Method Not Allowed","status":405}$/);
    // Who does not wait for the answer harms nobody.
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => undefined).write(`CONNECT a.example:443 HTTP/1.1\r\n${OWN_ID}\r\n`);
    socket.resetAndDestroy();
    await once(socket, "close");
    expect(await get(server, "/healthz")).toMatchObject({ status: 200 });
  });

  test("what is expected beyond `100-continue`: 417, and the connection ends, for a body may come or not", async () => {
    const server = await serve();
    const expecting = (what: string, version = "1.1") =>
      send(server, `GET /healthz HTTP/${version}\r\n${OWN_ID}Expect: ${what}\r\nContent-Length: 2\r\n\r\n{}`);
    const answer = await expecting("foo");
    expect(answer).toMatch(
      /^HTTP\/1.1 417 .*\r\nx-content-type-options: nosniff\r\n(?:.*\r\n)*x-request-id: own-id\r\n/,
    );
    expect(answer).toMatch(/\r\nconnection: close\r\ncontent-type: application\/problem\+json/);
    expect(answer).toMatch(/"title":"Expectation Failed","status":417}$/);
    // Before HTTP/1.1 nothing was expected.
    expect(await expecting("foo", "1.0")).toMatch(/^HTTP\/1.1 200 /);
  });

  test("a path that cannot be decoded: 400, without what was asked for", async () => {
    const detail = "the address is not percent-encoded UTF-8; `%` itself is written `%25`";
    expect(await get(await serve(), "/%zz")).toEqual(bare(400, "Bad Request", detail));
  });

  test.each([
    ["a word", "hello\r\n\r\n", 400],
    ["another protocol", "\x16\x03\x01\x02\0\x01", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["a length that is none", "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: b\r\n\r\n", 400],
    ["no host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400],
    ["one host twice", "GET /healthz HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", 400],
    ["headers without end", `GET /healthz HTTP/1.1\r\nHost: a\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, 431],
  ])("malformed HTTP, %s", async (_what, text, status) => {
    const answer = await send(await serve(), text);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\ncontent-type: application/problem\\+json`));
    expect(JSON.parse(body)).toEqual({ type: "about:blank", title: expect.any(String), status });
    expect(answer).not.toMatch(/FST_|HPE_/);
  });

  test("what fails inside: 500, without what went wrong, which the log is told", async () => {
    const failure = new Error("password=hunter2");
    const metrics: RunMetrics = {
      ...createRunMetrics({ facts: async () => facts }),
      text: () => Promise.reject(failure),
    };
    const error = jest.fn();
    const server = await serve({ metrics, log: { ...silentLog, error } });
    const { body, ...answer } = await get(server, "/metrics");
    expect(answer).toMatchObject({ status: 500, type: expect.stringContaining("application/problem+json") });
    expect(JSON.parse(body)).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      detail: "this is a bug of Understudy; its log knows more",
    });
    expect(error).toHaveBeenCalledWith("a request failed", { route: "/metrics", error: failure });
  });
});

describe("metrics", () => {
  test("are what Prometheus reads, also before anything was worked", async () => {
    const { status, type, body } = await get(await serve(), "/metrics");
    expect({ status, type }).toEqual({ status: 200, type: expect.stringMatching(/^text\/plain; version=0\.0\.4/) });
    expect(checkPrometheusText(body)).toEqual([]);
  });
});

describe("listening", () => {
  test("a port that is taken is named, with what to do", async () => {
    const { port } = new URL((await serve()).url);
    await expect(serve({ port: Number(port) })).rejects.toMatchObject({
      code: "USE007",
      message: `cannot listen at 127.0.0.1:${port}: another process listens there`,
      fix: expect.stringContaining("HTTP_PORT"),
    });
  });

  test.each([
    ["is not this machine's", "192.0.2.1"],
    ["is of an interface that is not named", "fe80::1"],
    ["is of an interface that is not there", "fe80::1%nowhere"],
    ["is nobody's", "240.0.0.1"],
    ["is none", "300.1.1.1"],
    ["is a name that is not known", "nowhere.invalid"],
    ["is too long for a name", "a".repeat(300)],
    ["is empty", ""],
  ])("an address that %s", async (_what, host) => {
    await expect(serve({ host })).rejects.toMatchObject({
      code: "USE007",
      message: expect.stringMatching(/^cannot listen/),
      fix: expect.stringContaining("--host"),
    });
  });

  (hasIpv6 ? test : test.skip).each(["::1", "[::1]"])("at an IPv6 address: %s", async (host) => {
    const server = await serve({ host });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await get(server, "/healthz")).toMatchObject({ status: 200 });
  });

  test("`localhost` is one address", async () => {
    const server = await serve({ host: "localhost" });
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(await get(server, "/healthz")).toMatchObject({ status: 200 });
  });
});

describe("the end", () => {
  test("the end comes within 2 s, with clients that hang and a request under way", async () => {
    const server = await serve({ readiness: never });
    const { hostname, port } = new URL(server.url);
    // One that sent half a request, one that keeps its connection, and one that waits for its answer.
    const clients = ["GET /healthz HTTP/1.1\r\nHo", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"].map((text) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => undefined).write(text);
      return socket;
    });
    await once(clients[1]!, "data");
    const waiting = fetch(`${server.url}/readyz`).then(
      () => "answered",
      () => "cut off",
    );
    const began = Date.now();
    const closings = clients.map((socket) => once(socket, "close"));
    await server.close();
    expect(Date.now() - began).toBeLessThan(2_000);
    await Promise.all([...closings, waiting]);
  });

  test("a request under way is answered, and nobody new is", async () => {
    const looking = new EventEmitter();
    const readiness = async () => {
      looking.emit("begun");
      await delay(400);
      return READY;
    };
    const server = await serve({ readiness });
    const begun = once(looking, "begun");
    const underWay = get(server, "/readyz");
    await begun;
    const began = Date.now();
    const closed = server.close();
    await eventually(
      () => get(server, "/healthz").then(String, () => "refused"),
      (end) => end === "refused",
    );
    expect(await underWay).toMatchObject({ status: 200, body: JSON.stringify(READY) });
    await closed;
    // The client would keep its connection: that is not waited for.
    expect(Date.now() - began).toBeLessThan(900);
  });

  /** A login that is under way, of a server whose house takes its time. */
  async function loginUnderWay(answer: () => Promise<LoginAnswer>) {
    const begun = new EventEmitter();
    const house = houseOf({
      login: async () => {
        begun.emit("begun");
        return answer();
      },
    });
    const server = await startApi(async () => house);
    open.push(server);
    const asked = once(begun, "begun");
    const body = { source: "acme", login: "ada", password: "a", tokens: false };
    const answered = server.ask("POST", "/v1/login", { body });
    await asked;
    return { server, answered };
  }

  test("a request under way is waited for as long as there is time", async () => {
    const { server, answered } = await loginUnderWay(async () => {
      await delay(1_300);
      return ACCEPTED;
    });
    const idle = await fetch(`${server.url}/healthz`);
    const { hostname, port } = new URL(server.url);
    const half = connect({ host: hostname, port: Number(port) });
    half.on("error", () => undefined).write("GET /healthz HTTP/1.1\r\nHo");
    await idle.text();
    const cut = new Promise((resolve) => half.once("close", resolve));
    await Promise.all([server.close(20_000), cut]);
    const { status, headers } = await answered;
    expect({ status, connection: headers.get("connection") }).toEqual({ status: 200, connection: "close" });
  });

  test("what is still under way then is told to come again", async () => {
    const { server, answered } = await loginUnderWay(never);
    await server.close(100);
    const { status, headers, json } = await answered;
    expect({ status, after: headers.get("retry-after"), json }).toEqual({
      status: 503,
      after: "1",
      json: { type: "about:blank", title: "Service Unavailable", status: 503, detail: "this process ends" },
    });
  });

  test("who was refused and keeps its half of the connection is not waited for", async () => {
    const server = await serve();
    // Ended by the server, and its own end never comes.
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.on("error", () => undefined).write("hello\r\n\r\n");
    await once(socket, "data");
    const began = Date.now();
    await server.close();
    expect(Date.now() - began).toBeLessThan(2_000);
    socket.destroy();
  });
});
