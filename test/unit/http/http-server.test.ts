import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type { MirrorFacts, Readiness } from "../../../src/domain/answers";
import { silentLog } from "../../../src/domain/log";
import { createHttpServer, type HttpOptions, type HttpServer } from "../../../src/http/create-http-server";
import { createRunMetrics, type RunMetrics } from "../../../src/http/run-metrics";
import { checkPrometheusText } from "../../support/prometheus-text";
import { links, report, users } from "../cli/command";

const READY: Readiness = { ready: true, parts: [{ name: "database", ready: true, message: "answers" }] };
const AWAY: Readiness = { ready: false, parts: [{ name: "queue", ready: false, message: "Redis does not answer" }] };
const source = (name: string): MirrorFacts["sources"][number] => ({
  ...{ source: name, lastComplete: "2026-11-22T13:59:08.800Z", overdue: name === "late", heldChanges: 3, rejects: 2 },
  counts: { users: 1231, users_teams: 2213 },
});
const facts = (...names: string[]): MirrorFacts => ({
  sources: names.map(source),
  queue: { waiting: 4, active: 1, delayed: 0 },
});
const never = () => new Promise<never>(() => undefined);
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const metrics = createRunMetrics({ facts: async () => facts("acme") });
  const given = { host: "127.0.0.1", port: 0, log: silentLog, readiness: async () => READY, metrics };
  const server = await createHttpServer({ ...given, ...options });
  open.push(server);
  return server;
}

const get = async (server: HttpServer, path: string) => {
  const response = await fetch(`${server.url}${path}`);
  return {
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    body: await response.text(),
  };
};

/** The value of one series as `/metrics` tells it. */
async function series(metrics: RunMetrics, name: string): Promise<string | null> {
  const line = (await metrics.text()).split("\n").find((text) => text.startsWith(`${name} `));
  return line?.slice(name.length + 1) ?? null;
}

describe("health", () => {
  test("the process lives, whatever its parts say", async () => {
    const server = await serve({ readiness: async () => AWAY });
    expect(await get(server, "/healthz")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  test("ready: 200, with its parts", async () => {
    const { status, type, body } = await get(await serve(), "/readyz");
    expect({ status, type, body: JSON.parse(body) }).toEqual({
      ...{ status: 200, type: expect.stringMatching(/^application\/json/), body: READY },
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
    expect(body).toContain("does not answer");
    expect(body).not.toContain("hunter2");
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

  test("what is not there: 404 as a problem, without what was asked for", async () => {
    const { status, type, body } = await get(await serve(), "/secret-path");
    expect({ status, type, body: JSON.parse(body) }).toEqual({
      ...{ status: 404, type: expect.stringMatching(/^application\/problem\+json/) },
      body: { type: "about:blank", title: "Not Found", status: 404 },
    });
  });

  test("what fails inside: 500 as a problem, without what went wrong", async () => {
    const metrics: RunMetrics = {
      contentType: "text/plain",
      observe: () => undefined,
      text: () => Promise.reject(new Error("password=hunter2")),
    };
    const { status, type, body } = await get(await serve({ metrics }), "/metrics");
    expect({ status, type, body: JSON.parse(body) }).toEqual({
      ...{ status: 500, type: expect.stringMatching(/^application\/problem\+json/) },
      body: { type: "about:blank", title: "Internal Server Error", status: 500 },
    });
  });
});

describe("metrics", () => {
  test("are what Prometheus reads, also before anything was worked", async () => {
    const { status, type, body } = await get(await serve(), "/metrics");
    expect({ status, type }).toEqual({ status: 200, type: expect.stringMatching(/^text\/plain; version=0\.0\.4/) });
    expect(checkPrometheusText(body)).toEqual([]);
  });

  test("hold what runs did", async () => {
    const metrics = createRunMetrics({ facts: async () => facts("acme", "late") });
    metrics.observe(report({ entities: { users: users(), users_teams: links() } }));
    metrics.observe(report({ outcome: "held", trigger: { kind: "schedule", by: "schedule", reason: null } }));
    metrics.observe(report({ source: 'a"b\\c\n' }));
    const text = await metrics.text();
    expect(checkPrometheusText(text)).toEqual([]);
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        'understudy_runs_total{source="acme",outcome="ok",trigger="cli"} 1',
        'understudy_runs_total{source="acme",outcome="held",trigger="schedule"} 1',
        'understudy_run_duration_seconds_bucket{le="5",source="acme"} 0',
        'understudy_run_duration_seconds_bucket{le="15",source="acme"} 2',
        'understudy_run_duration_seconds_count{source="acme"} 2',
        'understudy_records_total{source="acme",entity="users",outcome="changed"} 14',
        'understudy_links_total{source="acme",kind="users_teams",outcome="granted"} 4',
        'understudy_requests_total{source="acme"} 26',
        "understudy_mirror_up 1",
        'understudy_last_success_timestamp_seconds{source="acme"} 1795355948',
        'understudy_source_overdue{source="acme"} 0',
        'understudy_source_overdue{source="late"} 1',
        'understudy_held_changes{source="acme"} 3',
        'understudy_rejected_records{source="acme"} 2',
        'understudy_mirror_records{source="acme",name="users"} 1231',
        'understudy_queue_jobs{state="waiting"} 4',
      ]),
    );
  });

  test("a source that is gone does not live on, what it did does", async () => {
    let answer = facts("acme", "globex");
    const metrics = createRunMetrics({ facts: async () => answer });
    metrics.observe(report({ source: "globex" }));
    expect(await series(metrics, 'understudy_held_changes{source="globex"}')).toBe("3");
    answer = facts("acme");
    expect(await series(metrics, 'understudy_held_changes{source="globex"}')).toBeNull();
    expect(await series(metrics, 'understudy_mirror_records{source="globex",name="users"}')).toBeNull();
    expect(await series(metrics, 'understudy_held_changes{source="acme"}')).toBe("3");
    expect(await series(metrics, 'understudy_requests_total{source="globex"}')).toBe("13");
  });

  test("without an answer there is no old number, and what this process knows itself", async () => {
    let answer: () => Promise<MirrorFacts> = async () => facts("acme");
    const metrics = createRunMetrics({ facts: () => answer() });
    metrics.observe(report());
    await metrics.text();
    answer = () => Promise.reject(new Error("the database is away"));
    const text = await metrics.text();
    expect(checkPrometheusText(text)).toEqual([]);
    expect(text).toContain("understudy_mirror_up 0\n");
    expect(text).toContain('understudy_requests_total{source="acme"} 13\n');
    expect(text).not.toContain('understudy_held_changes{source="acme"}');
    answer = async () => facts("acme");
    expect(await series(metrics, "understudy_mirror_up")).toBe("1");
  });

  test("facts that never come do not hold Prometheus up", async () => {
    const began = Date.now();
    const metrics = createRunMetrics({ facts: never });
    expect(await series(metrics, "understudy_mirror_up")).toBe("0");
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test("two that ask at once each see every source once", async () => {
    const metrics = createRunMetrics({ facts: async () => facts("acme") });
    const texts = await Promise.all([metrics.text(), metrics.text()]);
    for (const text of texts) {
      expect(checkPrometheusText(text)).toEqual([]);
      expect(text).toContain('understudy_held_changes{source="acme"} 3\n');
    }
  });

  test("who asks while another's answer is late does not mix the two", async () => {
    let first = true;
    let answerLate: (answer: MirrorFacts) => void = () => undefined;
    const metrics = createRunMetrics({
      facts: () => {
        if (!first) return Promise.resolve(facts("acme"));
        first = false;
        return new Promise((resolve) => {
          answerLate = resolve;
        });
      },
    });
    const late = metrics.text();
    await metrics.text();
    answerLate(facts("globex"));
    const text = await late;
    expect(text).toContain('understudy_held_changes{source="globex"}');
    expect(text).not.toContain('understudy_held_changes{source="acme"}');
  });
});

describe("listening", () => {
  test("a port that is taken is named, with what to do", async () => {
    const { port } = new URL((await serve()).url);
    await expect(serve({ port: Number(port) })).rejects.toMatchObject({
      ...{ code: "USE007", message: `cannot listen at 127.0.0.1:${port}: another process listens there` },
      fix: expect.stringContaining("HTTP_PORT"),
    });
  });

  test("an address that is not this machine's", async () => {
    await expect(serve({ host: "192.0.2.1" })).rejects.toMatchObject({ code: "USE007" });
  });

  (hasIpv6 ? test : test.skip)("at an IPv6 address", async () => {
    const server = await serve({ host: "::1" });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await get(server, "/healthz")).toMatchObject({ status: 200 });
  });

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
});
