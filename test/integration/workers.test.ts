/** Workers of the shared queue, on both servers. */
import type { RunEvent } from "../../src/domain/run-events";
import { openRunQueue } from "../../src/schedule/open-run-queue";
import { eventually } from "../support/eventually";
import { QUEUE_SERVERS, reportOf } from "../support/queue-servers";
import { gateFor, nothing, progressOf, slotOf, testsOnStage } from "../support/worker-stage";

describe.each(QUEUE_SERVERS)("workers on $kind", ({ start, isHere }) => {
  const { test, testAlone } = testsOnStage({ start, isHere });

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
