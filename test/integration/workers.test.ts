/** Workers of the shared queue, on both servers. */
import { EventEmitter, once } from "node:events";
import Redis from "ioredis";
import { Failure } from "../../src/domain/errors";
import { type Log, silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import { openRunQueue, type QueueOptions, type RunQueue } from "../../src/schedule/open-run-queue";
import type { DueSlot } from "../../src/schedule/ports";
import type { RunWorker, ServeOptions } from "../../src/schedule/serve-runs";
import { eventually } from "../support/eventually";
import { SHORT_LOCK, startQueueProcess } from "../support/queue-process";
import { QUEUE_SERVERS, type QueueServer, reportOf } from "../support/queue-servers";

describe.each(QUEUE_SERVERS)("workers on $kind", ({ kind, start, isHere }) => {
  const onStage = (body: (stage: Stage) => Promise<void>) => async (): Promise<void> => {
    const server = await start();
    const stage = await setStage(server);
    await body(stage).finally(stage.close);
  };
  /** Most of a test is waiting for the queue, which they do beside each other. */
  const test = (name: string, body: (stage: Stage) => Promise<void>, patience?: number) =>
    (isHere ? globalThis.test.concurrent : globalThis.test.skip)(name, onStage(body), patience);
  const testAlone = (name: string, body: (stage: Stage) => Promise<void>) =>
    (isHere ? globalThis.test : globalThis.test.skip)(name, onStage(body));

  test("takes runs of people and slots, and keeps of them what is said", async ({
    outside,
    serve,
    inspect,
    isEmpty,
  }) => {
    const done: unknown[] = [];
    await serve({
      onRun: async (run) => {
        done.push(run);
        return reportOf(run, { notes: ["jane@example.com"] });
      },
      onSlot: async (slot) => done.push(slot),
    });
    await outside.putSlots([slotOf("acme", 1)]);
    await outside.putRun({ run: 7, source: "acme" });
    await eventually(
      async () => done.length,
      (count) => count === 2,
    );
    await isEmpty();
    expect(done).toContainEqual({ source: "acme", slot: slotOf("acme", 1).slot });
    expect(done).toContain(7);
    const [run, ...rest] = await inspect((raw) => raw.getJobs(["completed", "failed"]));
    expect(rest).toEqual([]);
    expect(run).toMatchObject({
      id: "run-7",
      data: { run: 7, source: "acme" },
      returnvalue: { outcome: "ok", exitCode: 0 },
    });
    expect(JSON.stringify(run?.toJSON())).not.toContain("jane@example.com");
  });

  test("a slot is one job while it waits or is worked on, and can be put again afterwards", async ({
    outside,
    serve,
    isEmpty,
  }) => {
    const seen: string[] = [];
    const gate = gateFor();
    const again = slotOf("acme", 1);
    await Promise.all([outside.putSlots([again, again]), outside.putSlots([again])]);
    await outside.putSlots([again, slotOf("acme", 2)]);
    expect(await outside.counts()).toEqual({ waiting: 2, active: 0, delayed: 0 });
    await serve({
      concurrency: 1,
      onSlot: async ({ slot }) => {
        seen.push(slot);
        await gate.wait();
      },
    });
    await gate.reached();
    await outside.putSlots([again]);
    gate.open();
    await eventually(
      async () => seen.length,
      (count) => count === 2,
    );
    await isEmpty();
    await outside.putSlots([again]);
    await eventually(
      async () => seen.length,
      (count) => count === 3,
    );
    await isEmpty();
    expect(seen).toEqual([again.slot, slotOf("acme", 2).slot, again.slot]);
  });

  test("after a crash a slot is another job, for the old one may still look alive", async ({ outside }) => {
    await outside.putSlots([slotOf("acme", 1), { ...slotOf("acme", 1), crashes: 1 }]);
    expect((await outside.counts()).waiting).toBe(2);
  });

  test("what people ask for goes before what the schedule wants", async ({ outside, serve }) => {
    await outside.putSlots([slotOf("acme", 1), slotOf("acme", 2)]);
    await outside.putRun({ run: 3, source: "acme" });
    const order: unknown[] = [];
    await serve({
      concurrency: 1,
      onRun: async (run) => {
        order.push(run);
        return reportOf(run);
      },
      onSlot: async ({ slot }) => order.push(slot),
    });
    await eventually(
      async () => order.length,
      (count) => count === 3,
    );
    expect(order).toEqual([3, slotOf("acme", 1).slot, slotOf("acme", 2).slot]);
  });

  testAlone("several workers together keep to the total, and rest while it is reached", async ({ outside, serve }) => {
    let [now, most, done] = [0, 0, 0];
    const gate = gateFor();
    const onSlot = async () => {
      now += 1;
      most = Math.max(most, now);
      await gate.wait();
      now -= 1;
      done += 1;
    };
    await Promise.all([1, 2].map(() => serve({ concurrency: 3, totalConcurrency: 1, onSlot })));
    await outside.putSlots([1, 2, 3, 4, 5].map((n) => slotOf("acme", n)));
    await gate.reached();
    const before = process.cpuUsage();
    const began = Date.now();
    await eventually(
      async () => Date.now() - began,
      (passed) => passed > 1_500,
    );
    const { user, system } = process.cpuUsage(before);
    // A worker that asks without a pause needs nearly all of it.
    expect((user + system) / 1_000 / (Date.now() - began)).toBeLessThan(0.6);
    gate.open();
    await eventually(
      async () => done,
      (count) => count === 5,
    );
    expect(most).toBe(1);
  });

  test("a limit that was lifted is gone", async ({ outside, serve }) => {
    await (await serve({ totalConcurrency: 1 })).close();
    let now = 0;
    const gate = gateFor();
    await serve({
      concurrency: 2,
      onSlot: async () => {
        now += 1;
        await gate.wait();
      },
    });
    await outside.putSlots([slotOf("acme", 1), slotOf("acme", 2)]);
    await eventually(
      async () => now,
      (count) => count === 2,
    );
    gate.open();
  });

  test("takes jobs again after all was lost while it waited, and knows its limit", async ({
    server,
    outside,
    serve,
    inspect,
    isEmpty,
  }) => {
    const seen: string[] = [];
    await serve({ concurrency: 1, totalConcurrency: 1, onSlot: async ({ slot }) => seen.push(slot) });
    await outside.putSlots([slotOf("acme", 1)]);
    await eventually(
      async () => seen.length,
      (count) => count === 1,
    );
    await isEmpty();
    await server.upset();
    // What asks while the connections are cut fails; the clock asks again.
    await eventually(
      () =>
        outside
          .putSlots([slotOf("acme", 2)])
          .catch(() => undefined)
          .then(() => new Set(seen).size),
      (slots) => slots === 2,
    );
    await eventually(
      () => inspect((raw) => raw.getGlobalConcurrency()),
      (limit) => limit === 1,
    );
  });

  test("a job at hand is worked to its end although all was lost meanwhile", async ({ server, outside, serve }) => {
    const gate = gateFor();
    const seen: string[] = [];
    await serve({
      concurrency: 1,
      onSlot: async ({ slot }, tell) => {
        tell({ type: "phase", phase: "fetch" });
        await gate.wait();
        tell({ type: "phase", phase: "apply" });
        seen.push(slot);
      },
    });
    await outside.putSlots([slotOf("acme", 1)]);
    await gate.reached();
    await server.upset();
    gate.open();
    await eventually(
      () =>
        outside
          .putSlots([slotOf("acme", 2)])
          .catch(() => undefined)
          .then(() => seen.length),
      (count) => count >= 2,
    );
    expect(seen.slice(0, 2)).toEqual([slotOf("acme", 1).slot, slotOf("acme", 2).slot]);
  });

  test("another program's jobs are set aside with one warning, and ours go on", async ({
    server,
    outside,
    serve,
    inspect,
    isEmpty,
  }) => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => void lines.push(message) };
    await inspect(async (raw) => {
      await raw.addBulk(
        Array.from({ length: 60 }, (_, n) => ({
          name: ["send-mail", "run", "slot"][n % 3] ?? "",
          data: [null, "text", { source: 5 }, { run: n, source: "acme" }, { source: "acme", slot: "never" }, [1]][
            n % 6
          ],
          opts: { attempts: 5, ...(n % 2 === 0 ? { priority: 1 } : { lifo: true }) },
        })),
      );
      await raw.add("run", { run: 1, source: "acme" }, { jobId: "run-2" });
      await raw.add("slot", { source: "acme", slot: slotOf("acme", 1).slot }, { jobId: "slot-other-1-0" });
    });
    if (kind === "Redis") await plantGarbage(server);
    await outside.putSlots([slotOf("acme", 9)]);
    const seen: string[] = [];
    await serve({ onSlot: async ({ slot }) => seen.push(slot) }, { log });
    await isEmpty();
    expect(seen).toEqual([slotOf("acme", 9).slot]);
    expect(await inspect((raw) => raw.getFailedCount())).toBe(kind === "Redis" ? 63 : 62);
    expect(lines).toEqual([expect.stringContaining("another program")]);
  });

  test("what a handler throws is told, keeps only its code in the queue, and the worker goes on", async ({
    outside,
    serve,
    inspect,
  }) => {
    const lines: string[] = [];
    const say = (message: string) => void lines.push(message);
    await serve(
      {
        concurrency: 1,
        onRun: async (run) => {
          if (run === 1) throw new Failure("DB001", "the database of jane@example.com is out of reach");
          if (run === 2) throw new Error("a bug at jane@example.com");
          return reportOf(run);
        },
      },
      { log: { ...silentLog, warn: say, error: say } },
    );
    for (const run of [1, 2, 3]) {
      await outside.putRun({ run, source: "acme" });
      await eventually(
        () => outside.stateOf(run),
        (state) => state === "ended",
      );
    }
    const reasons = await inspect(async (raw) => (await raw.getJobs(["failed"])).map((job) => job.failedReason));
    expect(reasons.sort()).toEqual(["BUG001", "DB001"]);
    expect(lines).toEqual([expect.stringContaining("a job could not be worked"), "a job failed"]);
  });

  test("counts those alive, of this mirror only", async ({ server, outside, serve }) => {
    const other = await server.other();
    const foreign = await openRunQueue(other.options);
    const theirs = await foreign.serve({ concurrency: 1, totalConcurrency: null, onRun: nothing, onSlot: nothing });
    expect([await outside.workers(), await foreign.workers()]).toEqual([0, 1]);
    const [ours] = [await serve({}), await serve({})];
    expect([await outside.workers(), await foreign.workers()]).toEqual([2, 1]);
    await theirs.close();
    await ours.close();
    expect([await outside.workers(), await foreign.workers()]).toEqual([1, 0]);
    await foreign.close();
    await other.drop();
  });

  test("takes back what nobody has begun, and nothing else", async ({ outside, serve }) => {
    const gate = gateFor();
    for (const run of [1, 2]) await outside.putRun({ run, source: "acme" });
    expect(await outside.takeBack(1)).toBe(true);
    expect(await outside.takeBack(1)).toBe(true);
    expect(await outside.takeBack(77)).toBe(true);
    await serve({
      onRun: async (run) => {
        await gate.wait();
        return reportOf(run);
      },
    });
    await gate.reached();
    expect(await outside.takeBack(2)).toBe(false);
    gate.open();
    await eventually(
      () => outside.stateOf(2),
      (state) => state === "ended",
    );
    expect(await outside.takeBack(2)).toBe(true);
  });

  test("closing asks the jobs at hand to end, waits for them and takes no more", async ({ outside, serve }) => {
    const gate = gateFor();
    const reasons: unknown[] = [];
    const worker = await serve({
      concurrency: 1,
      onSlot: async (_slot, _tell, signal) => {
        const asked = once(signal, "abort");
        gate.pass();
        await asked;
        reasons.push(signal.reason);
      },
    });
    await outside.putSlots([slotOf("acme", 1), slotOf("acme", 2)]);
    await gate.reached();
    const began = Date.now();
    await worker.close();
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(reasons).toEqual([expect.objectContaining({ code: "RUN004" })]);
    expect(await outside.counts()).toMatchObject({ waiting: 1, active: 0 });
    expect(await outside.workers()).toBe(0);
  });

  test("closing the queue ends also with a handler that does not", async ({ server, outside }) => {
    const gate = gateFor();
    const queue = await openRunQueue({ ...server.options, lasting: true });
    await queue.serve({
      concurrency: 1,
      totalConcurrency: null,
      onRun: nothing,
      onSlot: () => gate.wait(),
    });
    await outside.putSlots([slotOf("acme", 1)]);
    await gate.reached();
    const began = Date.now();
    await queue.close();
    expect(Date.now() - began).toBeLessThan(15_000);
    gate.open();
  });

  test("the place of a killed worker is free again, and its job is not started by the queue", async ({
    server,
    outside,
    serve,
    isEmpty,
  }) => {
    const victim = startQueueProcess(server.options, 1);
    await victim.ready;
    await outside.putSlots([slotOf("acme", 1)]);
    expect(await victim.took).toBe(slotOf("acme", 1).slot);
    await outside.putSlots([slotOf("acme", 2)]);
    await outside.putRun({ run: 5, source: "acme" });
    await victim.kill();
    const killedAt = Date.now();
    const seen: unknown[] = [];
    await serve({
      totalConcurrency: 1,
      lock: SHORT_LOCK,
      onRun: async (run) => {
        seen.push(run);
        return reportOf(run);
      },
      onSlot: async ({ slot }) => seen.push(slot),
    });
    await eventually(
      async () => seen.length,
      (count) => count > 0,
    );
    expect(Date.now() - killedAt).toBeLessThan(50_000);
    await isEmpty();
    expect(seen).toEqual([5, slotOf("acme", 2).slot]);
    // Its id is free for the clock.
    await outside.putSlots([slotOf("acme", 1)]);
    await eventually(
      async () => seen.length,
      (count) => count === 3,
    );
  }, 150_000);

  test("a listener hears the run that it asks about, and nothing else", async ({ outside, serve }) => {
    const told: RunEvent[] = [1, 2, 3, 4].map((pages) => progressOf(pages));
    await serve({
      onRun: async (run, tell) => {
        for (const event of told) tell(run === 8 ? event : { type: "phase", phase: "fetch" });
        return reportOf(run);
      },
    });
    const heard: RunEvent[] = [];
    const ends: number[] = [];
    const followed = await outside.follow(
      { run: 8, source: "acme" },
      { onEvent: (event) => heard.push(event), onEnded: () => ends.push(8) },
    );
    // One after the other: of jobs that end at the same moment the queue may leave out to tell one, so whoever follows a run looks, too.
    for (const run of [7, 8, 9]) {
      await outside.putRun({ run, source: "acme" });
      await eventually(
        () => outside.stateOf(run),
        (state) => state === "ended",
      );
    }
    await eventually(
      async () => ends.length,
      (count) => count > 0,
    );
    await followed.catchUp();
    await followed.stop();
    expect(heard).toEqual(told);
    expect(ends).toEqual([8]);
  });
});

const nothing = async (): Promise<never> => {
  throw new Error("nobody asked for this");
};

type Stage = Awaited<ReturnType<typeof setStage>>;

async function setStage(server: QueueServer) {
  const opened: RunQueue[] = [];
  async function open(changes: Partial<QueueOptions> = {}): Promise<RunQueue> {
    const queue = await openRunQueue({ ...server.options, lasting: true, ...changes });
    opened.push(queue);
    return queue;
  }
  const outside = await open();
  return {
    server,
    /** Of the command line, or of the clock. */
    outside,
    /** A worker as another machine would have it. */
    async serve(how: Partial<ServeOptions>, changes: Partial<QueueOptions> = {}): Promise<RunWorker> {
      const queue = await open(changes);
      return queue.serve({ concurrency: 2, totalConcurrency: null, onRun: nothing, onSlot: nothing, ...how });
    },
    /** Looks into the queue as any other program would. */
    async inspect<T>(look: (queue: ReturnType<QueueServer["queue"]>) => Promise<T>): Promise<T> {
      const raw = server.queue("runs");
      try {
        return await look(raw);
      } finally {
        await raw.close();
      }
    },
    isEmpty: () =>
      eventually(
        () => outside.counts(),
        ({ waiting, active }) => waiting + active === 0,
      ),
    async close() {
      await Promise.all(opened.map((queue) => queue.close()));
      await server.stop();
    },
  };
}

/** What is no JSON at all, as another program may leave it. */
async function plantGarbage(server: QueueServer): Promise<void> {
  const client = new Redis(server.options.redisUrl ?? "");
  const prefix = `{understudy-${server.options.namespace}}:runs`;
  await client.hset(`${prefix}:broken`, { name: "run", data: "{not json", opts: "{}", timestamp: "1" });
  await client.rpush(`${prefix}:wait`, "broken");
  client.disconnect();
}

const slotOf = (source: string, minute: number): DueSlot => ({
  source,
  slot: new Date(Date.UTC(2026, 10, 24, 2, minute)).toISOString(),
  crashes: 0,
});

const progressOf = (pages: number): RunEvent => ({
  type: "progress",
  stream: "users",
  fetched: pages * 100,
  expected: 400,
  pages,
});

/** Holds whoever comes until it is opened, and tells that somebody came. */
function gateFor() {
  const events = new EventEmitter();
  const came = once(events, "came");
  const opened = once(events, "open");
  return {
    wait: async (): Promise<void> => {
      events.emit("came");
      await opened;
    },
    pass: () => void events.emit("came"),
    reached: async (): Promise<void> => void (await came),
    open: () => void events.emit("open"),
  };
}
