import type { Failure } from "../domain/errors";
import type { HoldEvidence } from "../domain/holds";
import type { WatermarkChange } from "../domain/increments";
import { rolesNamedBy } from "../domain/login";
import type { RunReport } from "../domain/runs";
import type { MappedStream, StageCounts, Usage } from "../domain/staging";
import type { HoldDecision } from "../domain/weighing";
import type { Completeness } from "./completeness";
import { mappedStreams } from "./conclude/mapped-streams";
import { nextWatermarks } from "./conclude/next-watermarks";
import { composeReport, type RunFacts } from "./conclude/report";
import { volatileEntities } from "./conclude/volatile-entities";
import type { Waiting } from "./confirm-absences";
import type { EndingStage } from "./ports";
import type { PreparedRun } from "./prepare-run";
import { isHopeless, type StreamRead } from "./read/stream-read";
import type { SourceRead } from "./read-source";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { knownFor } from "./state/known-mappings";
import type { WatchedFiles } from "./state/watched-files";

/** So many rejects are listed in the report; the rest is counted. */
const REJECTS_TOLD = 100;

/** A run whose change set is final: every change either goes or is held. */
export interface DecidedRun {
  readonly prepared: PreparedRun;
  readonly source: SourceRead;
  readonly completeness: Completeness;
  readonly watched: WatchedFiles;
  /** By entity: records that are absent and stay. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly evidence: readonly HoldEvidence[];
  readonly decision: HoldDecision;
}

/** The end of a run, be it stored as a plan or applied. */
export interface Conclusion {
  readonly facts: RunFacts;
  readonly mapped: readonly MappedStream[];
  readonly watermarks: readonly WatermarkChange[];
  /** The fingerprint of the files, if they are to be remembered as looked at. */
  readonly lookedAt: string | null;
  /** Names the moment of the call as the end of the run. */
  readonly report: () => RunReport;
}

/** Names the cause of every change, an edited mapping or the upstream, counts them all, and gathers what the report tells. */
export async function concludeRun(
  decided: DecidedRun,
  request: RunRequest,
  { stage, upstream, now }: Pick<RunServices, "upstream" | "now"> & { readonly stage: EndingStage },
): Promise<Conclusion> {
  const { prepared, source, completeness, waiting, decision } = decided;
  const mapped = mappedStreams(prepared, completeness, request);
  await stage.nameCauses(mapped);

  const counts = await stage.count(prepared.streams);
  const { startedAt } = request;
  const { passes, beginning } = source;
  const watermarks = nextWatermarks({ completeness, passes, startedAt, holds: holdsAnything(counts) });
  const facts: RunFacts = {
    request,
    usage: sumOf(upstream.usage, beginning.earlier?.usage),
    beginning,
    counts,
    volatile: await volatileEntities(source.reads, counts, { run: request.run, stage }),
    completeness,
    waiting,
    edited: mapped
      .filter(({ edited }) => edited)
      .map(({ version }) => ({ version, since: knownFor(prepared.known, version)?.lastRun ?? 0 })),
    hash: await stage.hash(),
    rejects: await stage.rejects(REJECTS_TOLD),
    missingRoles: await stage.missingRoles(rolesNamedBy(request.job.login)),
    decision,
    renames: prepared.renames,
    incrementNotes: watermarks.notes,
    failure: worstFailure(source.reads),
  };
  return {
    facts,
    mapped,
    watermarks: watermarks.changes,
    lookedAt: decided.watched.lookedAt({
      isWholeSourceComplete: completeness.isWholeSourceComplete(),
      evidence: decided.evidence,
      released: decision.released,
      isAnybodyWaiting: [...waiting.values()].some(({ count }) => count > 0),
    }),
    report: () => composeReport(facts, now()),
  };
}

const holdsAnything = ({ entities, links }: StageCounts): boolean =>
  [...Object.values(entities), ...Object.values(links)].some(({ held }) => held > 0);

const sumOf = (one: Usage, other: Usage = { requests: 0, bytes: 0 }): Usage => ({
  requests: one.requests + other.requests,
  bytes: one.bytes + other.bytes,
});

function worstFailure(reads: readonly StreamRead[]): Failure | null {
  const failures = reads.map(({ failure }) => failure).filter((failure) => failure !== null);
  return failures.find(isHopeless) ?? failures[0] ?? null;
}
