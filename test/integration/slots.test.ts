/** Slots decided, begun and ended by several processes at once. */

import type { AwaitedSlot } from "../../src/domain/awaited-slot";
import { silentLog } from "../../src/domain/log";
import type { SettleFacts, SlotDecision, SlotRef } from "../../src/domain/slots";
import { SlotStore } from "../../src/mirror/slot-store";
import { startClock } from "../../src/schedule/clock";
import { eventually } from "../support/eventually";
import { openSlotWorld, reportOf, SCHEDULE, type SlotWorld } from "../support/slot-world";

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

/** Every whole second is a slot. */
function everySecond({ settledUntil, now }: SettleFacts): SlotDecision[] {
  const decided: SlotDecision[] = [];
  const first = Math.floor(settledUntil.getTime() / 1000) * 1000 + 1000;
  for (let at = first; at <= now.getTime(); at += 1000) decided.push(dueAt(new Date(at)));
  return decided;
}
const dueAt = (slot: Date): SlotDecision => ({ slot, state: "due", dueAt: slot, coveredBy: null, note: null });
const settle = (by = slots.store, decide: (facts: SettleFacts) => SlotDecision[] = everySecond) =>
  by.settle("acme", SCHEDULE, decide);
const settledUntil = async () => (await slots.sql("select settled_until from sync.schedules"))[0]?.settled_until;
const never = (): never => {
  throw new Error("there is nothing to decide");
};

describe("settling", () => {
  test("a source met for the first time begins now", async () => {
    const { now, decided } = await settle();
    expect(decided.length).toBeLessThanOrEqual(1);
    expect(await slots.store.remembered("acme")).toEqual(SCHEDULE);
    expect(await slots.store.remembered("other")).toBeNull();
    expect((await slots.store.clockSeenAt()).clockSeenAt).toBe(now.toISOString());
  });

  test("five processes at once decide each slot once", async () => {
    await settle();
    await slots.clockWasAway("20 seconds");
    const answers = await slots.atOnce((one) => settle(one), "select from sync.schedules for update");
    const all = answers.flatMap(({ decided }) => decided);
    const moments = all.map(({ slot }) => slot.toISOString()).sort();
    expect(moments.length).toBeGreaterThanOrEqual(20);
    expect(new Set(moments).size).toBe(moments.length);
    const rows = await slots.sql("select slot from sync.slots where due_at = slot order by slot");
    expect(rows.map(({ slot }) => slot)).toEqual(moments);
  });

  test("five processes at once meet a source for the first time", async () => {
    await slots.atOnce((one) => settle(one));
    expect(await slots.sql("select source from sync.schedules")).toEqual([{ source: "acme" }]);
  });

  test("takes no longer for all the runs that there were", async () => {
    await settle();
    await slots.sql(`insert into sync.runs (source, mode, options, trigger, state, outcome)
      select 'acme', 'sync', '{}', '{}', 'finished', 'ok' from generate_series(1, 30000)`);
    await slots.hold(await slots.begin(await slots.due()), async () => {
      const began = performance.now();
      await settle();
      expect(performance.now() - began).toBeLessThan(500);
    });
  });

  test("what is stored never goes back, and a clock that did a little decides nothing", async () => {
    await settle();
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
      await settle(slots.store, () => []);
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
      const settled = await settle(slots.store, (facts) => {
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
      expect(await settle(slots.store, () => [])).toMatchObject({ setBackFrom: null });
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
    await settle();
    await slots.clockWasAway("10 seconds");
    const [{ now }] = await slots.sql("select clock_timestamp() as now");
    const clock = jest.spyOn(Date, "now").mockReturnValue(0);
    try {
      const settled = await settle();
      expect(settled.now >= new Date(now)).toBe(true);
      expect(settled.decided.length).toBeGreaterThanOrEqual(10);
    } finally {
      clock.mockRestore();
    }
  });

  test("nothing is written when another process has just settled", async () => {
    await settle();
    const version = "select xmin::text, xmax::text from sync.schedules";
    const before = await slots.sql(version);
    await Promise.all(slots.stores.map((one) => settle(one, () => [])));
    expect(await slots.sql(version)).toEqual(before);
    await slots.clockWasAway("4 seconds");
    const { now } = await settle(slots.store, () => []);
    expect(await settledUntil()).toBe(now.toISOString());
  });

  test("the run that works at the source is told, as long as it lives", async () => {
    const seen: unknown[] = [];
    const look = async () => {
      await slots.clockWasAway("10 seconds");
      await settle(slots.store, ({ runningRun }) => {
        seen.push(runningRun);
        return [];
      });
    };
    const slot = await slots.due();
    await settle();
    const run = await slots.begin(slot);
    await slots.hold(run, look);
    await look();
    expect(seen).toEqual([run, null]);
  });

  test("a schedule that was taken away and comes back catches nothing up", async () => {
    await settle();
    await slots.clockWasAway("1 hour");
    await slots.store.forget("acme");
    expect((await settle()).decided.length).toBeLessThanOrEqual(1);
  });

  test("a schedule that was taken away while nobody scheduled is forgotten by who begins to", async () => {
    await settle();
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

  describe("sources of which nothing is to be decided", () => {
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

  test("a covered slot shows the run of the one that caught it up", async () => {
    const [early, late] = [new Date("2026-11-20T02:15:00Z"), new Date("2026-11-20T03:15:00Z")];
    await settle();
    await slots.clockWasAway("5 days");
    await settle(slots.store, () => [
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

describe("beginning", () => {
  test.each([
    ["its source", "sync.schedules"],
    ["a source whose schedule nobody remembers", "sync.slots"],
  ])("five workers at once: one begins a slot of %s, with a run of the schedule", async (_what, locked) => {
    const slot = await slots.due();
    await settle();
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
    await settle();
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
    await settle();
    await slots.setSchedule({ grace: 120_000, jitter: 60_000 });
    const [old, young] = [await slots.due({ minutesAgo: 4 }), await slots.due({ minutesAgo: 2 })];
    expect(await slots.store.begin(old)).toEqual({ state: "over" });
    expect(await slots.rowOf(old)).toMatchObject({ state: "missed", attempts: 0, decided: true });
    expect((await slots.rowOf(old)).note).toContain("longer than grace");
    expect((await slots.store.begin(young)).state).toBe("begun");
  });

  test("one that was tried and has become too old has failed, and keeps why", async () => {
    await settle();
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
    await settle();
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
    await settle();
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
