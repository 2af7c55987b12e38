import { type EntityName, isEntity } from "../domain/entities";
import type { Stream } from "../domain/job";
import type { PageChanges } from "../domain/page-records";
import type { ApplyRequest, StageCounts } from "../domain/staging";
import type { Completeness } from "./completeness";
import type { Conclusion, DecidedRun } from "./conclude-run";
import { passwordsIn } from "./passwords";
import { pagesIn } from "./read/read-streams";
import type { SourceRead } from "./read-source";
import type { RunRequest } from "./run-request";

/**
 * Everything that is written together with the change set.
 *
 * @param now the moment at which the source is complete, if it is
 */
export function applyRequest(
  { source, completeness }: DecidedRun,
  { facts, mapped, watermarks, lookedAt, report }: Conclusion,
  { job, options, trigger }: RunRequest,
  now: Date,
): ApplyRequest {
  const { streams, believed } = completeness;
  const edited = mapped.filter((one) => one.edited).map(({ stream }) => stream);
  return {
    actor: trigger.by,
    reason: trigger.reason,
    job,
    after: liveAfter(facts.counts),
    streams,
    fingerprints: digestsKept(source, believed),
    passwords: passwordsIn(job, believed, edited),
    pages: pagesLearned(source),
    ended: options.user === null ? readToTheEnd(source) : [],
    complete: streams.filter((stream) => completeness.isComplete(stream)),
    completeAt: completeness.isUpToDate() ? now.toISOString() : null,
    watermarks,
    lookedAt,
    report,
  };
}

const liveAfter = ({ entities }: StageCounts): ApplyRequest["after"] =>
  Object.fromEntries(Object.entries(entities).map(([entity, { after }]) => [entity, after]));

function digestsKept({ fingerprints }: SourceRead, believed: Completeness["believed"]): ApplyRequest["fingerprints"] {
  const kept = new Map<EntityName, string>();
  for (const { name, into } of believed) {
    const fingerprint = fingerprints.get(name) ?? null;
    if (fingerprint !== null && isEntity(into)) kept.set(into, fingerprint);
  }
  return kept;
}

/** Nothing is learned of the pages that an earlier run read. */
const pagesLearned = ({ reads, beginning }: SourceRead): ReadonlyMap<string, PageChanges> =>
  new Map(reads.flatMap((read) => pagesIn(read, beginning.earlier === null)));

const readToTheEnd = ({ reads }: SourceRead): readonly Stream[] =>
  reads.filter(({ failure, pass }) => failure === null && pass.kind === "full").map(({ stream }) => stream);
