/** The commands as an operator with a PostgreSQL server and a Redis meets them. */
import { EventEmitter } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import Redis from "ioredis";
import { openApp } from "../../src/app";
import { runCommandLine } from "../../src/cli/command-line";
import { watchForInterruption } from "../../src/cli/interruption";
import { type RedisServer, startRedis } from "../support/redis-server";
import { makeTempDir, type TempDir } from "../support/temp-dir";
import { createTestDatabase, type TestDatabase } from "../support/test-database";
import { type List, startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

const API_KEY = "canary-key-71c2";

const FILES = {
  "jobs/acme.yaml": `
source: acme
baseUrl: \${ACME_URL}
auth: { kind: api-key, in: query, name: api_key, value: "\${ACME_KEY}" }
http: { timeout: 5s, allowPrivate: true, retry: { on: [], backoff: 1ms..2ms, budget: 1s } }
entities:
  users: { get: /users, page: { offset: offset, size: limit=10, total: total }, records: items, deletes: sweep }
`,
  "mappings/acme/users.yaml": `
into: users
key: id
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, _: disabled } }
`,
};

let upstream: UpstreamServer;
let users: List;
let database: TestDatabase;
let home: TempDir;
let redis: RedisServer | null;
let people: { id: string; login: string; state: string }[];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

beforeEach(async () => {
  people = Array.from({ length: 25 }, (_, n) => ({ id: `u${n}`, login: `login${n}`, state: "on" }));
  upstream = await startUpstreamServer();
  users = upstream.serveList("/users", () => people, { paging: "offset", pageSize: 10, total: "body" });
  upstream.gate(({ query }) => (query.get("api_key") === API_KEY ? null : { status: 401 }));
  database = await createTestDatabase();
  home = await makeTempDir("production");
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(home.path, name)), { recursive: true });
    await writeFile(join(home.path, name), content);
  }
});
afterEach(async () => {
  await Promise.all([upstream.close(), database.drop(), home.remove()]);
});

/** A command line as the process would run it, in this one. */
async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const interruption = watchForInterruption(new EventEmitter(), stderr, () => undefined);
  const own = { ACME_URL: upstream.url, ACME_KEY: API_KEY, DATABASE_URL: database.url, REDIS_URL: redis?.url ?? "" };
  const exitCode = await runCommandLine(["-C", home.path, "--log-level", "error", ...args], "9.9.9", {
    terminal: { stdin: Readable.from([]), stdout, stderr, env: { ...own, ...env }, cwd: home.path },
    interruption,
    openApp,
  });
  const [out, err] = [String(stdout.read() ?? ""), String(stderr.read() ?? "")];
  expect(out + err).not.toContain(API_KEY);
  return { out, err, exitCode, json: () => JSON.parse(out) };
}

const understudy = (...args: readonly string[]) => runCommand(args);

/** Without a Redis, whose absence `startRedis` has told, there is nothing to try. */
const testWithRedis = (name: string, body: (server: RedisServer) => Promise<void>) =>
  test(name, async () => {
    if (redis !== null) await body(redis);
  });

testWithRedis("plan, sync, sync again, show and doctor work as on the embedded default", async () => {
  const planned = (await understudy("plan", "acme", "--json")).json();
  expect(planned).toMatchObject({ changesTotal: 25, report: { outcome: "ok" } });
  expect(await understudy("sync", "acme", "--plan", planned.report.plan)).toMatchObject({ exitCode: 0 });
  expect((await understudy("sync", "acme", "--json")).json()).toMatchObject({
    exitCode: 0,
    entities: { users: { fetched: 25, same: 25, new: 0 } },
  });
  expect((await understudy("show", "user:acme/u7", "--json")).json()).toMatchObject({ username: "login7" });
  const doctor = await understudy("doctor");
  expect(doctor).toMatchObject({ exitCode: 0, out: expect.stringMatching(/BullMQ on Redis .*noeviction/) });
});

testWithRedis("no secret lies in Redis", async ({ url }) => {
  await understudy("sync", "acme");
  const client = new Redis(url);
  const values: unknown[] = [];
  for (const key of await client.keys("*")) {
    const type = await client.type(key);
    if (type === "hash") values.push(await client.hgetall(key));
    if (type === "stream") values.push(await client.xrange(key, "-", "+"));
    if (type === "string") values.push(await client.get(key));
  }
  client.disconnect();
  expect(values.length).toBeGreaterThan(0);
  expect(JSON.stringify(values)).not.toMatch(new RegExp(`${API_KEY}|login7`));
});

testWithRedis("a copy of the mirror's database has a queue of its own in the same Redis", async ({ url }) => {
  const copy = await createTestDatabase();
  const client = new Redis(url);
  try {
    const mirrorId = async ({ database: { knex } }: TestDatabase) =>
      (await knex.raw("select id from sync.mirror")).rows;
    expect(await mirrorId(copy)).toEqual(await mirrorId(database));
    const keysOf = async (env = {}) => {
      await client.flushall();
      expect(await runCommand(["sync", "acme"], env)).toMatchObject({ exitCode: 0 });
      return [...new Set((await client.keys("*")).map((key) => /^\{understudy-\w{8}\}/.exec(key)?.[0]))];
    };
    const [own, again, copied] = [await keysOf(), await keysOf(), await keysOf({ DATABASE_URL: copy.url })];
    expect(own).toEqual(again);
    expect([...new Set([...own, ...copied])]).toEqual([expect.any(String), expect.any(String)]);
  } finally {
    client.disconnect();
    await copy.drop();
  }
});

test("Redis or the database out of reach: exit 8, one message, and doctor tells which", async () => {
  const nowhere = { REDIS_URL: "redis://ops:geheim@127.0.0.1:1" };
  const refused = await runCommand(["sync", "acme", "--json"], nowhere);
  expect(refused).toMatchObject({ exitCode: 8, err: expect.stringMatching(/^error\[DB020\]: .*connection refused/m) });
  expect(refused.json()).toMatchObject({ exitCode: 8, error: { code: "DB020" } });
  expect(refused.out + refused.err).not.toContain("geheim");

  const lost = { DATABASE_URL: "postgresql://ops:geheim@127.0.0.1:1/mirror", REDIS_URL: "" };
  const doctor = await runCommand(["doctor", "--json"], lost);
  expect(doctor.exitCode).toBe(8);
  expect(doctor.json()).toMatchObject([
    { name: "node" },
    { name: "files", state: "ok" },
    { name: "database", state: "error", message: expect.stringContaining("connection refused") },
    { name: "queue", state: "error" },
    { name: "credentials", state: "ok", message: "acme answers" },
  ]);
  expect(doctor.out + doctor.err).not.toContain("geheim");
});

test("what is asked of an unknown source or plan is a usage error and leaves no run", async () => {
  const queue = { REDIS_URL: "" };
  for (const args of [
    ["runs", "acne"],
    ["hold", "list", "acne"],
    ["audit", "user", "acne/u1"],
  ])
    expect(await runCommand(args, queue)).toMatchObject({ exitCode: 2, err: expect.stringContaining("`acme`?") });
  const { exitCode, err } = await runCommand(["sync", "acme", "--plan", "p_none"], queue);
  expect({ exitCode, err }).toMatchObject({ exitCode: 2, err: expect.stringContaining("has no plan `p_none`") });
  expect((await runCommand(["runs", "--json"], queue)).json()).toEqual([]);
});

test("connections cut in mid-run: the run goes on over others", async () => {
  let goOn = (): void => {};
  const cutOff = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  users.fault(2, (request, response) => cutOff.then(() => users.handler(request, response)), { times: 1 });
  const ended = runCommand(["sync", "acme", "--json"], { REDIS_URL: "" });
  await upstream.requested("/users", 2);
  await database.database.withClient((client) =>
    client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    ),
  );
  goOn();
  const cut = await ended;
  expect(cut.json()).toMatchObject({ exitCode: 0, error: null });
  expect(await runCommand(["sync", "acme"], { REDIS_URL: "" })).toMatchObject({ exitCode: 0 });
});
