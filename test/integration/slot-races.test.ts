/** Slots when several processes come at the same moment, or one comes too late. Time passes by moving what is stored. */
import { Client, types } from "pg";
import type { Schedule } from "../../src/domain/job";
import type { RunReport } from "../../src/domain/runs";
import type { SettleFacts, SlotDecision, SlotRef, SlotSummary } from "../../src/domain/slots";
import { checkFence, claimSource, endSession, LEASE, transferLease } from "../../src/mirror/fence";
import { RunStore } from "../../src/mirror/run-store";
import { nameSession } from "../../src/mirror/session-name";
import { SlotStore } from "../../src/mirror/slot-store";
import { eventually } from "../support/eventually";
import { processOf } from "../support/statements";
import { createTestDatabase, type TestDatabase } from "../support/test-database";
import { report } from "../unit/cli/command";

const HOUR = 3_600_000;
const SCHEDULE: Schedule = {
  cron: "0 * * * *",
  timezone: "UTC",
  jitter: 0,
  missed: "once",
  grace: HOUR,
  overlap: "skip",
};

const OPTIONS = { mode: "sync", only: null, user: null, full: false, planId: null } as const;

let db: TestDatabase;
let slots: SlotStore;
let runs: RunStore;
let sources = 0;
const sessions: Client[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  slots = new SlotStore(db.database);
  runs = new RunStore(db.database.knex);
});
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()));
});
afterAll(() => db.drop());

const newSource = (): string => `source-${++sources}`;
const sql = (text: string, values: readonly unknown[]) =>
  db.database.withClient(async (client) => (await client.query(text, [...values])).rows);
const five = <T>(ask: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 5 }, ask));

/** The session of another process. */
async function session(): Promise<Client> {
  const client = new Client({ connectionString: db.url });
  // As on every session of the mirror.
  client.setTypeParser(types.builtins.INT8, Number);
  sessions.push(client);
  await client.connect();
  return client;
}

/** Settles a source whose clock was away for an hour. */
async function settle(source: string, decide: (facts: SettleFacts) => readonly SlotDecision[]) {
  await slots.settle(source, SCHEDULE, () => []);
  await sql("update sync.schedules set settled_until = settled_until - interval '1 hour' where source = $1", [source]);
  return slots.settle(source, SCHEDULE, decide);
}

const due = (slot: Date): SlotDecision => ({ slot, state: "due", dueAt: slot, coveredBy: null, note: null });

async function dueSlot(source = newSource()): Promise<SlotRef> {
  const { decided } = await settle(source, ({ now }) => [due(new Date(now.getTime() - 1_000))]);
  return { source, slot: decided[0]!.slot.toISOString() };
}

async function begin(ref: SlotRef): Promise<number> {
  const begun = await slots.begin(ref);
  if (begun.state !== "begun") throw new Error(`the slot did not begin: ${begun.state}`);
  return begun.run;
}

async function look({ source, slot }: SlotRef): Promise<SlotSummary> {
  const found = (await slots.list(source, 100)).find((one) => one.slot === slot);
  if (found === undefined) throw new Error("the slot is not there");
  return found;
}

const claim = (client: Client, run: number, source: string, lease = LEASE) =>
  claimSource(client, { run, source, holder: "schedule" }, lease);
const ended = (run: number, { source }: SlotRef, code: string | null = null): RunReport => {
  const error = code === null ? null : { code, message: "about ada@example.com", fix: null };
  return report({ run, source, error, outcome: code === null ? "ok" : "failed" });
};

/** Only this source's, for the tests share a database. */
const recovered = async (source: string) => (await slots.recover()).filter(({ slot }) => slot.source === source);
const dueNow = async (source: string) => (await slots.due()).filter((one) => one.source === source);
/** So long ago that who did not claim by now is dead. */
const begunLongAgo = ({ source, slot }: SlotRef) =>
  sql("update sync.slots set begun_at = begun_at - interval '2 minutes' where source = $1 and slot = $2", [
    source,
    slot,
  ]);
const dueAtOnce = ({ source, slot }: SlotRef) =>
  sql("update sync.slots set due_at = clock_timestamp() where source = $1 and slot = $2", [source, slot]);

describe("settling", () => {
  test("a slot that is there already stays as it is", async () => {
    const ref = await dueSlot();
    const run = await begin(ref);
    await settle(ref.source, () => [due(new Date(ref.slot))]);
    expect(await look(ref)).toMatchObject({ state: "running", run });
  });

  test("what fails while it decides is not taken for settled", async () => {
    const source = newSource();
    const broken = settle(source, () => {
      throw new Error("a cron expression that is none");
    });
    await expect(broken).rejects.toThrow("a cron expression");
    const seen: SettleFacts[] = [];
    await slots.settle(source, SCHEDULE, (facts) => {
      seen.push(facts);
      return [];
    });
    expect(seen.at(-1)!.now.getTime() - seen.at(-1)!.settledUntil.getTime()).toBeGreaterThanOrEqual(HOUR);
  });

  test("the schedule is remembered as it was last, until it is forgotten", async () => {
    const source = newSource();
    expect(await slots.remembered(source)).toBeNull();
    await slots.settle(source, SCHEDULE, () => []);
    expect(await slots.remembered(source)).toEqual(SCHEDULE);
    await slots.settle(source, { ...SCHEDULE, grace: 2 * HOUR }, () => []);
    expect(await slots.remembered(source)).toEqual({ ...SCHEDULE, grace: 2 * HOUR });
    await slots.forget(source);
    expect(await slots.remembered(source)).toBeNull();
  });

  test("that a scheduler looked is seen", async () => {
    const { now } = await settle(newSource(), () => []);
    expect(Date.parse((await slots.clockSeenAt()).clockSeenAt!)).toBeGreaterThanOrEqual(now.getTime());
  });

  test("what is due: oldest first, nothing before its moment, nothing that is decided", async () => {
    const source = newSource();
    const { now } = await settle(source, ({ now: at }) => [
      due(new Date(at.getTime() - 10_000)),
      due(new Date(at.getTime() - 20_000)),
      { ...due(new Date(at.getTime() - 30_000)), dueAt: new Date(at.getTime() + HOUR) },
      { ...due(new Date(at.getTime() - 40_000)), state: "skipped" },
    ]);
    const [older, newer] = [20_000, 10_000].map((ago) => new Date(now.getTime() - ago).toISOString());
    expect(await dueNow(source)).toEqual([
      { source, slot: older, crashes: 0 },
      { source, slot: newer, crashes: 0 },
    ]);
  });
});

describe("beginning", () => {
  test.each(["done", "failed", "skipped", "missed", "covered", "running"])("one that is %s: over", async (state) => {
    const ref = await dueSlot();
    await sql("update sync.slots set state = $2 where source = $1", [ref.source, state]);
    expect(await slots.begin(ref)).toEqual({ state: "over" });
    expect(await runs.list({ source: ref.source, limit: 10 })).toEqual([]);
  });

  test("of a source whose schedule was taken away, what was due does not run", async () => {
    const ref = await dueSlot();
    await slots.forget(ref.source);
    expect(await slots.begin(ref)).toEqual({ state: "over" });
    expect((await slots.latest([ref.source])).get(ref.source)).toMatchObject({
      state: "missed",
      note: "its schedule was taken away",
    });
  });

  test("beside an attempt left behind that lives after all: it waits", async () => {
    const ref = await dueSlot();
    const first = await begin(ref);
    // As if it had been taken back without being ended.
    await sql("update sync.slots set state = 'due', due_at = clock_timestamp() where source = $1", [ref.source]);
    await claim(await session(), first, ref.source);
    expect(await slots.begin(ref)).toEqual({ state: "wait" });
    expect(await runs.list({ source: ref.source, limit: 10 })).toHaveLength(1);
  });
});

describe("the end", () => {
  test.each(["RUN001", "RUN003", "RUN004"])("with %s is no attempt, however often", async (code) => {
    const ref = await dueSlot();
    for (let again = 0; again < 7; again += 1) {
      const run = await begin(ref);
      await runs.end(ended(run, ref, code));
      await slots.end(ref, ended(run, ref, code));
      expect(await look(ref)).toMatchObject({ state: "due", attempts: 0, crashes: 0, run });
      await dueAtOnce(ref);
    }
  });

  test("of an attempt that is no longer the slot's is left alone", async () => {
    const ref = await dueSlot();
    const first = await begin(ref);
    await slots.end(ref, ended(first, ref, "UPS001"));
    await dueAtOnce(ref);
    const second = await begin(ref);
    await slots.end(ref, ended(first, ref));
    expect(await look(ref)).toMatchObject({ state: "running", run: second, attempts: 2 });
  });

  test("told and recovered at once is booked once", async () => {
    const ref = await dueSlot();
    const run = await begin(ref);
    await runs.end(ended(run, ref, "RUN004"));
    await Promise.all([...Array(3)].flatMap(() => [slots.end(ref, ended(run, ref, "RUN004")), slots.recover()]));
    expect(await look(ref)).toMatchObject({ state: "due", attempts: 0, crashes: 0 });
  });
});

describe("taking back", () => {
  test("a run whose session is gone, by five at once: told and counted once, and its run has a whole report", async () => {
    const ref = await dueSlot();
    const run = await begin(ref);
    const process = await session();
    await claim(process, run, ref.source);
    expect(await recovered(ref.source)).toEqual([]);
    sessions.splice(sessions.indexOf(process), 1);
    await process.end();
    const taken = await eventually(
      async () => (await five(() => recovered(ref.source))).flat(),
      (all) => all.length > 0,
    );
    expect(taken).toEqual([{ slot: ref, setAside: false, crashes: 1 }]);
    const { report: told, ...summary } = await runs.summary(run);
    expect(summary).toMatchObject({ state: "finished", outcome: "interrupted" });
    expect(told).toMatchObject({ run, source: ref.source, exitCode: 130, error: { code: "RUN007" } });
    expect(Object.keys(told!).sort()).toEqual(Object.keys(report()).sort());
    expect(told!.trigger.slot).toBe(ref.slot);
  });

  test("a run that somebody else ended as dead counts as a crash", async () => {
    const ref = await dueSlot();
    const run = await begin(ref);
    expect(await runs.endDead(run)).toMatchObject({ error: { code: "RUN007" } });
    expect(await recovered(ref.source)).toEqual([{ slot: ref, setAside: false, crashes: 1 }]);
  });

  test("a process that wakes up late completes nothing; the attempt after it does", async () => {
    const ref = await dueSlot();
    const first = await begin(ref);
    await begunLongAgo(ref);
    expect(await recovered(ref.source)).toHaveLength(1);
    const second = await begin(ref);
    const [asleep, awake] = [await session(), await session()];
    await expect(claim(asleep, first, ref.source)).rejects.toMatchObject({ code: "RUN003" });
    await claim(awake, second, ref.source);
    await expect(claim(asleep, first, ref.source)).rejects.toMatchObject({ code: "RUN001" });
    await slots.end(ref, ended(first, ref, "RUN003"));
    await runs.end(ended(second, ref));
    await slots.end(ref, ended(second, ref));
    expect(await look(ref)).toMatchObject({ state: "done", run: second });
    const all = await runs.list({ source: ref.source, limit: 10 });
    expect(all.map(({ run, outcome }) => [run, outcome])).toEqual([
      [second, "ok"],
      [first, "interrupted"],
    ]);
  });

  test("a claim and a recovery at the same moment: one of them wins, and the other knows", async () => {
    for (let round = 0; round < 20; round += 1) {
      const ref = await dueSlot();
      const process = await session();
      const run = await begin(ref);
      await begunLongAgo(ref);
      const [claimed, taken] = await Promise.all([
        claim(process, run, ref.source).then(
          () => true,
          () => false,
        ),
        recovered(ref.source),
      ]);
      expect({ claimed, taken: taken.length }).toEqual({ claimed, taken: claimed ? 0 : 1 });
      expect(await look(ref)).toMatchObject({ state: claimed ? "running" : "due", crashes: claimed ? 0 : 1 });
    }
  });

  test("a last write and a recovery at the same moment: the write is whole, or does not begin", async () => {
    for (let round = 0; round < 20; round += 1) {
      const ref = await dueSlot();
      const client = await session();
      const run = await begin(ref);
      // A holder that was paused for longer than its lease.
      const fence = await claim(client, run, ref.source, { length: 0, renewEvery: HOUR });
      const write = async () => {
        await client.query("begin");
        await checkFence({ client, source: ref.source, fence });
        await client.query(
          `update sync.runs set state = 'finished', outcome = 'ok', exit_code = 0, finished_at = now(), report = $2 where id = $1`,
          [run, JSON.stringify(ended(run, ref))],
        );
        await client.query("commit");
      };
      const [written, taken] = await Promise.all([
        write().then(
          () => true,
          () => false,
        ),
        recovered(ref.source),
      ]);
      await recovered(ref.source);
      expect({ written, taken: taken.length }).toEqual({ written, taken: written ? 0 : 1 });
      expect(await look(ref)).toMatchObject({ state: written ? "done" : "due", crashes: written ? 0 : 1 });
      expect((await runs.summary(run)).outcome).toBe(written ? "ok" : "interrupted");
    }
  });

  test("a source whose holder lost its session: it holds on by another, or somebody takes over, not both", async () => {
    for (const first of ["both", "the holder", "the other", "both", "both"]) {
      const ref = await dueSlot();
      const lost = await session();
      lost.on("error", () => undefined);
      const run = await begin(ref);
      const fence = await claim(lost, run, ref.source);
      const [again, other] = [await session(), await session()];
      const next = await runs.queue(ref.source, OPTIONS, { kind: "cli", by: "other@desk", reason: null });
      await endSession(again, await nameSession(lost));
      sessions.splice(sessions.indexOf(lost), 1);
      const told = (taking: Promise<unknown>): Promise<string> =>
        taking.then(
          () => "won",
          (error: { code: string }) => error.code,
        );
      const holding = () => told(transferLease(again, { run, source: ref.source }, fence, LEASE));
      const taking = () => told(claim(other, next, ref.source));
      const codes =
        first === "both"
          ? await Promise.all([holding(), taking()])
          : first === "the holder"
            ? [await holding(), await taking()]
            : [await taking(), await holding()].reverse();
      expect(["won,RUN001", "RUN003,won"]).toContain(codes.join());
      const [holder] = await sql("select holder_run, holder_pid from sync.sources where source = $1", [ref.source]);
      const [winner, by] = codes[0] === "won" ? [again, run] : [other, next];
      expect(holder).toEqual({ holder_run: by, holder_pid: processOf(winner) });
    }
  });
});
