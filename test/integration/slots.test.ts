/** Slots begun and ended by several processes at once. */

import { SlotStore } from "../../src/mirror/slot-store";
import { openSlotWorld, reportOf, type SlotWorld } from "../support/slot-world";

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

describe("beginning", () => {
  test.each([
    ["its source", "sync.schedules"],
    ["a source whose schedule nobody remembers", "sync.slots"],
  ])("five workers at once: one begins a slot of %s, with a run of the schedule", async (_what, locked) => {
    const slot = await slots.due();
    await slots.settle();
    if (locked === "sync.slots") await slots.sql("delete from sync.schedules");
    const answers = await slots.atOnce((one) => one.begin(slot), `select from ${locked} for update`);
    expect(answers.map(({ state }) => state).sort()).toEqual(["begun", "over", "over", "over", "over"]);
    const [run, ...others] = await slots.sql("select * from sync.runs");
    expect(others).toEqual([]);
    expect(run).toMatchObject({ source: "acme", mode: "sync", state: "queued" });
    expect(run.trigger).toEqual({ kind: "schedule", by: "schedule", reason: null, slot: slot.slot });
    expect(await slots.rowOf(slot)).toMatchObject({ state: "running", attempts: 1, run: run.id, decided: false });
    expect(await slots.store.due()).not.toContainEqual({ ...slot, crashes: 0 });
  });

  test("what is unknown or not yet due is not begun", async () => {
    const slot = await slots.due();
    expect(await slots.store.due()).toEqual([{ ...slot, crashes: 0 }]);
    await slots.sql("update sync.slots set due_at = now() + interval '1 minute'");
    expect(await slots.store.due()).toEqual([]);
    expect(await slots.store.begin(slot)).toEqual({ state: "over" });
    expect(await slots.store.begin({ ...slot, source: "other" })).toEqual({ state: "over" });
  });

  test("two slots of one source do not begin together", async () => {
    await slots.settle();
    const [one, two] = [await slots.due({ minutesAgo: 1 }), await slots.due({ minutesAgo: 2 })];
    const answers = await Promise.all([one, two].map((slot, index) => slots.stores[index]?.begin(slot)));
    expect(answers.map((answer) => answer?.state).sort()).toEqual(["begun", "wait"]);
  });

  test("a slot waits while its source is being worked on, whoever does", async () => {
    const slot = await slots.due();
    const options = { mode: "sync", only: null, user: null, full: false, planId: null } as const;
    const run = await slots.runs.queue("acme", options, { kind: "cli", by: "ops@desk", reason: null });
    await slots.hold(run, async () => {
      expect(await slots.store.due()).toEqual([]);
      expect(await slots.store.begin(slot)).toEqual({ state: "wait" });
    });
    expect(await slots.rowOf(slot)).toMatchObject({ state: "due", attempts: 0 });
    expect(await slots.store.due()).toEqual([{ ...slot, crashes: 0 }]);
    expect((await slots.store.begin(slot)).state).toBe("begun");
  });

  test("those that waited longest are put first, and none while one of their source is under way", async () => {
    const [newest, , , oldest] = await Promise.all([1, 2, 3, 4].map((minutesAgo) => slots.due({ minutesAgo })));
    const other = await slots.due({ source: "other", minutesAgo: 9 });
    const put = (await slots.store.due()).map(({ source, slot }) => ({ source, slot }));
    expect(put).toHaveLength(4);
    expect(put.slice(0, 2)).toEqual([other, oldest]);
    expect(put).not.toContainEqual(newest);
    await slots.begin(put[1] ?? other);
    expect(await slots.store.due()).toEqual([{ ...other, crashes: 0 }]);
  });

  test("a slot that waited for longer than grace is missed; jitter does not count to it", async () => {
    await slots.settle();
    await slots.setSchedule({ grace: 120_000, jitter: 60_000 });
    const [old, young] = [await slots.due({ minutesAgo: 4 }), await slots.due({ minutesAgo: 2 })];
    expect(await slots.store.begin(old)).toEqual({ state: "over" });
    expect(await slots.rowOf(old)).toMatchObject({ state: "missed", attempts: 0, decided: true });
    expect((await slots.rowOf(old)).note).toContain("longer than grace");
    expect((await slots.store.begin(young)).state).toBe("begun");
  });

  test("one that was tried and has become too old has failed, and keeps why", async () => {
    await slots.settle();
    const slot = await slots.due({ minutesAgo: 2 });
    await slots.finish(slot, await slots.begin(slot), "RUN004");
    await slots.setSchedule({ grace: 0 });
    expect(await slots.store.begin(slot)).toEqual({ state: "over" });
    const note = "its worker was told to end; too late to try again within grace";
    expect(await slots.rowOf(slot)).toMatchObject({ state: "failed", note });
  });
});

describe("ending", () => {
  test("what failed for now is due again after a pause that doubles, a few times", async () => {
    await slots.settle();
    const slot = await slots.due();
    const store = new SlotStore(slots.database, { attempts: 3, pause: 30_000 });
    for (const dueIn of [30, 60]) {
      await slots.finish(slot, await slots.begin(slot), "UPS003", store);
      expect(await slots.rowOf(slot)).toMatchObject({ state: "due", dueIn, decided: false });
      await slots.pauseIsOver();
    }
    await slots.finish(slot, await slots.begin(slot), "UPS003", store);
    const note = "UPS003: the customer's system is failing, after 3 attempts";
    expect(await slots.rowOf(slot)).toMatchObject({ state: "failed", attempts: 3, note, decided: true });
  });

  test("it is not due again after grace", async () => {
    await slots.settle();
    await slots.setSchedule({ grace: 150_000 });
    const slot = await slots.due({ minutesAgo: 2 });
    await slots.finish(slot, await slots.begin(slot), "UPS003");
    expect(await slots.rowOf(slot)).toMatchObject({ state: "failed", attempts: 1 });
  });

  test("a worker that was told to end leaves the slot to the next, as if it had not begun", async () => {
    const slot = await slots.due();
    await slots.finish(slot, await slots.begin(slot), "RUN004");
    expect(await slots.rowOf(slot)).toMatchObject({ state: "due", attempts: 0, dueIn: 0 });
    expect(await slots.store.due()).toEqual([{ ...slot, crashes: 0 }]);
  });

  test("what the run's row says counts, not what a process thinks that lost its connection with the commit", async () => {
    const slot = await slots.due();
    const run = await slots.begin(slot);
    await slots.desk.end(reportOf(run));
    await slots.store.end(slot, reportOf(run, "DB001"));
    expect(await slots.rowOf(slot)).toMatchObject({ state: "done", run, note: null, decided: true });
  });

  test("a run whose own end could not be stored is ended with its slot", async () => {
    const slot = await slots.due();
    const run = await slots.begin(slot);
    await slots.store.end(slot, reportOf(run, "UPS005"));
    const note = "UPS005: the customer's system refused our credentials";
    expect(await slots.rowOf(slot)).toMatchObject({ state: "failed", note });
    expect(await slots.runs.runState(run)).toMatchObject({ state: "finished", outcome: "interrupted" });
  });
});
