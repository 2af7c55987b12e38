import type { Schedule } from "../domain/job";
import type { Log } from "../domain/log";
import type { SlotDesk } from "./ports";

/** What a job file says about its schedule at this moment. */
export interface SourceSchedule {
  readonly source: string;
  /** Null without a schedule, and for a file that is broken. */
  readonly schedule: Schedule | null;
  /** What is wrong, in words for people, when the file cannot be read. */
  readonly broken: string | null;
}

export interface Entry {
  readonly schedule: Schedule;
  /** When its next slot is to be decided; null when there is none. */
  next: Date | null;
  /** Up to then every slot is decided. */
  settledUntil: Date;
}

/** The schedules that hold at this moment, by source. Each change is told to the log once. */
export class Timetable {
  readonly #entries = new Map<string, Entry>();
  /** What was told of files that are broken at this moment. */
  readonly #broken = new Map<string, string>();
  /** Sources without a schedule, whose last one is no longer remembered. */
  readonly #forgotten = new Set<string>();

  constructor(
    private readonly slots: Pick<SlotDesk, "remembered" | "forget">,
    private readonly log: Log,
  ) {}

  [Symbol.iterator](): MapIterator<[string, Entry]> {
    return this.#entries.entries();
  }

  /** Files as they are now: an edited schedule counts from here on. */
  async takeOver(files: readonly SourceSchedule[]): Promise<void> {
    for (const { source, schedule, broken } of files) {
      if (broken !== null) {
        await this.#keep(source, broken);
        continue;
      }
      this.#broken.delete(source);
      if (schedule === null) await this.#forget(source);
      else this.#enter(source, schedule);
    }
    // What it misses meanwhile is caught up, in case its file was only away for a moment.
    for (const source of this.#entries.keys())
      if (!files.some((file) => file.source === source)) this.#drop(source, "a source has no job file any more");
  }

  /** A broken file leaves the schedule as it was, even when that was before this process began. */
  async #keep(source: string, problem: string): Promise<void> {
    if (this.#broken.get(source) === problem) return;
    const entry = this.#entries.get(source);
    const last = entry?.schedule ?? (await this.slots.remembered(source));
    const goesOn = last === null ? "it is not scheduled" : "its schedule goes on as it was";
    this.log.warn(`a job file is broken; ${goesOn}`, { source, problem });
    this.#broken.set(source, problem);
    if (last !== null && entry === undefined) this.#entries.set(source, { schedule: last, ...AT_ONCE });
  }

  /** Otherwise all that it missed would be caught up when a schedule is written again. */
  async #forget(source: string): Promise<void> {
    if (this.#forgotten.has(source)) return;
    if (this.#entries.has(source)) this.#drop(source, "a source has no schedule any more");
    // Also when there was no entry: the schedule may have gone while no process looked.
    await this.slots.forget(source);
    this.#forgotten.add(source);
  }

  #enter(source: string, schedule: Schedule): void {
    this.#forgotten.delete(source);
    const before = this.#entries.get(source)?.schedule;
    if (before !== undefined && isSame(before, schedule)) return;
    this.#entries.set(source, { schedule, ...AT_ONCE });
    this.log.info("a source is scheduled", { source, cron: schedule.cron, timezone: schedule.timezone });
  }

  #drop(source: string, why: string): void {
    this.log.warn(`${why}; it is not scheduled`, { source });
    this.#entries.delete(source);
  }
}

const AT_ONCE = { next: new Date(0), settledUntil: new Date(0) };

const isSame = (a: Schedule, b: Schedule): boolean => JSON.stringify(a) === JSON.stringify(b);
