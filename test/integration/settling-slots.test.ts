/** Slots decided, by several processes at once and by clocks that go wrong. */

import { silentLog } from "../../src/domain/log";
import type { SettleFacts, SlotRef } from "../../src/domain/slots";
import { startClock } from "../../src/schedule/clock";
import { eventually } from "../support/eventually";
import { dueAt, everySecond, openSlotWorld, SCHEDULE, type SlotWorld } from "../support/slot-world";

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

const settledUntil = async () => (await slots.sql("select settled_until from sync.schedules"))[0]?.settled_until;
const never = (): never => {
  throw new Error("there is nothing to decide");
};

describe("settling", () => {
  test("a source met for the first time begins now", async () => {
    const { now, decided } = await slots.settle();
    expect(decided.length).toBeLessThanOrEqual(1);
    expect(await slots.store.remembered("acme")).toEqual(SCHEDULE);
    expect(await slots.store.remembered("other")).toBeNull();
    expect((await slots.store.clockSeenAt()).clockSeenAt).toBe(now.toISOString());
  });

  test("five processes at once decide each slot once", async () => {
    await slots.settle();
    await slots.clockWasAway("20 seconds");
    const answers = await slots.atOnce(
      (one) => slots.settle(everySecond, one),
      "select from sync.schedules for update",
    );
    const all = answers.flatMap(({ decided }) => decided);
    const moments = all.map(({ slot }) => slot.toISOString()).sort();
    expect(moments.length).toBeGreaterThanOrEqual(20);
    expect(new Set(moments).size).toBe(moments.length);
    const rows = await slots.sql("select slot from sync.slots where due_at = slot order by slot");
    expect(rows.map(({ slot }) => slot)).toEqual(moments);
  });

  test("five processes at once meet a source for the first time", async () => {
    await slots.atOnce((one) => slots.settle(everySecond, one));
    expect(await slots.sql("select source from sync.schedules")).toEqual([{ source: "acme" }]);
  });

  test("takes no longer for all the runs that there were", async () => {
    await slots.settle();
    await slots.sql(`insert into sync.runs (source, mode, options, trigger, state, outcome)
      select 'acme', 'sync', '{}', '{}', 'finished', 'ok' from generate_series(1, 30000)`);
    await slots.hold(await slots.begin(await slots.due()), async () => {
      const began = performance.now();
      await slots.settle();
      expect(performance.now() - began).toBeLessThan(500);
    });
  });

  test("what is stored never goes back, and a clock that did a little decides nothing", async () => {
    await slots.settle();
    await slots.clockWasAway("-50 seconds");
    const before = await settledUntil();
    const edited = { ...SCHEDULE, cron: "0 0 * * *" };
    expect((await slots.store.settle("acme", edited, never)).decided).toEqual([]);
    expect(await settledUntil()).toBe(before);
    expect(await slots.store.remembered("acme")).toEqual(edited);
  });

  describe("by a clock that was a month ahead and is set back", () => {
    /** Slots of the last minutes, numbered by how many ago; those of 3 and 2 came while the clock was wrong. */
    const minutesAgo = (minutes: number) => new Date(Math.floor(Date.now() / 60_000 - minutes) * 60_000);
    beforeEach(async () => {
      await slots.settle(() => []);
      await slots.sql(
        `with wrong as (select now() + interval '30 days' as at)
         insert into sync.slots (source, slot, state, due_at, covered_by, created_at)
         select 'acme', slot, state, due_at, covered_by, created_at from wrong, lateral (values
           ($1::timestamptz, 'done', $1::timestamptz, null::timestamptz, $1::timestamptz),
           ($2, 'due', at, null, $2),
           ($3, 'covered', $3, at, at),
           (at - interval '1 hour', 'done', at, null, at),
           (at, 'due', at, null, at)) as slots (slot, state, due_at, covered_by, created_at)`,
        [minutesAgo(5), minutesAgo(4), minutesAgo(3)],
      );
      await slots.clockWasAway("-30 days");
    });

    test("slots are decided anew since the last one before, and that one goes on at once", async () => {
      const seen: SettleFacts[] = [];
      const settled = await slots.settle((facts) => {
        seen.push(facts);
        return [dueAt(minutesAgo(3)), dueAt(minutesAgo(2))];
      });
      expect(seen).toMatchObject([{ settledUntil: minutesAgo(4) }]);
      expect(settled.setBackFrom?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000);
      expect(await settledUntil()).toBe(settled.now.toISOString());
      expect(await slots.sql("select slot, state, due_at <= now() as come from sync.slots order by slot")).toEqual(
        ["done", "due", "due", "due"].map((state, index) => ({
          slot: minutesAgo(5 - index).toISOString(),
          state,
          come: true,
        })),
      );
      expect(await slots.settle(() => [])).toMatchObject({ setBackFrom: null });
    });

    test("a source that nobody schedules any more does not hide that a scheduler is there", async () => {
      const wrong = await settledUntil();
      expect((await slots.store.clockSeenAt()).clockSeenAt).toBe(wrong);
      const { now } = await slots.store.settle("other", SCHEDULE, () => []);
      expect((await slots.store.clockSeenAt()).clockSeenAt).toBe(now.toISOString());
    });

    test("a scheduler that was running says so once, and its slots come again", async () => {
      const told: string[] = [];
      const clock = startClock({
        slots: slots.store,
        put: async () => undefined,
        schedules: async () => [
          { source: "acme", schedule: { ...SCHEDULE, cron: "* * * * * *" }, broken: null },
          { source: "far", schedule: { ...SCHEDULE, cron: "0 0 1 1 *" }, broken: null },
        ],
        log: { ...silentLog, warn: (message, fields) => void told.push(`${fields?.source}: ${message}`) },
      });
      const wrong = "select from sync.schedules where settled_until > now() + interval '1 minute'";
      await eventually(
        () =>
          slots.sql(
            `select from sync.slots where slot > now() - interval '3 seconds' and slot <= now()
             and exists (select from sync.schedules where source = 'far')`,
          ),
        (rows) => rows.length > 0,
      );
      // As it looks to one that looked while the clock was wrong.
      await slots.clockWasAway("-30 days");
      await eventually(
        () => slots.sql(wrong),
        (rows) => rows.length === 0,
      );
      await clock.stop();
      const line = "the database's clock was set back; slots are decided anew";
      expect(told.filter((one) => one.endsWith(line)).sort()).toEqual([
        `acme: ${line}`,
        `acme: ${line}`,
        `far: ${line}`,
      ]);
    }, 30_000);
  });

  test("the clock of the process does not count", async () => {
    await slots.settle();
    await slots.clockWasAway("10 seconds");
    const [{ now }] = await slots.sql("select clock_timestamp() as now");
    const clock = jest.spyOn(Date, "now").mockReturnValue(0);
    try {
      const settled = await slots.settle();
      expect(settled.now >= new Date(now)).toBe(true);
      expect(settled.decided.length).toBeGreaterThanOrEqual(10);
    } finally {
      clock.mockRestore();
    }
  });

  test("nothing is written when another process has just settled", async () => {
    await slots.settle();
    const version = "select xmin::text, xmax::text from sync.schedules";
    const before = await slots.sql(version);
    await Promise.all(slots.stores.map((one) => slots.settle(() => [], one)));
    expect(await slots.sql(version)).toEqual(before);
    await slots.clockWasAway("4 seconds");
    const { now } = await slots.settle(() => []);
    expect(await settledUntil()).toBe(now.toISOString());
  });

  test("the run that works at the source is told, as long as it lives", async () => {
    const seen: unknown[] = [];
    const look = async () => {
      await slots.clockWasAway("10 seconds");
      await slots.settle(({ runningRun }) => {
        seen.push(runningRun);
        return [];
      });
    };
    const slot = await slots.due();
    await slots.settle();
    const run = await slots.begin(slot);
    await slots.hold(run, look);
    await look();
    expect(seen).toEqual([run, null]);
  });

  test("a schedule that was taken away and comes back catches nothing up", async () => {
    await slots.settle();
    await slots.clockWasAway("1 hour");
    await slots.store.forget("acme");
    expect((await slots.settle()).decided.length).toBeLessThanOrEqual(1);
  });

  test("a schedule that was taken away while nobody scheduled is forgotten by who begins to", async () => {
    await slots.settle();
    await slots.due();
    const put: SlotRef[] = [];
    const clock = startClock({
      slots: slots.store,
      put: async (due) => void put.push(...due),
      schedules: async () => [{ source: "acme", schedule: null, broken: null }],
      log: silentLog,
    });
    await eventually(
      () => slots.sql("select state from sync.slots"),
      ([slot]) => slot.state === "missed",
    );
    await clock.stop();
    expect(put).toEqual([]);
    expect(await slots.store.remembered("acme")).toBeNull();
  });

  test("a covered slot shows the run of the one that caught it up", async () => {
    const [early, late] = [new Date("2026-11-20T02:15:00Z"), new Date("2026-11-20T03:15:00Z")];
    await slots.settle();
    await slots.clockWasAway("5 days");
    await slots.settle(() => [
      { slot: early, state: "covered", dueAt: early, coveredBy: late, note: "caught up" },
      dueAt(late),
    ]);
    await slots.setSchedule({ grace: 1e14 });
    const run = await slots.begin({ source: "acme", slot: late.toISOString() });
    const [latest, older, ...more] = await slots.store.list("acme", 10);
    expect(more).toEqual([]);
    expect(latest).toEqual({
      source: "acme",
      slot: late.toISOString(),
      dueAt: late.toISOString(),
      state: "running",
      run,
      attempts: 1,
      crashes: 0,
      note: null,
    });
    expect(older).toMatchObject({ slot: early.toISOString(), state: "covered", run, note: "caught up" });
    expect(await slots.store.latest(["acme", "other"])).toEqual(new Map([["acme", latest]]));
  });
});
