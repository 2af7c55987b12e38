import cron from "node-cron";
import type { Schedule } from "../domain/job";
import type { Log } from "../domain/log";
import type { SlotDecision } from "../domain/slots";
import { complainTo } from "./complain";
import { decideSlots } from "./decide-slots";
import type { DueSlot, SlotDesk } from "./ports";
import { nextSlot } from "./slot-times";

/** What a job file says about its schedule at this moment. */
interface SourceSchedule {
  readonly source: string;
  /** Null without a schedule, and for a file that is broken. */
  readonly schedule: Schedule | null;
  /** What is wrong, in words for people, when the file cannot be read. */
  readonly broken: string | null;
}

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
  const known = new Map<string, Known>();
  /** What was told of files that are broken at this moment. */
  const brokenFiles = new Map<string, string>();
  /** Sources without a schedule, of which nothing is remembered. */
  const forgotten = new Set<string>();
  /** Of the database's clock over ours. */
  let ahead = 0;
  // By the clock that nobody sets back, as all that tells how long something lasts.
  let settledAt = performance.now();
  let roundAt = Number.NEGATIVE_INFINITY;
  let beating: Promise<void> = Promise.resolve();

  async function beat(): Promise<void> {
    try {
      await takeOver(await schedules());
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

  /** Files as they are now: an edited schedule counts from this beat on. */
  async function takeOver(files: readonly SourceSchedule[]): Promise<void> {
    for (const { source, schedule, broken } of files) {
      const before = known.get(source);
      if (broken !== null) {
        if (brokenFiles.get(source) === broken) continue;
        const last = before?.schedule ?? (await slots.remembered(source));
        const goesOn = last === null ? "it is not scheduled" : "its schedule goes on as it was";
        log.warn(`a job file is broken; ${goesOn}`, { source, problem: broken });
        brokenFiles.set(source, broken);
        if (last !== null && before === undefined) known.set(source, { schedule: last, next: new Date(0) });
        continue;
      }
      brokenFiles.delete(source);
      if (schedule === null) {
        if (forgotten.has(source)) continue;
        if (before !== undefined) rest(source, "a source has no schedule any more");
        // Otherwise all that it would have missed were caught up when a schedule is written again. It may have gone while nobody looked.
        await slots.forget(source);
        forgotten.add(source);
        continue;
      }
      forgotten.delete(source);
      if (before === undefined || !isSame(before.schedule, schedule)) {
        known.set(source, { schedule, next: new Date(0) });
        log.info("a source is scheduled", { source, cron: schedule.cron, timezone: schedule.timezone });
      }
    }
    // What it misses meanwhile is caught up, in case its file was only away for a moment.
    for (const source of known.keys())
      if (!files.some((file) => file.source === source)) rest(source, "a source has no job file any more");
  }

  function rest(source: string, why: string): void {
    log.warn(`${why}; it is not scheduled`, { source });
    known.delete(source);
  }

  /** How many slots were decided. In a round every source is asked for, else those whose next slot has come. */
  async function settle(isRound: boolean): Promise<number> {
    let count = 0;
    for (const [source, entry] of known) {
      if (!isRound && entry.next.getTime() > Date.now() + ahead) continue;
      const { schedule } = entry;
      const { now, decided } = await slots.settle(source, schedule, (facts) => decideSlots(schedule, facts));
      ahead = now.getTime() - Date.now();
      entry.next = nextSlot(schedule, now) ?? NEVER;
      count += decided.length;
      tellPassed(source, decided);
    }
    if (isRound) settledAt = performance.now();
    return count;
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

interface Known {
  readonly schedule: Schedule;
  next: Date;
}

const NEVER = new Date(8.64e15);

const isSame = (a: Schedule, b: Schedule): boolean => JSON.stringify(a) === JSON.stringify(b);

/** node-cron would write to the console; a late or skipped beat is nobody's business, for the next one makes up for it. */
const quiet = (log: Log) => ({
  info: (message: string) => log.debug(message),
  warn: (message: string) => log.debug(message),
  error: (message: string | Error) => log.debug(String(message)),
  debug: (message: string | Error) => log.debug(String(message)),
});
