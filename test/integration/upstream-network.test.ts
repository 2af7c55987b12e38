import { createServer } from "node:https";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { silentLog } from "../../src/domain/log";
import { parseAll } from "../../src/domain/page-records";
import type { Upstream } from "../../src/domain/upstream";
import { createUpstream, type UpstreamOptions } from "../../src/upstream/create-upstream";
import { CERTIFICATE, KEY, REFUSED } from "../support/untrusted-certificate";
import { jobAt, quickHttp, streamOf } from "../support/upstream-job";
import { type ListFault, startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;
const open: Upstream[] = [];

beforeEach(async () => {
  server = await startUpstreamServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
  await server.close();
});

const once = { ...quickHttp, retry: { ...quickHttp.retry, network: false, serverErrors: false, statuses: [] } };
const limits = { connect: 2_000, headers: 150, idle: 150 };

const upstreamAt = (url: string, http = quickHttp, options: Partial<UpstreamOptions> = {}): Upstream => {
  const upstream = createUpstream({ job: jobAt(url, { http }), log: silentLog, limits, ...options });
  open.push(upstream);
  return upstream;
};

const read = async (upstream: Upstream, signal = new AbortController().signal): Promise<unknown[]> => {
  const records: unknown[] = [];
  for await (const page of upstream.pages({ stream: streamOf(null), parent: null, run: 1, signal }))
    records.push(...parseAll(page.records));
  return records;
};

/** The failure, with what its message is. */
const failureOf = (reading: Promise<unknown>): Promise<unknown> =>
  reading.then(
    () => "it was read",
    (error) => error,
  );

const people = [{ id: "u1" }, { id: "u2" }];

test.each<[ListFault, string, string]>([
  ["reset", "UPS001", "broke the connection off"],
  ["cut", "UPS001", "broke"],
  ["not http", "UPS001", "something that is not HTTP"],
  ["status 099", "UPS001", "something that is not HTTP"],
  ["100 continue", "UPS001", "sent an interim status 100 before its answer, which this client cannot read"],
  ["101 upgrade", "UPS001", "broke a rule of HTTP: it answered with status 101"],
  ["hang", "UPS002", "did not begin to answer within 150 ms"],
  ["stall", "UPS002", "stopped in the middle of its answer for 150 ms"],
  ["500", "UPS003", "answered with status 500"],
  ["429", "UPS004", "limits our requests"],
  ["401", "UPS005", "refused our credentials with status 401"],
  ["403", "UPS005", "refused our credentials with status 403"],
  ["redirect", "UPS008", "redirect (status 302) to https://elsewhere.example, and"],
  ["400", "UPS009", "answered with status 400"],
  ["404", "UPS009", "does not exist (status 404)"],
  ["html", "UPS011", "web page"],
  ["html as json", "UPS011", "web page"],
  ["truncated", "UPS011", "ends in the middle"],
  ["invalid utf-8", "UPS011", "not UTF-8"],
  ["gzip bomb", "UPS012", "more than 16 MiB"],
  ["long headers", "UPS012", "more than 16 KiB of headers"],
  ["deep", "UPS012", "nested more than 256 deep"],
])("%s is %s and says so", async (fault, code, said) => {
  server.serveList("/users", () => people).fault(1, fault);
  const failure = await failureOf(read(upstreamAt(server.url, once)));
  expect(failure).toMatchObject({ code, message: expect.stringContaining(said), fix: expect.any(String) });
  expect(String(failure)).toContain(`${server.url}/users`);
  expect(String(failure)).not.toContain("s3cr3t");
  expect(server.requests).toHaveLength(1);
});

test("a status 100 breaks no rule, so nobody is told that it does: unlike 101, anybody may be sent it", async () => {
  server.serveList("/users", () => people).fault(1, "100 continue");
  const legal = await failureOf(read(upstreamAt(server.url, once)));
  expect(legal).toMatchObject({ fix: expect.stringContaining("only to who asks for it (`Expect: 100-continue`)") });
  expect(`${String(legal)} ${(legal as { fix?: string }).fix}`).not.toMatch(/rule|RFC/);
});

test.each<ListFault>(["reset", "cut", "hang", "stall", "500", "503", "429"])(
  "%s heals by asking again",
  async (fault) => {
    server.serveList("/users", () => people).fault(1, fault, { times: 1 });
    const upstream = upstreamAt(server.url);
    await expect(read(upstream)).resolves.toEqual(people);
    expect(upstream.usage).toEqual({ requests: 2, bytes: expect.any(Number) });
  },
);

test.each<ListFault>([
  "401",
  "403",
  "redirect",
  "404",
  "html",
  "truncated",
  "gzip bomb",
  "100 continue",
  "101 upgrade",
])("%s is not asked again", async (fault) => {
  server.serveList("/users", () => people).fault(1, fault);
  await failureOf(read(upstreamAt(server.url)));
  expect(server.requests).toHaveLength(1);
});

test("giving up tells the attempts and why there were no more", async () => {
  server.serveList("/users", () => people).fault(1, "503");
  const failure = await failureOf(read(upstreamAt(server.url)));
  expect(failure).toMatchObject({
    code: "UPS003",
    message: expect.stringMatching(/status 503 \(attempt 11; too many requests had to be tried again/),
  });
  expect(server.requests).toHaveLength(11);
});

test("an address where nobody listens is told as a refused connection", async () => {
  await server.close();
  expect(await failureOf(read(upstreamAt(server.url, once)))).toMatchObject({
    code: "UPS001",
    message: expect.stringContaining("the connection was refused"),
  });
});

test("a host that is unknown is told with its address", async () => {
  const resolver = () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
  expect(await failureOf(read(upstreamAt("http://gone.example", once, { resolver })))).toMatchObject({
    code: "UPS001",
    message: expect.stringContaining("http://gone.example/users could not be reached: its host name is unknown"),
  });
});

test("several addresses, none of which answers", async () => {
  await server.close();
  const resolver = async () => [
    { address: "127.0.0.1", family: 4 },
    { address: "127.0.0.2", family: 4 },
  ];
  const url = server.url.replace("127.0.0.1", "many.example");
  expect(await failureOf(read(upstreamAt(url, once, { resolver })))).toMatchObject({
    code: "UPS001",
    message: expect.stringContaining("refused"),
  });
});

test.each(["127.0.0.1", "localhost"])("%s is not connected to unless the job allows it", async (host) => {
  server.serveList("/users", () => people);
  const url = server.url.replace("127.0.0.1", host);
  expect(await failureOf(read(upstreamAt(url, { ...quickHttp, allowPrivate: false })))).toMatchObject({
    code: "UPS006",
    fix: expect.stringContaining("http: { allowPrivate: true }` in jobs/acme.yaml"),
  });
  expect(server.requests).toHaveLength(0);
});

test("a page that drips in takes no longer than the job allows", async () => {
  server.on("/users", (_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  });
  expect(await failureOf(read(upstreamAt(server.url, { ...once, timeout: 300 })))).toMatchObject({
    code: "UPS002",
    message: expect.stringContaining("took longer than 300 ms"),
  });
});

describe("TLS", () => {
  test("a certificate nobody vouches for is refused at once", async () => {
    const secure = await startUpstreamServer({ makeServer: () => createServer({ key: KEY, cert: CERTIFICATE }) });
    expect(await failureOf(read(upstreamAt(secure.url)))).toMatchObject({
      code: "UPS007",
      message: expect.stringContaining("SELF_SIGNED"),
    });
    expect(secure.requests).toHaveLength(0);
    await secure.close();
  });

  test.each([
    ["INVALID_PURPOSE", "unsuitable certificate purpose"],
    ["UNSPECIFIED", "unhandled critical extension"],
  ] as const)("a certificate that is refused with %s, in words", async (code, sentence) => {
    const secure = await startUpstreamServer({ makeServer: () => createServer(REFUSED[code]) });
    expect(await failureOf(read(upstreamAt(secure.url)))).toMatchObject({
      code: "UPS007",
      message: expect.stringContaining(`(${code}: ${sentence})`),
    });
    expect(secure.requests).toHaveLength(0);
    await secure.close();
  });

  test("a server that speaks none", async () => {
    expect(await failureOf(read(upstreamAt(server.url.replace("http:", "https:"))))).toMatchObject({ code: "UPS007" });
  });
});

describe("compressed bodies", () => {
  const body = JSON.stringify({ items: people });
  test.each([
    ["gzip", gzipSync(body)],
    ["deflate", deflateSync(body)],
    ["br", brotliCompressSync(body)],
    ["identity", body],
  ])("%s", async (encoding, packed) => {
    server.on("/users", () => ({ headers: { "content-encoding": encoding }, body: packed }));
    const upstream = upstreamAt(server.url);
    await expect(read(upstream)).resolves.toEqual(people);
    expect(upstream.usage.bytes).toBe(body.length);
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("gzip, deflate, br");
  });

  test("one that was not asked for", async () => {
    server.on("/users", () => ({ headers: { "content-encoding": "zstd" }, body: "x" }));
    expect(await failureOf(read(upstreamAt(server.url)))).toMatchObject({ code: "UPS013" });
  });

  test.each([
    ["gzip", gzipSync(body).subarray(0, 20)],
    ["gzip", Buffer.from("plain text")],
    ["br", Buffer.from("plain text")],
  ])("damaged %s", async (encoding, packed) => {
    server.on("/users", () => ({ headers: { "content-encoding": encoding }, body: packed }));
    expect(await failureOf(read(upstreamAt(server.url)))).toMatchObject({ code: "UPS011" });
  });

  test("a body that is too large as it is", async () => {
    server.on("/users", () => ({ body: Buffer.alloc(17 << 20, " ") }));
    expect(await failureOf(read(upstreamAt(server.url)))).toMatchObject({ code: "UPS012" });
  });

  test("a bomb of 300 MiB costs little memory", async () => {
    const piece = gzipSync(Buffer.alloc(30 << 20, " "));
    const bomb = Buffer.concat(Array.from({ length: 10 }, () => piece));
    server.on("/users", () => ({ headers: { "content-encoding": "gzip" }, body: bomb }));
    const upstream = upstreamAt(server.url, { ...quickHttp, timeout: 20_000 }, { limits: {} });
    const before = process.memoryUsage();
    expect(await failureOf(read(upstream))).toMatchObject({ code: "UPS012" });
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(64 << 20);
  });
});

describe("an interruption ends at once", () => {
  test("a request under way", async () => {
    server.serveList("/users", () => people).fault(1, "hang");
    const stop = new AbortController();
    const reading = failureOf(read(upstreamAt(server.url, quickHttp, { limits: {} }), stop.signal));
    await server.requested("/users");
    stop.abort();
    expect(await reading).toMatchObject({ code: "RUN004" });
  });

  test("a pause that was asked for", async () => {
    server.on("/users", () => ({ status: 503, headers: { "retry-after": "600" } }));
    const stop = new AbortController();
    const log = { ...silentLog, warn: () => stop.abort() };
    const upstream = upstreamAt(server.url, { ...quickHttp, retry: { ...quickHttp.retry, budget: 900_000 } }, { log });
    expect(await failureOf(read(upstream, stop.signal))).toMatchObject({ code: "RUN004" });
  });

  test("a wait for the rate", async () => {
    server.serveList("/users", () => people);
    const upstream = upstreamAt(server.url, { ...quickHttp, rate: { requests: 1, per: 600_000 } });
    await read(upstream);
    const stop = new AbortController();
    const reading = failureOf(read(upstream, stop.signal));
    stop.abort();
    expect(await reading).toMatchObject({ code: "RUN004" });
  });

  test("a request under way while the upstream is closed", async () => {
    server.serveList("/users", () => people).fault(1, "hang");
    const upstream = upstreamAt(server.url, quickHttp, { limits: {} });
    const reading = failureOf(read(upstream));
    await server.requested("/users");
    await upstream.close();
    expect(await reading).toMatchObject({ code: "RUN004" });
  });
});
