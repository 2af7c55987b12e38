import type { ScheduleStatus, SourceFacts } from "../../domain/answers";
import type { HoldSummary } from "../../domain/holds";
import type { LoginJob } from "../../domain/job";
import { moment } from "../../domain/moment";
import { ENDED, hasReadCompletely, isUnnoted, PROCESS_DIED, type RunReport, type RunSummary } from "../../domain/runs";
import { CRASHES_AT_MOST } from "../../domain/slots";

/** A scheduler looks after its sources every few seconds; one that was silent for so long is not there. In milliseconds. */
const SILENCE = 120_000;
/** A slot that waits for a worker for longer than this waits for one that is not there, or busy. In milliseconds. */
const PICKUP_TIMEOUT = 60_000;

/** What is known of a source at a moment. */
export interface SourceSigns {
  readonly facts: SourceFacts;
  /** Of its records and links those that no file describes any more, by name. */
  readonly retired: readonly string[];
  readonly lastRun: RunSummary | null;
  /** Holds that nobody decided. */
  readonly waiting: readonly HoldSummary[];
  /** The latest run that held what no hold keeps. */
  readonly heldBackBy: RunReport | null;
  readonly hasFile: boolean;
  /** There is a job file, but nothing can be run with it or its mappings. */
  readonly isBroken: boolean;
  /** What of the job lets people in; null when that is broken, too. */
  readonly loginJob: Pick<LoginJob, "login"> | null;
  readonly schedule: ScheduleStatus | null;
  readonly now: Date;
}

/** Entities of the last run most of whose records came otherwise than before although nothing that is mapped changed. */
export const volatileIn = (lastRun: RunSummary | null): readonly string[] =>
  Object.entries(lastRun?.report?.entities ?? {}).flatMap(([entity, counts]) =>
    "fetched" in counts && counts.volatile ? [entity] : [],
  );

/** Why something is not as it should be, and what helps. */
export interface Reason {
  readonly because: string;
  readonly remedy: string;
}

export type Tell<T> = (signs: SourceSigns) => T;

const brokenFiles: Tell<Reason | null> = ({ isBroken, loginJob }) => {
  if (!isBroken) return null;
  const logins =
    loginJob === null
      ? ", and nobody can sign in once a process starts anew"
      : loginJob.login === null
        ? ""
        : "; logins go on";
  return { because: `its files have mistakes, so no run can begin${logins}`, remedy: "see them: understudy check" };
};

const noScheduler: Tell<Reason | null> = ({ schedule, now }) => {
  if (schedule === null) return null;
  const { clockSeenAt } = schedule;
  const remedy = "start one: understudy up";
  if (clockSeenAt === null) return { because: "no scheduler was ever seen", remedy };
  const silence = now.getTime() - Date.parse(clockSeenAt);
  if (Math.abs(silence) < SILENCE) return null;
  if (silence < 0) return { because: "no scheduler has been seen since the database's clock was set back", remedy };
  return { because: `no scheduler has been seen since ${moment(clockSeenAt)}`, remedy };
};

const setAside: Tell<Reason | null> = ({ facts: { source }, schedule }) => {
  const slot = schedule?.last;
  if (slot == null || slot.state !== "failed" || slot.crashes < CRASHES_AT_MOST) return null;
  return {
    because: `its slot of ${moment(slot.slot)} was set aside after ${CRASHES_AT_MOST} crashes of the process that worked it`,
    remedy: slot.run === null ? `try it: understudy sync ${source}` : `see the last: understudy show ${slot.run}`,
  };
};

/** That the latest slot ended so, and why a sync by hand is what helps. */
const slotThatWas =
  (state: "failed" | "missed" | "skipped", was: string, why: string): Tell<Reason | null> =>
  ({ facts: { source }, schedule }) => {
    const slot = schedule?.last;
    if (slot == null || slot.state !== state) return null;
    return {
      because: `its slot of ${moment(slot.slot)} was ${was}${because(slot.note)}`,
      remedy: `${why}: understudy sync ${source}`,
    };
  };

const givenUp = slotThatWas("failed", "given up", "run");
const missedSlot = slotThatWas("missed", "missed", "to make up for it");
const skippedSlot = slotThatWas("skipped", "skipped", "run");

const waitingSlot: Tell<Reason | null> = ({ facts: { source }, schedule, now }) => {
  const slot = schedule?.last;
  if (slot == null || slot.state !== "due") return null;
  const waits = now.getTime() - Date.parse(slot.dueAt);
  if (slot.attempts > 0 && waits < PICKUP_TIMEOUT)
    return {
      because: `its slot of ${moment(slot.slot)} is tried again at ${moment(slot.dueAt)}${because(slot.note)}`,
      remedy: `see how it went: understudy runs ${source}`,
    };
  if (waits < PICKUP_TIMEOUT) return null;
  return {
    because: `its slot of ${moment(slot.slot)} has been waiting for a worker since ${moment(slot.dueAt)}`,
    remedy: "if there is none, start one: understudy up",
  };
};

export const runEndedBadly: Tell<Reason | null> = ({ facts: { source }, lastRun }) => {
  if (lastRun === null || lastRun.outcome === null || hasReadCompletely(lastRun.outcome)) return null;
  const { run, outcome, report } = lastRun;
  return {
    because: `run ${run} ${ENDED[outcome]}${because(isUnnoted(lastRun) ? PROCESS_DIED : (report?.error?.message ?? null))}`,
    remedy: `see why: understudy show ${run}, then: understudy sync ${source}`,
  };
};

/**
 * Why no run is to be expected, after the one that went wrong before. With a scheduler it would go wrong again, so why it did is
 * what to look at first; files with mistakes let none begin.
 */
export const hindrance: Tell<Reason | null> = (signs) => {
  const broken = brokenFiles(signs);
  const reason = broken ?? noScheduler(signs);
  const ended = runEndedBadly(signs);
  if (reason === null || ended === null) return reason;
  return { because: `${ended.because}; ${reason.because}`, remedy: (broken ?? ended).remedy };
};

/** Why no run came to its end, what explains the most first. */
export const REASONS: readonly Tell<Reason | null>[] = [
  hindrance,
  setAside,
  missedSlot,
  skippedSlot,
  waitingSlot,
  runEndedBadly,
  givenUp,
];

/** The latest slot, when it did not do what slots do. */
export const slotRemark: Tell<Reason | null> = (signs) =>
  firstOf([setAside, missedSlot, skippedSlot, waitingSlot, givenUp], signs);

/** The first reason that applies. */
export function firstOf(rules: readonly Tell<Reason | null>[], signs: SourceSigns): Reason | null {
  for (const rule of rules) {
    const reason = rule(signs);
    if (reason !== null) return reason;
  }
  return null;
}

const because = (why: string | null): string => (why === null ? "" : ` (${why.replace(/\.$/, "")})`);
