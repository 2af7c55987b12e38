import type { SourceFacts, SourceStatus } from "../domain/answers";
import { FIELDS } from "../domain/entities";
import type { Job } from "../domain/job";
import type { HoldSummary, RunSummary } from "../domain/runs";

/** One source in one plain sentence: what is so, since when, why, and what to do. */
export function describeSource(input: {
  readonly facts: SourceFacts;
  readonly lastRun: RunSummary | null;
  readonly holds: readonly HoldSummary[];
  readonly hasFile: boolean;
  /** Null when the source has no valid files. */
  readonly job: Job | null;
}): SourceStatus {
  const { facts, lastRun, holds, hasFile, job } = input;
  const waiting = holds.filter((hold) => hold.state === "open");
  const state = stateOf(facts, lastRun, waiting, hasFile);
  return {
    source: facts.source,
    state,
    sentence: sentenceOf(state, facts, lastRun, waiting),
    lastComplete: facts.lastComplete,
    lastRun,
    holds: waiting,
    counts: facts.counts,
    rejects: facts.rejects,
    dangling: facts.dangling,
    retiredEntities: job === null ? [] : Object.keys(facts.counts).filter((name) => !describes(job, name)),
  };
}

/** Whether a stream of the job states records or links of this name. */
const describes = ({ streams }: Job, name: string): boolean =>
  streams.some(
    ({ into, mapping }) =>
      into === name ||
      mapping.fields.some((rule) => FIELDS[into].some((field) => field.name === rule.name && field.links === name)),
  );

function stateOf(
  facts: SourceFacts,
  lastRun: RunSummary | null,
  waiting: readonly HoldSummary[],
  hasJob: boolean,
): SourceStatus["state"] {
  if (!hasJob) return "retired";
  if (facts.busyWith !== null) return "running";
  if (facts.lastComplete === null) return "never";
  if (waiting.length > 0) return "held";
  return lastRun === null || lastRun.outcome === "ok" || lastRun.outcome === "rejects" ? "fresh" : "stale";
}

function sentenceOf(
  state: SourceStatus["state"],
  { source, lastComplete, rejects, busyWith }: SourceFacts,
  lastRun: RunSummary | null,
  waiting: readonly HoldSummary[],
): string {
  const asOf =
    lastComplete === null ? "it was never read completely" : `it was last read completely at ${lastComplete}`;
  const why = lastRun?.report?.error?.message ?? lastRun?.outcome ?? null;
  switch (state) {
    case "retired":
      return `\`${source}\` has no job file any more; its records are kept, and ${asOf}.`;
    case "running":
      return `\`${source}\` is being read by run ${busyWith}; ${asOf}.`;
    case "never":
      return why === null
        ? `\`${source}\` was never read; run: understudy sync ${source}`
        : `\`${source}\` answers nothing yet, for ${asOf}: ${why}; run: understudy sync ${source}`;
    case "held": {
      const hold = waiting[0];
      return `\`${source}\` is fresh as of ${lastComplete}, but ${hold?.count} changes wait for a person: ${hold?.evidence[0]?.message}; run: understudy hold list`;
    }
    case "stale":
      return `\`${source}\` is out of date: ${asOf}, and run ${lastRun?.run} ended ${lastRun?.outcome}${why === null ? "" : ` (${why})`}; run: understudy sync ${source}`;
    case "fresh":
      return `\`${source}\` is fresh: ${asOf}${rejects > 0 ? `; ${rejects} ${rejects === 1 ? "record is" : "records are"} rejected until mended` : ""}.`;
  }
}
