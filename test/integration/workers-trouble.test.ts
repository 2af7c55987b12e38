/** Workers of the shared queue when something goes wrong: all is lost, a handler throws, a process is killed, or told to end. */
import { once } from "node:events";
import Redis from "ioredis";
import { Failure } from "../../src/domain/errors";
import { type Log, silentLog } from "../../src/domain/log";
import { openRunQueue } from "../../src/schedule/open-run-queue";
import { eventually } from "../support/eventually";
import { SHORT_LOCK, startQueueProcess } from "../support/queue-process";
import { QUEUE_SERVERS, type QueueServer, reportOf } from "../support/queue-servers";
import { gateFor, nothing, slotOf, testsOnStage } from "../support/worker-stage";

describe.each(QUEUE_SERVERS)("workers on $kind", ({ kind, start, isHere }) => {
  const { test } = testsOnStage({ start, isHere });

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
});

/** What is no JSON at all, as another program may leave it. */
async function plantGarbage(server: QueueServer): Promise<void> {
  const client = new Redis(server.options.redisUrl ?? "");
  const prefix = `{understudy-${server.options.namespace}}:runs`;
  await client.hset(`${prefix}:broken`, { name: "run", data: "{not json", opts: "{}", timestamp: "1" });
  await client.rpush(`${prefix}:wait`, "broken");
  client.disconnect();
}
