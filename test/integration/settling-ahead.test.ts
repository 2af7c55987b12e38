/** Sources of which nothing is to be decided, settled all at once. */

import type { AwaitedSlot } from "../../src/domain/awaited-slot";
import { silentLog } from "../../src/domain/log";
import { startClock } from "../../src/schedule/clock";
import { eventually } from "../support/eventually";
import { openSlotWorld, SCHEDULE, type SlotWorld } from "../support/slot-world";

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

describe("settling sources of which nothing is to be decided", () => {
  const MINUTE = 60_000;
  const NAMES = ["a", "b", "c"];
  /** All were settled a minute ago, and their next slots are an hour away. */
  async function awaited(): Promise<AwaitedSlot[]> {
    for (const source of NAMES) await slots.store.settle(source, SCHEDULE, () => []);
    await slots.clockWasAway("1 minute");
    const rows = await slots.sql("select settled_until as until from sync.schedules order by source");
    return NAMES.map((source, index) => ({
      source,
      schedule: SCHEDULE,
      settledUntil: new Date(rows[index].until),
      next: index === 0 ? null : new Date(Date.now() + 60 * MINUTE),
    }));
  }
  const until = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await slots.sql("select source, settled_until from sync.schedules")).map((row) => [
        row.source,
        row.settled_until,
      ]),
    );
  const isLate = (time: string | undefined) => Date.parse(time ?? "") < Date.now() - MINUTE / 2;

  test("are settled at once, and found so by whoever comes next", async () => {
    const all = await awaited();
    const settled = await slots.store.settleAhead(all);
    const now = await until();
    expect([...settled.keys()].sort()).toEqual(NAMES);
    expect(NAMES.map((source) => settled.get(source)?.toISOString())).toEqual(NAMES.map((source) => now[source]));
    expect(Object.values(now).filter(isLate)).toEqual([]);
    expect(await slots.store.settleAhead(all)).toEqual(settled);
    expect(await until()).toEqual(now);
  });

  test("one that was settled by a clock which was set back is left to be settled by itself", async () => {
    const all = await awaited();
    await slots.sql("update sync.schedules set settled_until = now() + interval '30 days' where source = 'b'");
    expect([...(await slots.store.settleAhead(all)).keys()].sort()).toEqual(["a", "c"]);
  });

  test.each<[string, (one: AwaitedSlot) => AwaitedSlot]>([
    ["whose slot has come", (one) => ({ ...one, next: new Date(Date.now() - 1) })],
    ["with another schedule", (one) => ({ ...one, schedule: { ...SCHEDULE, jitter: 7 } })],
    ["of which less is settled than was thought", (one) => ({ ...one, settledUntil: new Date() })],
    ["that is no longer scheduled", (one) => ({ ...one, source: "gone" })],
  ])("one %s is left to be settled by itself", async (_what, change) => {
    const [first, second, third] = await awaited();
    const settled = await slots.store.settleAhead([first!, change(second!), third!]);
    expect([...settled.keys()].sort()).toEqual(["a", "c"]);
    const { a, b, c } = await until();
    expect([a, b, c].map(isLate)).toEqual([false, true, false]);
  });

  test("one that somebody else settles is not waited for", async () => {
    const all = await awaited();
    await slots.database.transaction(async (client) => {
      await client.query("select from sync.schedules where source = 'b' for update");
      expect([...(await slots.store.settleAhead(all)).keys()].sort()).toEqual(NAMES);
    });
    const { a, b, c } = await until();
    expect([a, b, c].map(isLate)).toEqual([false, true, false]);
  });

  test("the clock settles each by itself once", async () => {
    const files = NAMES.map((source) => ({ source, schedule: { ...SCHEDULE, cron: "0 0 1 1 *" }, broken: null }));
    const [one, ahead] = [jest.spyOn(slots.store, "settle"), jest.spyOn(slots.store, "settleAhead")];
    const clock = startClock({
      slots: slots.store,
      put: async () => undefined,
      schedules: async () => files,
      log: silentLog,
    });
    await eventually(
      () => Promise.all(ahead.mock.results.map(({ value }) => value)),
      (answers) => answers.filter((answer) => answer.size === NAMES.length).length === 2,
    );
    await clock.stop();
    expect(one).toHaveBeenCalledTimes(NAMES.length);
    jest.restoreAllMocks();
  }, 30_000);
});
