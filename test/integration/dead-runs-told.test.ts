/** What those who only read are told of runs whose process died. */
import { Failure } from "../../src/domain/errors";
import { isUnnoted, PROCESS_DIED, type RunSummary } from "../../src/domain/runs";
import { deadRuns } from "../../src/mirror/dead-runs";
import { SourceStore } from "../../src/mirror/source-store";
import { openSlotWorld, reportOf, type SlotWorld } from "../support/slot-world";
import { startWorld } from "../support/world";

const OPTIONS = { mode: "sync", only: null, user: null, full: false, planId: null } as const;

let slots: SlotWorld;
beforeAll(async () => {
  slots = await openSlotWorld();
});
afterAll(() => slots.close());
beforeEach(() => slots.empty());

const queueRun = (source = "acme") => slots.runs.queue(source, OPTIONS, { kind: "cli", by: "ops@desk", reason: null });

describe("told to those who only read", () => {
  const toldOf = async (run: number) => {
    const [listed] = (await slots.runs.list({ source: null, limit: 10 })).filter((one) => one.run === run);
    const dead = await slots.runs.dead();
    const [facts] = await new SourceStore(slots.database.knex).facts("acme", dead);
    const summaries = await slots.runs.summaries([run], dead);
    expect([await slots.runs.summary(run), summaries.get(run)]).toEqual([listed, listed]);
    return { listed, lastRun: facts?.lastRun };
  };

  test("a run whose process died was interrupted, and nobody has written that", async () => {
    await slots.desk.end(reportOf(await queueRun()));
    const run = await queueRun();
    await slots.dieOf(run);
    const { listed, lastRun } = await toldOf(run);
    expect(listed).toMatchObject({ state: "finished", outcome: "interrupted", finishedAt: null, report: null });
    expect(isUnnoted(listed as RunSummary)).toBe(true);
    expect(lastRun).toBe(run);
    expect(await slots.sql("select state, outcome from sync.runs where id = $1", [run])).toEqual([
      { state: "running", outcome: null },
    ]);
  });

  test("once the next run has noted its end it is told by its report", async () => {
    const run = await queueRun();
    await slots.dieOf(run);
    await slots.hold(await queueRun(), async () => undefined);
    const { listed } = await toldOf(run);
    expect(listed).toMatchObject({ state: "finished", outcome: "interrupted", report: { error: { code: "RUN007" } } });
    expect(listed?.report?.error?.message).toBe(PROCESS_DIED);
    expect(isUnnoted(listed as RunSummary)).toBe(false);
  });

  test("one that is being worked is running, also where the run before it died", async () => {
    const before = await queueRun();
    await slots.desk.end(reportOf(before));
    await slots.dieOf(await queueRun());
    const run = await queueRun();
    await slots.hold(run, async () => {
      const { listed } = await toldOf(run);
      expect(listed).toMatchObject({ state: "running", outcome: null });
      expect(await slots.runs.dead()).toEqual(new Set());
    });
  });

  test("one that is between two sessions, or just ending, lives", async () => {
    const run = await queueRun();
    await slots.hold(run, async () => {
      const [session] = await slots.sql("select holder_pid as pid from sync.sources");
      await slots.sql("update sync.sources set holder_pid = 0");
      const looked = await deadRuns(slots.database.knex, async () => {
        await slots.sql("update sync.sources set holder_pid = $1", [session.pid]);
      });
      expect(looked).toEqual(new Set());
      await slots.sql("update sync.sources set holder_pid = 0");
      const ended = await deadRuns(slots.database.knex, () => slots.desk.end(reportOf(run)));
      expect(ended).toEqual(new Set());
    });
  });

  test("a run for a part of the source is interrupted too, and says nothing of the whole", async () => {
    const whole = await queueRun();
    await slots.desk.end(reportOf(whole));
    const trigger = { kind: "cli", by: "ops@desk", reason: null } as const;
    const run = await slots.runs.queue("acme", { ...OPTIONS, user: "u1" }, trigger);
    await slots.dieOf(run);
    const { listed, lastRun } = await toldOf(run);
    expect([listed?.outcome, lastRun]).toEqual(["interrupted", whole]);
  });
});

test("nobody ever sees an unfinished run without a holder, however it fails", async () => {
  const world = await startWorld();
  try {
    await world.sql(`create table released (run bigint, state text)`);
    await world.sql(`create function note_release() returns trigger language plpgsql as $$ begin
        insert into released select id, state from sync.runs where id = old.holder_run;
        return new;
      end $$`);
    await world.sql(`create trigger note_release after update on sync.sources for each row
      when (old.holder_run is not null and new.holder_run is null) execute function note_release()`);
    await world.sync();
    await world.plan();
    world.usersList.fault(1, "503");
    const failed = await world.sync();
    expect(failed.outcome).not.toBe("ok");
    const stop = new AbortController();
    const stopped = await world.sync({
      signal: stop.signal,
      tell: () => stop.abort(new Failure("RUN004", "enough")),
    });
    expect(stopped.outcome).not.toBe("ok");
    const seen = await world.sql(
      "select r.id, released.state from sync.runs r left join released on released.run = r.id",
    );
    expect(seen).toHaveLength(4);
    expect(seen.map(({ state }) => state)).toEqual(["finished", "finished", "finished", "finished"]);
  } finally {
    await world.close();
  }
});
