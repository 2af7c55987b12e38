import cron from "node-cron";
import { complainTo } from "../domain/complain";
import type { Log } from "../domain/log";
import type { SlotDecision } from "../domain/slots";
import { decideSlots } from "./decide-slots";
import type { DueSlot, SlotDesk } from "./ports";
import { nextSlot } from "./slot-times";
import { type Entry, type SourceSchedule, Timetable } from "./timetable";

export interface ClockServices {
  readonly slots: SlotDesk;
  readonly put: (slots: readonly DueSlot[]) => Promise<void>;
  /** Called at every beat; cheap when no file has changed. */
  readonly schedules: () => Promise<readonly SourceSchedule[]>;
  readonly log: Log;
}

export interface Clock {
  /** Milliseconds since all slots were settled. */
  readonly silence: () => number;
  /** Resolves when the beat at hand is over. */
  stop(): Promise<void>;
}

/** How often every source is settled and what was lost is looked for; a slot that comes in between is settled at its moment. */
const ROUND_INTERVAL = 5_000;

/**
 * The clock of the schedule. node-cron beats once a second; a beat decides the slots whose moment has come, takes back those
 * whose run died, and puts a job for each that is due. All of it may be done by any number of processes at once: the slot's row
 * in Postgres decides. A beat that fails is made up for by the next.
 */
export function startClock({ slots, put, schedules, log }: ClockServices): Clock {
  const complaints = complainTo(log);
  const timetable = new Timetable(slots, log);
  /** How far the database's clock is ahead of ours. */
  let ahead = 0;
  // By the clock that nobody sets back, like everything that tells how long something lasts.
  let settledAt = performance.now();
  let roundAt = Number.NEGATIVE_INFINITY;
  let beating: Promise<void> = Promise.resolve();

  async function beat(): Promise<void> {
    try {
      await timetable.takeOver(await schedules());
      const isRound = performance.now() - roundAt >= ROUND_INTERVAL;
      const settled = await settle(isRound);
      if (isRound) await recover();
      if (!isRound && settled === 0) return;
      await put(await slots.due());
      if (isRound) roundAt = performance.now();
      // A beat that had nothing to put proves nothing.
      complaints.relieved("the schedule goes on");
    } catch (error) {
      complaints.complain("the schedule cannot go on for the moment; it is tried again", { error });
    }
  }

  /** How many slots were decided. In a round every source is settled, else those whose next slot has come. */
  async function settle(isRound: boolean): Promise<number> {
    const now = Date.now() + ahead;
    const waiting = [...timetable].filter(([, { next }]) => next === null || next.getTime() > now);
    const settled = new Set(isRound ? await settleAhead(waiting) : waiting.map(([source]) => source));
    let count = 0;
    for (const [source, entry] of timetable) {
      if (settled.has(source)) continue;
      const { schedule } = entry;
      const found = await slots.settle(source, schedule, (facts) => decideSlots(schedule, facts));
      ahead = found.now.getTime() - Date.now();
      entry.next = nextSlot(schedule, found.now);
      entry.settledUntil = found.settledUntil;
      count += found.decided.length;
      if (found.setBackFrom !== null)
        log.warn("the database's clock was set back; slots are decided anew", {
          source,
          from: found.setBackFrom.toISOString(),
          to: found.now.toISOString(),
        });
      tellPassed(source, found.decided);
    }
    if (isRound) settledAt = performance.now();
    return count;
  }

  /** Mostly nothing is to be decided of hundreds of sources. */
  async function settleAhead(
    waiting: readonly (readonly [source: string, entry: Entry])[],
  ): Promise<readonly string[]> {
    const settled = await slots.settleAhead(waiting.map(([source, entry]) => ({ source, ...entry })));
    for (const [source, entry] of waiting) entry.settledUntil = settled.get(source) ?? entry.settledUntil;
    return [...settled.keys()];
  }

  /** One line for all that came to the same, however many an outage made of them. */
  function tellPassed(source: string, decided: readonly SlotDecision[]): void {
    for (const passed of ["skipped", "missed", "covered"] as const) {
      const [first, ...more] = decided.filter(({ state }) => state === passed);
      if (first === undefined) continue;
      const last = more.at(-1) ?? first;
      const interval = { from: first.slot.toISOString(), to: last.slot.toISOString(), slots: more.length + 1 };
      log.warn(`slots are ${passed}`, { source, ...interval, because: last.note });
    }
  }

  async function recover(): Promise<void> {
    for (const { slot, setAside, crashes } of await slots.recover()) {
      if (setAside) log.error("a slot is set aside: its worker died again and again", { ...slot, crashes });
      else log.warn("the worker of a slot died; the slot is put again", { ...slot, crashes });
    }
  }

  const task = cron.schedule(
    "* * * * * *",
    () => {
      beating = beat();
      return beating;
    },
    { noOverlap: true, suppressMissedWarning: true, logger: quiet(log) },
  );
  return {
    silence: () => performance.now() - settledAt,
    async stop() {
      await task.destroy();
      await beating;
    },
  };
}

/** node-cron would write to the console; a late or skipped beat matters to nobody, for the next one makes up for it. */
const quiet = (log: Log) => ({
  info: (message: string) => log.debug(message),
  warn: (message: string) => log.debug(message),
  error: (message: string | Error) => log.debug(String(message)),
  debug: (message: string | Error) => log.debug(String(message)),
});
