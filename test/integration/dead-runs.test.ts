/** Runs whose process died or was paused: their slots are taken back, and of all attempts one is finished. */

import { endAbandoned } from "../../src/schedule/end-abandoned";
import { eventually } from "../support/eventually";
import { openSlotWorld, reportOf, type SlotWorld } from "../support/slot-world";

const OPTIONS = { mode: "sync", only: null, user: null, full: false, planId: null } as const;

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

const queueRun = (source = "acme") => slots.runs.queue(source, OPTIONS, { kind: "cli", by: "ops@desk", reason: null });
const outcomes = async () => (await slots.sql("select outcome from sync.runs order by id")).map((run) => run.outcome);
const never = async (): Promise<never> => {
  throw new Error("this run must not begin");
};

describe("slots", () => {
  test("one whose process died is due at once, told once, and set aside after the third time; others go on", async () => {
    const [slot, other] = [await slots.due({ source: "poisoned" }), await slots.due()];
    const otherRun = await slots.begin(other);
    for (const crashes of [1, 2, 3]) {
      const run = await slots.begin(slot);
      await slots.dieOf(run);
      const told = (await slots.atOnce((one) => one.recover())).flat();
      expect(told).toEqual([{ slot, setAside: crashes === 3, crashes }]);
      expect(await slots.rowOf(slot)).toMatchObject({ state: crashes === 3 ? "failed" : "due", crashes });
    }
    expect(await slots.store.begin(slot)).toEqual({ state: "over" });
    await slots.finish(other, otherRun);
    expect(await slots.rowOf(other)).toMatchObject({ state: "done", crashes: 0 });
    expect(await slots.store.due()).toEqual([]);
  });

  test("one whose run ended, but whose process could not say so, is booked", async () => {
    const [one, two] = [await slots.due({ source: "one" }), await slots.due({ source: "two" })];
    await slots.desk.end(reportOf(await slots.begin(one)));
    await slots.desk.end(reportOf(await slots.begin(two), "UPS003"));
    expect(await slots.store.recover()).toEqual([]);
    expect(await slots.rowOf(one)).toMatchObject({ state: "done" });
    expect(await slots.rowOf(two)).toMatchObject({ state: "due", dueIn: 60, attempts: 1 });
  });

  test("one whose run was ended by the next run of the source, or left without a report, counts as a crash", async () => {
    const [one, two] = [await slots.due({ source: "one" }), await slots.due({ source: "two" })];
    await slots.dieOf(await slots.begin(one));
    await slots.hold(await queueRun("one"), async () => undefined);
    await slots.sql("update sync.runs set state = 'finished', outcome = 'interrupted' where id = $1", [
      await slots.begin(two),
    ]);
    const told = (await slots.atOnce((store) => store.recover())).flat();
    expect(told).toHaveLength(2);
    for (const slot of [one, two]) expect(told).toContainEqual({ slot, setAside: false, crashes: 1 });
  });

  test("one that lives is left alone", async () => {
    const [queued, running] = [await slots.due({ source: "queued" }), await slots.due({ source: "running" })];
    await slots.begin(queued);
    await slots.hold(await slots.begin(running), async () => expect(await slots.store.recover()).toEqual([]));
    expect([await slots.rowOf(queued), await slots.rowOf(running)]).toMatchObject([
      { state: "running", crashes: 0 },
      { state: "running", crashes: 0 },
    ]);
  });

  test("one whose process is just committing is not taken for dead", async () => {
    const slot = await slots.due();
    await slots.hold(await slots.begin(slot), async () => {
      await slots.leaseIsOver();
      await slots.database.transaction(async (client) => {
        await client.query("select from sync.sources for key share");
        expect(await slots.store.recover()).toEqual([]);
      });
    });
    expect(await slots.rowOf(slot)).toMatchObject({ state: "running", crashes: 0 });
  });

  test("begun again, what an earlier attempt left behind is ended first", async () => {
    const slot = await slots.due();
    await slots.dieOf(await slots.begin(slot));
    await slots.sql("update sync.slots set state = 'due'");
    await slots.begin(slot);
    expect(await outcomes()).toEqual(["interrupted", null]);
  });
});

describe("a process that wakes up", () => {
  test("before it claimed its source finds its run given up, and books nothing", async () => {
    const slot = await slots.due();
    const asleep = await slots.begin(slot);
    await slots.sql("update sync.slots set begun_at = begun_at - interval '61 seconds'");
    expect(await slots.store.recover()).toEqual([{ slot, setAside: false, crashes: 1 }]);
    const awake = await slots.begin(slot);
    expect(awake).not.toBe(asleep);
    await expect(slots.hold(asleep, never)).rejects.toMatchObject({ code: "RUN003" });
    await slots.finish(slot, asleep, "RUN003");
    expect(await slots.rowOf(slot)).toMatchObject({ state: "running", run: awake });
    await slots.hold(awake, () => slots.finish(slot, awake));
    expect(await slots.rowOf(slot)).toMatchObject({ state: "done", run: awake });
    expect(await outcomes()).toEqual(["interrupted", "ok"]);
  });

  test("after its lease was over can write nothing more", async () => {
    const slot = await slots.due();
    const asleep = await slots.begin(slot);
    const heard: unknown[] = [];
    const work = await slots.stageWork(
      asleep,
      async (stage) => {
        await slots.leaseIsOver();
        expect(await slots.store.recover()).toEqual([{ slot, setAside: false, crashes: 1 }]);
        await stage.storePlan("p_1", "hash", reportOf(asleep), null);
      },
      heard,
    );
    await expect(slots.desk.withStage(...work)).rejects.toMatchObject({ code: "RUN003" });
    expect(heard).toMatchObject([{ code: "RUN003" }]);
    const awake = await slots.begin(slot);
    await slots.hold(awake, () => slots.finish(slot, awake));
    expect(await slots.rowOf(slot)).toMatchObject({ state: "done", run: awake, crashes: 1 });
    expect(await outcomes()).toEqual(["interrupted", "ok"]);
    expect(await slots.sql("select from sync.plans")).toEqual([]);
  });

  test("in the moment in which its run is given up either has it or has not", async () => {
    for (let round = 0; round < 10; round += 1) {
      await slots.empty();
      const slot = await slots.due();
      const run = await slots.begin(slot);
      await slots.sql("update sync.slots set begun_at = begun_at - interval '61 seconds'");
      const [worked, told] = await Promise.all([
        slots
          .hold(run, () => slots.finish(slot, run))
          .then(
            () => true,
            () => false,
          ),
        slots.store.recover(),
      ]);
      expect([worked, told.length]).toEqual(worked ? [true, 0] : [false, 1]);
      expect(await outcomes()).toEqual([worked ? "ok" : "interrupted"]);
    }
  });
});

describe("claiming", () => {
  test("of five runs at once one has the source; the others stay as they were and name it", async () => {
    const runs = await Promise.all(slots.stores.map(() => queueRun()));
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const claims = runs.map((run) => slots.hold(run, () => released).catch((error: unknown) => error));
    const refused = new Set(runs);
    const all = claims.map(async (claim, index) => {
      const failure = (await claim) as { code: string; message: string } | undefined;
      if (failure === undefined) return;
      expect(failure).toMatchObject({ code: "RUN001" });
      expect((await slots.runs.runState(runs[index] ?? 0)).state).toBe("queued");
      refused.delete(runs[index] ?? 0);
      if (refused.size === 1) release();
    });
    await Promise.all(all);
    const [winner] = refused;
    expect(await slots.sql("select id from sync.runs where state = 'running'")).toEqual([{ id: winner }]);
  });

  test("a run is claimed once", async () => {
    const run = await queueRun();
    await slots.hold(run, async () => undefined);
    await expect(slots.hold(run, never)).rejects.toMatchObject({ code: "RUN003" });
  });
});

describe("following", () => {
  test("a run is alive while its source is held for it", async () => {
    const run = await queueRun();
    expect(await slots.runs.runState(run)).toEqual({ state: "queued", outcome: null, report: null, alive: false });
    await slots.hold(run, async () => {
      expect(await slots.runs.runState(run)).toMatchObject({ state: "running", alive: true });
      await expect(slots.runs.endDead(run)).rejects.toMatchObject({ code: "RUN001" });
    });
    await expect(slots.runs.runState(run + 1)).rejects.toMatchObject({ code: "USE003" });
  });

  test("a dead one is ended once, with a report; one that has ended keeps its own", async () => {
    const [dead, done] = [await queueRun("dead"), await queueRun("done")];
    await slots.dieOf(dead);
    expect(await slots.runs.runState(dead)).toMatchObject({ state: "running", alive: false });
    const [report, again] = await Promise.all([slots.runs.endDead(dead), slots.runs.endDead(dead)]);
    expect(report).toMatchObject({ run: dead, source: "dead", outcome: "interrupted", exitCode: 130, entities: {} });
    expect(report).toMatchObject({ error: { code: "RUN007" }, trigger: { kind: "cli", by: "ops@desk", reason: null } });
    expect(Object.keys(report).sort()).toEqual(Object.keys(reportOf(1)).sort());
    expect(new Date(report.finishedAt).toISOString()).toBe(report.finishedAt);
    expect(again).toEqual(report);
    expect(await slots.runs.summary(dead)).toMatchObject({ state: "finished", outcome: "interrupted", report });
    await slots.desk.end(reportOf(done));
    expect(await slots.runs.endDead(done)).toEqual(reportOf(done));
  });

  test("one that is just committing is waited for", async () => {
    const run = await queueRun();
    await slots.hold(run, async () => {
      await slots.leaseIsOver();
      let ended = null as Promise<unknown> | null;
      await slots.database.transaction(async (client) => {
        await client.query("select from sync.sources for key share");
        ended = slots.runs.endDead(run);
        await eventually(slots.waiting, (count) => count > 0);
        await client.query("update sync.runs set state = 'finished', outcome = 'ok', report = $2 where id = $1", [
          run,
          JSON.stringify(reportOf(run)),
        ]);
      });
      expect(await ended).toEqual(reportOf(run));
    });
  });

  test("whoever asks for the end of a run is heard", async () => {
    const run = await queueRun();
    expect(await slots.runs.stopRequested(run)).toBe(false);
    await slots.runs.requestStop(run);
    expect(await slots.runs.stopRequested(run)).toBe(true);
  });
});

describe("queued runs whose process died before anybody took them", () => {
  type JobState = Awaited<ReturnType<Parameters<typeof endAbandoned>[0]["queue"]["stateOf"]>>;

  /** @param jobs what the queue says of each run, look by look; the last one stays */
  const end = (jobs: Readonly<Record<number, readonly JobState[]>> = {}) => {
    const looks = new Map<number, number>();
    const stateOf = async (run: number): Promise<JobState> => {
      const look = looks.get(run) ?? 0;
      looks.set(run, look + 1);
      const states = jobs[run] ?? ["gone"];
      return states[Math.min(look, states.length - 1)] ?? "gone";
    };
    return endAbandoned({ runs: slots.runs, queue: { stateOf } }, 0);
  };
  const minutesAgo = (run: number, minutes: number) =>
    slots.sql("update sync.runs set queued_at = now() - make_interval(mins => $2) where id = $1", [run, minutes]);
  const oldRun = async (source?: string): Promise<number> => {
    const run = await queueRun(source);
    await minutesAgo(run, 2);
    return run;
  };

  test("are ended, with a report that says so", async () => {
    const run = await oldRun();
    await end();
    expect(await slots.runs.summary(run)).toMatchObject({
      state: "finished",
      outcome: "interrupted",
      report: {
        run,
        exitCode: 130,
        error: {
          code: "RUN007",
          message: "the process that was to begin this run died before it did; nothing was written",
        },
      },
    });
  });

  test("also where the queue knows only of a job that is over", async () => {
    const run = await oldRun();
    await end({ [run]: ["ended"] });
    expect(await outcomes()).toEqual(["interrupted"]);
  });

  test("young ones, those left to a worker and those whose job is there or put again stay", async () => {
    const [waiting, active, again] = [await oldRun(), await oldRun(), await oldRun()];
    await queueRun();
    await minutesAgo(
      await slots.runs.queue("acme", { ...OPTIONS, detached: true }, { kind: "cli", by: "ops@desk", reason: null }),
      2,
    );
    await end({ [waiting]: ["waiting"], [active]: ["active"], [again]: ["gone", "waiting"] });
    expect(await outcomes()).toEqual([null, null, null, null, null]);
  });

  test("one that was taken meanwhile is worked", async () => {
    const run = await queueRun();
    const runs = { waitingLong: async () => [run], endDead: (one: number) => slots.runs.endDead(one) };
    await slots.hold(run, async () => {
      await endAbandoned({ runs, queue: { stateOf: async () => "gone" } }, 0);
      expect(await slots.runs.runState(run)).toMatchObject({ state: "running", alive: true });
    });
  });
});
