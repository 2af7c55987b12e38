import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isError, type Problem } from "../domain/errors";
import type { Schedule } from "../domain/job";
import { checkJobShape, checkScheduleShape } from "./check-shape";
import { findJobFiles } from "./find-files";
import { readSchedule } from "./job/read-schedule";
import type { ProjectOptions } from "./load-project";
import { readText } from "./load-source";
import { JOB_CODES } from "./yaml/entry";
import { parseYaml } from "./yaml/parse-yaml";

/** What a job file says about its schedule. */
export interface ScheduleFile {
  /** The file's name, as in `listSources`. */
  readonly source: string;
  /** Null without a schedule, and for a file that is broken. */
  readonly schedule: Schedule | null;
  /** Where and what the first mistake is, when the schedule cannot be known; mistakes elsewhere do not count. */
  readonly broken: string | null;
  readonly problems: readonly Problem[];
}

interface Reading {
  /** What the file system says of the file: while that stays the same, so does the file. */
  readonly stamp: string | null;
  readonly text: string | null;
  readonly said: ScheduleFile;
}

/** A file changed so short a time ago may change again without its times telling. */
const TELLING_AFTER = 2_000;

/** The schedules of all job files, for those who look every other second: only files that have changed are read again. */
export class ScheduleFiles {
  readonly #home: string;
  #last: ReadonlyMap<string, Reading> = new Map();

  /** A schedule holds no variables; so only the folder counts. */
  constructor({ home }: Pick<ProjectOptions, "home" | "env">) {
    this.#home = home;
  }

  /**
   * One entry a job file, in the order of their names: the same object as the last time unless the file has changed. Rejects
   * only when the folder cannot be listed, with a Failure CFG002; one that does not exist holds no files.
   */
  async read(): Promise<readonly ScheduleFile[]> {
    const found = [...(await findJobFiles(this.#home))];
    const readings = await Promise.all(found.map(([source, file]) => this.#look(source, file)));
    this.#last = new Map(readings.map((reading) => [reading.said.source, reading]));
    return readings.map(({ said }) => said);
  }

  async #look(source: string, file: string): Promise<Reading> {
    const last = this.#last.get(source);
    // Before the file is read: a change that comes in between is seen the next time.
    const stamp = await stampOf(join(this.#home, file));
    if (last !== undefined && stamp !== null && last.stamp === stamp) return last;
    const problems: Problem[] = [];
    const text = readText(join(this.#home, file), file, JOB_CODES, problems);
    if (last !== undefined && text !== null && last.text === text) return { ...last, stamp };
    return { stamp, text, said: understand(source, file, text, problems) };
  }
}

/** Null when the file's times cannot be trusted to tell whether it has changed. */
async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return Date.now() - Math.max(mtimeMs, ctimeMs) < TELLING_AFTER ? null : `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    // Reading it will report why it cannot be looked at.
    return null;
  }
}

function understand(source: string, file: string, text: string | null, problems: Problem[]): ScheduleFile {
  const root = text === null ? null : parseYaml(file, text, JOB_CODES, problems);
  const entry = root?.get("schedule") ?? null;
  if (entry !== null) checkScheduleShape(entry);
  // That there is no schedule is believed of a whole file only: one half written, or with the word mistyped, does not
  // mean to take it away.
  else if (root !== null) checkJobShape(root);
  const schedule = Object.freeze(readSchedule(entry));
  const mistake = problems.find(isError);
  if (mistake === undefined) return { source, schedule, broken: null, problems };
  const broken = `${file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
  return { source, schedule: null, broken, problems };
}
