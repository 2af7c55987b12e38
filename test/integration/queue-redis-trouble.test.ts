import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import Redis from "ioredis";
import { type Log, silentLog } from "../../src/domain/log";
import type { RunReport } from "../../src/domain/runs";
import { checkQueue } from "../../src/schedule/check-queue";
import { openRunQueue, type QueueOptions, type RunQueue } from "../../src/schedule/open-run-queue";
import type { DueSlot } from "../../src/schedule/ports";
import { startCuttable } from "../support/cuttable";
import { eventually } from "../support/eventually";
import { isOwnRedisHere, type RedisServer, startRedis } from "../support/redis-server";

/** These tests stop and reconfigure the server, so it must be one of their own; then they can wait beside each other. */
const testWithRedis = (name: string, body: (redis: RedisServer) => Promise<void>) =>
  (isOwnRedisHere() ? test.concurrent : test.skip)(name, async () => {
    const redis = await startRedis();
    if (redis === null) throw new Error("there is no Redis");
    try {
      await body(redis);
    } finally {
      await redis.stop();
    }
  });

const optionsFor = (redisUrl: string): QueueOptions => ({
  redisUrl,
  postgres: {},
  reconnectTimeout: 50,
  log: silentLog,
});

/** Works a run whose Redis goes away in the middle of it, once all that was asked of it before is answered. */
async function losingRedis(redis: RedisServer, outcome: "ok" | "interrupted") {
  const queue = await openRunQueue(optionsFor(redis.url));
  const seen = new EventEmitter();
  try {
    return await queue.workOne({
      job: { run: 1, source: "acme" },
      onEvent: () => seen.emit("event"),
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

testWithRedis("a database that the server does not have is told, and not another taken", async (redis) => {
  await expect(openRunQueue(optionsFor(`${redis.url}/99`))).rejects.toMatchObject({
    code: "DB020",
    message: expect.stringContaining("/99 is out of reach: it has no database of that number"),
  });
});

const never = async (): Promise<never> => {
  throw new Error("nobody asked for this");
};

describe("a process that stays", () => {
  const testThatStays = (
    name: string,
    body: (redis: RedisServer, process: ReturnType<typeof lasting>) => Promise<void>,
  ) =>
    testWithRedis(name, async (redis) => {
      const process = lasting();
      await body(redis, process).finally(process.end);
    });

  testThatStays(
    "takes jobs again from a Redis that crashed and came back empty, and says so in two lines",
    async (redis, { serve, told, putUntilWorked }) => {
      const queue = await serve(redis.url);
      await putUntilWorked(queue, slotAt(1));
      await redis.kill();
      const began = Date.now();
      for (const question of [queue.ping, queue.counts, () => queue.putSlots([slotAt(2)])])
        await expect(question()).rejects.toMatchObject({ code: "DB020" });
      expect(Date.now() - began).toBeLessThan(12_000);
      await redis.startAgain();
      await putUntilWorked(queue, slotAt(2));
      await eventually(
        async () => told.length,
        (count) => count >= 2,
      );
      expect(told).toEqual([
        expect.stringMatching(/^warn: the queue at 127\.0\.0\.1:\d+ is out of reach: .*tried again$/),
        "info: the queue is back",
      ]);
    },
  );

  testThatStays("ends in time while its Redis is away, also with a job at hand", async (redis, { open, told }) => {
    const queue = await open(redis.url);
    const seen = new EventEmitter();
    const begun = once(seen, "begun");
    const worker = await queue.serve({
      concurrency: 1,
      totalConcurrency: null,
      onRun: never,
      onSlot: async (_slot, tell, signal) => {
        const asked = once(signal, "abort");
        seen.emit("begun");
        await asked;
        tell({ type: "phase", phase: "apply" });
      },
    });
    await queue.putSlots([slotAt(1)]);
    await begun;
    await redis.kill();
    await eventually(
      async () => told.length,
      (count) => count > 0,
    );
    const began = Date.now();
    await worker.close();
    await queue.close();
    expect(Date.now() - began).toBeLessThan(15_000);
    await expect(queue.putSlots([slotAt(2)])).rejects.toMatchObject({ code: "DB020" });
  });

  testThatStays("warns of a Redis that comes back and may throw jobs away", async (redis, { serve, told }) => {
    await serve(redis.url);
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await eventually(
      async () => told,
      (lines) => lines.some((line) => line.includes("allkeys-lru")),
    );
    client.disconnect();
  });

  testThatStays(
    "goes to the new primary when the old one stays, as a replica with its connections",
    async (redis, { serve, putUntilWorked }) => {
      const other = await startRedis();
      if (other === null) throw new Error("there is no Redis");
      const way = await startCuttable(portOf(redis));
      const queue = await serve(`redis://127.0.0.1:${way.port}`);
      await putUntilWorked(queue, slotAt(1));
      way.lead(portOf(other));
      const client = new Redis(redis.url);
      await client.replicaof("127.0.0.1", portOf(other));
      await putUntilWorked(queue, slotAt(2));
      client.disconnect();
      await queue.close();
      await way.close();
      await other.stop();
    },
  );

  testThatStays("tells of a Redis that cannot be written to, and when it can again", async (redis, { serve, told }) => {
    const queue = await serve(redis.url);
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory", "1");
    await eventually(
      async () => told,
      (lines) => lines.some((line) => line.includes("its memory is full")),
    );
    await expect(queue.ping()).rejects.toMatchObject({ message: expect.stringContaining("its memory is full") });
    expect(await checkQueue(optionsFor(redis.url))).toMatchObject({
      state: "error",
      message: expect.stringContaining("its memory is full"),
    });
    await client.config("SET", "maxmemory", "0");
    await eventually(
      async () => told,
      (lines) => lines.includes("info: the queue is back"),
    );
    await client.replicaof("127.0.0.1", 1);
    await expect(queue.ping()).rejects.toMatchObject({ message: expect.stringContaining("it is a replica") });
    client.disconnect();
  });

  testThatStays("goes on by itself after a Redis that did not answer", async (redis, { serve, putUntilWorked }) => {
    const way = await startCuttable(portOf(redis));
    const queue = await serve(`redis://127.0.0.1:${way.port}`);
    await putUntilWorked(queue, slotAt(1));
    way.hang();
    await expect(queue.ping()).rejects.toMatchObject({
      code: "DB020",
      message: expect.stringContaining("no answer in time"),
    });
    way.mend();
    await putUntilWorked(queue, slotAt(2));
    await queue.close();
    await way.close();
  });
});

function lasting() {
  const [told, worked, opened]: [string[], string[], RunQueue[]] = [[], [], []];
  /** Keeps what an operator sees. */
  const log: Log = {
    ...silentLog,
    info: (message) => void told.push(`info: ${message}`),
    warn: (message) => void told.push(`warn: ${message}`),
    error: (message) => void told.push(`error: ${message}`),
  };
  async function open(url: string): Promise<RunQueue> {
    const queue = await openRunQueue({ redisUrl: url, postgres: {}, lasting: true, log });
    opened.push(queue);
    return queue;
  }
  return {
    told,
    open,
    async serve(url: string): Promise<RunQueue> {
      const queue = await open(url);
      const onSlot = async ({ slot }: { readonly slot: string }) => worked.push(slot);
      await queue.serve({ concurrency: 2, totalConcurrency: 2, onRun: never, onSlot });
      return queue;
    },
    /** As the clock does it: again and again. */
    putUntilWorked: (queue: RunQueue, slot: DueSlot): Promise<unknown> =>
      eventually(
        () => queue.putSlots([slot]).catch(() => undefined),
        () => worked.includes(slot.slot),
      ),
    end: async () => void (await Promise.all(opened.map((queue) => queue.close()))),
  };
}

const portOf = ({ url }: RedisServer): number => Number(new URL(url).port);

const slotAt = (minute: number): DueSlot => ({
  source: "acme",
  slot: new Date(Date.UTC(2026, 10, 24, 2, minute)).toISOString(),
  crashes: 0,
});

test("nobody there: one failure that names the server and not the password", async () => {
  const refused = openRunQueue(optionsFor("redis://ops:geheim@127.0.0.1:1/2"));
  await expect(refused).rejects.toMatchObject({
    code: "DB020",
    message: expect.stringMatching(/127\.0\.0\.1:1\/2 .*connection refused/),
  });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("geheim") });
});

test.concurrent("somebody there who does not answer: out of reach in time", async () => {
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
