import type { ScheduleStatus, SourceFacts, SourceStatus, StatedLinks } from "../../domain/answers";
import { FIELDS, isEntity } from "../../domain/entities";
import type { HoldSummary } from "../../domain/holds";
import type { Job, LoginJob } from "../../domain/job";
import { hasReadCompletely, type RunReport, type RunSummary } from "../../domain/runs";
import { type SourceSigns, volatileIn } from "./source-reasons";
import { sentenceOf } from "./source-sentence";

/** One source in one plain sentence: what is so, since when, why, and what to do. */
export function describeSource(input: {
  readonly facts: SourceFacts;
  readonly lastRun: RunSummary | null;
  readonly holds: readonly HoldSummary[];
  /** The latest run that held what no hold keeps. */
  readonly heldBackBy: RunReport | null;
  readonly hasFile: boolean;
  /** Null when the source has no valid files. */
  readonly job: Job | null;
  /** What of its job lets people in; null when that is broken, too. */
  readonly loginJob: Pick<LoginJob, "login"> | null;
  /** Null when the source runs only when asked. */
  readonly schedule: ScheduleStatus | null;
  readonly now?: Date;
}): SourceStatus {
  const { facts, lastRun, holds, heldBackBy, hasFile, job, loginJob, schedule, now = new Date() } = input;
  const waiting = holds.filter((hold) => hold.state === "open");
  const isBroken = hasFile && job === null;
  const retired = job === null ? [] : Object.keys(facts.counts).filter((name) => !describes(job, name));
  const signs = { retired, facts, lastRun, waiting, heldBackBy, hasFile, isBroken, loginJob, schedule, now };
  const state = stateOf(signs);
  return {
    source: facts.source,
    state,
    sentence: sentenceOf(state, signs),
    lastComplete: facts.lastComplete,
    lastRun,
    holds: waiting,
    heldBack: heldBackBy?.heldBack === undefined ? null : { run: heldBackBy.run, ...heldBackBy.heldBack },
    counts: facts.counts,
    rejects: facts.rejects,
    dangling: facts.dangling,
    schedule,
    volatileEntities: volatileIn(lastRun),
    retiredEntities: retired,
    retiredLinks: job === null ? [] : facts.stated.filter((links) => !states(job, links)),
  };
}

/** Whether a stream of the job states records or links of this name. */
const describes = ({ streams }: Job, name: string): boolean =>
  streams.some(
    ({ into, mapping }) =>
      into === name ||
      mapping.fields.some((rule) => FIELDS[into].some((field) => field.name === rule.name && field.links === name)),
  );

/** Whether a stream of the job, or a list of one, still states these links. */
const states = ({ streams }: Job, { kind, origin }: StatedLinks): boolean =>
  streams.some(({ name, into, mapping }) =>
    isEntity(into)
      ? mapping.fields.some(
          (rule) =>
            origin === `${name}.${rule.name}` &&
            FIELDS[into].some((field) => field.name === rule.name && field.links === kind),
        )
      : into === kind && origin === name,
  );

/** The first that applies, from what leaves nothing else to say down to what is as it should be. */
function stateOf({ facts, lastRun, waiting, heldBackBy, hasFile, schedule }: SourceSigns): SourceStatus["state"] {
  if (facts.busyWith !== null) return "running";
  if (!hasFile || facts.retiredAt !== null) return "retired";
  if (facts.lastComplete === null) return "never";
  if (schedule !== null && schedule.overdueSince !== null) return "late";
  if (waiting.length > 0 || heldBackBy !== null) return "held";
  return endedWell(lastRun) ? "fresh" : "stale";
}

/** By now somebody has decided about what was held. */
const endedWell = (run: RunSummary | null): boolean => run === null || hasReadCompletely(run.outcome);
