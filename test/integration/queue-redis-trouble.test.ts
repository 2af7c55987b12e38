import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import Redis from "ioredis";
import { silentLog } from "../../src/domain/log";
import type { RunReport } from "../../src/domain/runs";
import { checkQueue } from "../../src/schedule/check-queue";
import { openRunQueue, type QueueOptions } from "../../src/schedule/open-run-queue";
import { type RedisServer, startRedis } from "../support/redis-server";

/** These tests stop and reconfigure the server, so it must be one of their own. */
const testWithRedis = (name: string, body: (redis: RedisServer) => Promise<void>) =>
  test(name, async () => {
    const redis = await startRedis();
    if (redis === null || redis.pid === null) return;
    try {
      await body(redis);
    } finally {
      await redis.stop();
    }
  });

const optionsFor = (redisUrl: string): QueueOptions => ({ redisUrl, postgres: {}, patience: 50, log: silentLog });

/** Works a run whose Redis goes away in the middle of it, once all that was asked of it before is answered. */
async function losingRedis(redis: RedisServer, outcome: "ok" | "interrupted") {
  const queue = await openRunQueue(optionsFor(redis.url));
  const seen = new EventEmitter();
  try {
    return await queue.workOne({
      job: { run: 1, source: "acme" },
      follow: () => seen.emit("event"),
      signal: new AbortController().signal,
      handler: async (_run, tell, signal) => {
        const answered = once(seen, "event");
        tell({ type: "phase", phase: "fetch" });
        await answered;
        const aborted = once(signal, "abort");
        await redis.stop();
        tell({ type: "phase", phase: "compare" });
        if (outcome === "interrupted") await aborted;
        return { outcome } as RunReport;
      },
    });
  } finally {
    await queue.close();
  }
}

testWithRedis("Redis that goes away during a run ends the run, once, with the cause", async (redis) => {
  const report = losingRedis(redis, "interrupted");
  await expect(report).rejects.toMatchObject({ code: "DB020", exitCode: 8 });
});

testWithRedis("a run that was applied although Redis went away is told as what it is", async (redis) => {
  await expect(losingRedis(redis, "ok")).resolves.toEqual({ outcome: "ok" });
});

testWithRedis("Redis that may throw jobs away is refused, with the fix", async (redis) => {
  const client = new Redis(redis.url);
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  await expect(openRunQueue(optionsFor(redis.url))).rejects.toMatchObject({
    code: "DB021",
    fix: expect.stringContaining("noeviction"),
  });
  expect(await checkQueue(optionsFor(redis.url))).toMatchObject({
    state: "error",
    message: expect.stringContaining("allkeys-lru"),
  });
  client.disconnect();
});

test("nobody there: one failure that names the server and not the password", async () => {
  const refused = openRunQueue(optionsFor("redis://ops:geheim@127.0.0.1:1/2"));
  await expect(refused).rejects.toMatchObject({
    code: "DB020",
    message: expect.stringMatching(/127\.0\.0\.1:1\/2 .*nobody listens/),
  });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("geheim") });
});

test("somebody there who does not answer: out of reach in time", async () => {
  const mute = createServer((socket) => socket.resume().on("error", () => {}));
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as { port: number };
  await expect(openRunQueue(optionsFor(`redis://127.0.0.1:${port}`))).rejects.toMatchObject({ code: "DB020" });
  await new Promise((resolve) => mute.close(resolve));
});

test.each(["not a url", "http://127.0.0.1:6379"])("REDIS_URL %j is refused with its form", async (url) => {
  await expect(openRunQueue(optionsFor(url))).rejects.toMatchObject({
    code: "DB020",
    fix: expect.stringContaining("redis://"),
  });
});

test("a Postgres out of reach is the queue out of reach", async () => {
  const options = { redisUrl: null, postgres: { host: "127.0.0.1", port: 1, user: "x" }, log: silentLog };
  await expect(openRunQueue(options)).rejects.toMatchObject({ code: "DB020", exitCode: 8 });
});
