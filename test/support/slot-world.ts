/**
 * A database with slots, asked by as many stores as there are processes. Time passes by moving what is stored:
 *
 *     const slots = await openSlotWorld();
 *     const slot = await slots.due({ minutesAgo: 5 });
 *     const run = await slots.begin(slot);
 *     await slots.finish(slot, run, "UPS003");
 *     expect(await slots.rowOf(slot)).toMatchObject({ state: "due" });
 */

import type { Schedule } from "../../src/domain/job";
import { NOTHING_READ, type RunReport } from "../../src/domain/runs";
import type { SettleFacts, SlotDecision, SlotRef } from "../../src/domain/slots";
import { RunDesk } from "../../src/mirror/run-desk";
import { RunStore } from "../../src/mirror/run-store";
import { SlotStore } from "../../src/mirror/slot-store";
import type { RekeyStage, Stage } from "../../src/sync/ports";
import { eventually } from "./eventually";
import { createTestDatabase } from "./test-database";
import { countLockWaiters } from "./waits-for-lock";

const MINUTE = 60_000;
export const SCHEDULE: Schedule = {
  cron: "* * * * *",
  timezone: "UTC",
  jitter: 0,
  missed: "once",
  grace: 60 * MINUTE,
  overlap: "queue",
};

export const dueAt = (slot: Date): SlotDecision => ({ slot, state: "due", dueAt: slot, coveredBy: null, note: null });

/** Every whole second is a slot. */
export function everySecond({ settledUntil, now }: SettleFacts): SlotDecision[] {
  const decided: SlotDecision[] = [];
  const first = Math.floor(settledUntil.getTime() / 1000) * 1000 + 1000;
  for (let at = first; at <= now.getTime(); at += 1000) decided.push(dueAt(new Date(at)));
  return decided;
}

export type SlotWorld = Awaited<ReturnType<typeof openSlotWorld>>;

export async function openSlotWorld() {
  const { database, drop } = await createTestDatabase();
  const store = new SlotStore(database);
  const desk = new RunDesk(database);
  // biome-ignore lint/suspicious/noExplicitAny: rows are as their query says
  const sql = async (query: string, parameters: readonly unknown[] = []): Promise<any[]> =>
    database.withClient(async (client) => (await client.query(query, [...parameters])).rows);

  /** One of each process. */
  const stores = Array.from({ length: 5 }, () => new SlotStore(database));
  const waiting = () => countLockWaiters({ sql });

  /** @param heard what the run failed by */
  async function stageWork(
    run: number,
    work: (stage: RekeyStage & Stage) => Promise<unknown>,
    heard: unknown[] = [],
  ): Promise<Parameters<RunDesk["withStage"]>> {
    const steps = {
      work: async (stage: RekeyStage & Stage) => {
        await work(stage);
        return reportOf(run);
      },
      failed: async (error: unknown) => heard.push(error),
      interrupted: () => undefined,
    };
    return [await desk.read(run), steps, new AbortController().signal];
  }

  return {
    database,
    sql,
    store,
    stageWork,
    stores,
    /** All processes ask at the same moment. @param lock a query whose locks keep them until all of them wait for it */
    async atOnce<T>(ask: (store: SlotStore) => Promise<T>, lock: string | null = null): Promise<readonly T[]> {
      // Each needs its connection first, or they come one after the other.
      await Promise.all(stores.map(() => sql("select pg_sleep(0.02)")));
      if (lock === null) return Promise.all(stores.map(ask));
      let answers: readonly Promise<T>[] = [];
      await database.transaction(async (client) => {
        await client.query(lock);
        answers = stores.map(ask);
        await eventually(waiting, (count) => count >= stores.length);
      });
      return Promise.all(answers);
    },
    waiting,
    runs: new RunStore(database.knex),
    desk,
    close: drop,
    empty: () => sql("truncate sync.slots, sync.schedules, sync.sources, sync.runs cascade"),
    /** @param policy what of the schedule becomes another, as in its row */
    setSchedule: (policy: Partial<Schedule>) => sql("update sync.schedules set schedule = schedule || $1", [policy]),
    /** No scheduler was running for so long. */
    clockWasAway: (time: string) => sql("update sync.schedules set settled_until = now() - $1::interval", [time]),
    leaseIsOver: () => sql("update sync.sources set lease_until = now() - interval '1 second'"),
    /** All slots that wait for another attempt wait no longer. */
    pauseIsOver: () => sql("update sync.slots set due_at = now() where state = 'due'"),

    settle: (decide: (facts: SettleFacts) => SlotDecision[] = everySecond, by = store) =>
      by.settle("acme", SCHEDULE, decide),
    /** A slot of some minutes ago that is due. */
    async due({ minutesAgo = 1, source = "acme" } = {}): Promise<SlotRef> {
      const [row] = await sql(
        `insert into sync.slots (source, slot, due_at)
         select $1, slot, slot from (select date_trunc('second', now()) - make_interval(mins => $2) as slot) as moment
         returning source, slot`,
        [source, minutesAgo],
      );
      return row;
    },
    async rowOf({ source, slot }: SlotRef) {
      const [row] = await sql(
        `select state, attempts, crashes, run, note, round(extract(epoch from due_at - clock_timestamp()))::int as "dueIn",
                decided_at is not null as decided
         from sync.slots where source = $1 and slot = $2`,
        [source, slot],
      );
      return row;
    },
    async begin(slot: SlotRef): Promise<number> {
      const begun = await store.begin(slot);
      if (begun.state !== "begun") throw new Error(`the slot is ${begun.state}`);
      return begun.run;
    },
    /** Ends the run and books its slot, as a worker does. @param code of its failure */
    async finish(slot: SlotRef, run: number, code: string | null = null, by = store): Promise<void> {
      await desk.end(reportOf(run, code));
      await by.end(slot, reportOf(run, code));
    },
    /** Claims the run's source and does the work. */
    hold: async (run: number, work: () => Promise<unknown>): Promise<void> =>
      void (await desk.withStage(...(await stageWork(run, work)))),
    /** Claims the source for the run in a session that then ends without a word, as that of a killed process. */
    async dieOf(run: number): Promise<void> {
      const kill = async () => {
        const [{ holder_pid: pid }] = await sql("select holder_pid from sync.sources where holder_run = $1", [run]);
        await sql("select pg_terminate_backend($1, 5000)", [pid]);
      };
      await desk.withStage(...(await stageWork(run, kill)));
    },
  };
}

/** The report of a run that did nothing. @param code of its failure */
export const reportOf = (run: number, code: string | null = null): RunReport => ({
  run,
  source: "acme",
  outcome: code === null ? "ok" : "upstream",
  exitCode: code === null ? 0 : 4,
  ...NOTHING_READ,
  trigger: { kind: "schedule", by: "schedule", reason: null },
  startedAt: "2026-11-25T02:15:00Z",
  finishedAt: "2026-11-25T02:15:01Z",
  error: code === null ? null : { code, message: "no", fix: null },
});
