import { randomUUID } from "node:crypto";
import { createPostgresBackend, type JobsOptions, Queue, Worker } from "bullmq";
import { Failure } from "../../src/domain/errors";
import { silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import { checkQueue } from "../../src/schedule/check-queue";
import { openQueueStore, openRunQueue, type QueueOptions, type RunQueue } from "../../src/schedule/open-run-queue";
import type { QueueStore } from "../../src/schedule/queue-store";
import { type RunHandler, workOne } from "../../src/schedule/work-one";
import { reportOf } from "../support/queue-servers";
import { isRedisHere, startRedis } from "../support/redis-server";
import { createTestDatabase } from "../support/test-database";

const stores = [
  {
    kind: "PostgreSQL",
    isHere: true,
    async start() {
      const database = await createTestDatabase(null);
      const pool = { connectionString: database.url };
      const connection = { ...pool, schema: "queue", max: 1 };
      return {
        options: { redisUrl: null, postgres: pool, log: silentLog } satisfies QueueOptions,
        queue: (name: string) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
        worker: (name: string) => new Worker(name, null, { connection }, createPostgresBackend) as unknown as Worker,
        stop: database.drop,
      };
    },
  },
  {
    kind: "Redis",
    isHere: isRedisHere(),
    async start() {
      const redis = await startRedis();
      if (redis === null) throw new Error("there is no Redis");
      const namespace = randomUUID();
      const shared = { connection: { url: redis.url }, prefix: `{understudy-${namespace}}` };
      return {
        options: { redisUrl: redis.url, postgres: {}, namespace, log: silentLog } satisfies QueueOptions,
        queue: (name: string) => new Queue(name, shared),
        worker: (name: string) => new Worker(name, null, shared),
        stop: redis.stop,
      };
    },
  },
];

describe.each(stores)("the run queue on $kind", ({ kind, start, isHere }) => {
  let store: Awaited<ReturnType<typeof start>>;
  let queue: RunQueue;
  const test = isHere ? globalThis.test : globalThis.test.skip;

  beforeAll(async () => {
    if (!isHere) return;
    store = await start();
    // Several first starts at once: one of them makes the tables.
    const opened = await Promise.all([1, 2, 3].map(() => openRunQueue(store.options)));
    queue = opened.pop() as RunQueue;
    await Promise.all(opened.map((one) => one.close()));
  });
  afterAll(async () => {
    await queue?.close();
    await store?.stop();
  });

  const work = (run: number, source: string, handler: RunHandler, signal = new AbortController().signal) => {
    const events: RunEvent[] = [];
    const report = queue.workOne({ job: { run, source }, handler, onEvent: (event) => events.push(event), signal });
    return { report, events };
  };

  /** Looks into the queue as any other program would. */
  async function inspect<T>(source: string, look: (queue: Queue) => Promise<T>): Promise<T> {
    const raw = store.queue(`local-${source}`);
    try {
      return await look(raw);
    } finally {
      await raw.close();
    }
  }

  test("works the run it was given, and its events come back in order", async () => {
    const told: RunEvent[] = [
      { type: "phase", phase: "fetch" },
      ...[1, 2, 3, 4].map((pages) => progressOf(pages)),
      { type: "phase", phase: "apply" },
    ];
    const { report, events } = work(41, "acme", async (run, tell) => {
      for (const event of told) tell(event);
      return reportOf(run);
    });
    expect(await report).toMatchObject({ run: 41, outcome: "ok" });
    expect(events).toEqual(told);
  });

  test("leaves ids and the verdict in the queue, and nothing of the report", async () => {
    await work(42, "canary", async (run) => ({ ...reportOf(run), notes: ["jane@example.com"] })).report;
    const job = await inspect("canary", (raw) => raw.getJob("run-42"));
    expect(job?.data).toEqual({ run: 42, source: "canary" });
    expect(job?.returnvalue).toEqual({ outcome: "ok", exitCode: 0 });
    expect(JSON.stringify(job?.toJSON())).not.toContain("jane@example.com");
  });

  test("hands the failure of a run to its caller and keeps only its code", async () => {
    const failure = new Failure("RUN001", "run 9 of jane@example.com works on it");
    const { report } = work(43, "busy", async () => {
      throw failure;
    });
    await expect(report).rejects.toBe(failure);
    const job = await inspect("busy", (raw) => raw.getJob("run-43"));
    expect(job?.failedReason).toBe("RUN001");
    expect(JSON.stringify(job?.toJSON())).not.toContain("jane@example.com");
  });

  test("removes what was asked for in a process that died before taking it", async () => {
    const longAgo = Date.now() - 60_000;
    const left = { run: 1, source: "left" };
    await inspect("left", (raw) => raw.add("cli", left, { jobId: "run-1", timestamp: longAgo }));
    await work(2, "left", async (run) => reportOf(run)).report;
    expect(await inspect("left", (raw) => raw.getJob("run-1"))).toBeUndefined();
  });

  test("gives back a job of another process that came before ours", async () => {
    const opened = await openQueueStore(store.options);
    const rival = { run: 11, source: "race" };
    const seen: number[] = [];
    const racing: QueueStore = {
      ...opened,
      openQueue(name) {
        const queue = opened.openQueue(name);
        return Object.assign(Object.create(queue), {
          async add(kind: string, job: object, options: JobsOptions) {
            await queue.add(kind, job, options);
            await queue.add(kind, rival, { ...options, jobId: "run-11" });
          },
        });
      },
    };
    const job = { run: 12, source: "race" };
    const handler: RunHandler = async (run) => {
      seen.push(run);
      return reportOf(run);
    };
    await workOne(racing, { job, handler, onEvent: () => {}, signal: new AbortController().signal }, silentLog);
    await opened.close();
    expect(seen).toEqual([12]);
    const state = await inspect("race", async (raw) => (await raw.getJob("run-11"))?.getState());
    expect(["waiting", "delayed"]).toContain(state);
  });

  test("leaves the waiting job of a process that lives, and those of other sources", async () => {
    const planted = [
      { source: "shared", run: 5 },
      { source: "other", run: 6 },
    ];
    for (const job of planted) await inspect(job.source, (raw) => raw.add("run", job, { jobId: `run-${job.run}` }));
    const seen: number[] = [];
    await work(7, "shared", async (run) => {
      seen.push(run);
      return reportOf(run);
    }).report;
    expect(seen).toEqual([7]);
    for (const { source, run } of planted) {
      const state = await inspect(source, async (raw) => (await raw.getJob(`run-${run}`))?.getState());
      expect(["waiting", "delayed"]).toContain(state);
    }
  });

  test("is not blocked by a job whose process was killed at work", async () => {
    await inspect("killed", (raw) => raw.add("run", { run: 1, source: "killed" }, { jobId: "run-1" }));
    const victim = store.worker("local-killed");
    expect((await victim.getNextJob("token"))?.id).toBe("run-1");
    await victim.close(true);
    await expect(work(2, "killed", async (run) => reportOf(run)).report).resolves.toMatchObject({ run: 2 });
  });

  test("works a number again that an earlier mirror has used", async () => {
    await work(8, "again", async (run) => reportOf(run)).report;
    await expect(work(8, "again", async (run) => reportOf(run)).report).resolves.toMatchObject({ run: 8 });
  });

  test("passes an interruption on to the run", async () => {
    const person = new AbortController();
    const { report } = work(
      44,
      "stopped",
      async (run, _tell, signal) => {
        person.abort();
        return { ...reportOf(run), outcome: signal.aborted ? "interrupted" : "ok" };
      },
      person.signal,
    );
    expect((await report).outcome).toBe("interrupted");
  });

  test("works all runs that several processes ask of one source at the same moment", async () => {
    const runs = [51, 52, 53, 54, 55, 56];
    const reports = runs.map((run) => work(run, "crowd", async () => reportOf(run)).report);
    expect((await Promise.all(reports)).map(({ run }) => run)).toEqual(runs);
  });

  test("says that its job vanished instead of waiting for ever", async () => {
    await inspect("paused", (raw) => raw.pause());
    await expect(work(3, "paused", async (run) => reportOf(run)).report).rejects.toMatchObject({ code: "DB023" });
  });

  test("keeps few finished jobs", async () => {
    for (let run = 1; run <= 23; run++) await work(run, "kept", async () => reportOf(run)).report;
    expect(await inspect("kept", (raw) => raw.getCompletedCount())).toBe(20);
  });

  test("tells doctor what it is and how quick", async () => {
    const check = await checkQueue(store.options);
    expect(check).toMatchObject({ name: "queue", state: "ok", fix: null });
    expect(check.message).toMatch(
      new RegExp(`^BullMQ on ${kind} \\d.* ms a round trip; no worker is alive; jobs waiting: 0, worked on: 0$`),
    );
  });
});

function progressOf(pages: number): RunEvent {
  return { type: "progress", stream: "users", fetched: pages * 100, expected: 400, pages };
}
