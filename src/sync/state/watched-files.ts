import type { HoldEvidence } from "../../domain/holds";
import type { Job, Stream } from "../../domain/job";
import type { MappingVersion } from "../../domain/mapping-version";
import type { PreparingStage } from "../ports";
import type { RunRequest } from "../run-request";
import { fingerprintOf } from "./fingerprint-of";

/** Whether a person has seen what the files make of the customer's people. */
export interface WatchedFiles {
  /** Nobody has, and nobody watches this run: it removes nothing. */
  readonly isUnwatchedEdit: boolean;
  /** What is to be remembered once the run has read the whole source: these files, or nothing. */
  lookedAt(end: {
    readonly isWholeSourceComplete: boolean;
    readonly evidence: readonly HoldEvidence[];
    readonly released: boolean;
    /** Was absent for the first time. */
    readonly isAnybodyWaiting: boolean;
  }): string | null;
}

/**
 * An edit of the job or of a mapping is looked at by a plan, or by a run that a person asks for. A run of the schedule by other
 * files than those holds what it would remove; where it would remove nobody, they are as good as looked at. A run that a release
 * asks for holds its removals in the same way: what is let through is the set that was seen, and nothing else.
 */
export async function watchFiles(
  { job, trigger, options }: RunRequest,
  stage: Pick<PreparingStage, "wasLookedAt">,
  versionOf: (stream: Stream) => MappingVersion,
): Promise<WatchedFiles> {
  const files = fingerprintOfFiles(job, versionOf);
  const isWatched = trigger.kind === "cli" && options.release === undefined;
  const isUnwatchedEdit = !isWatched && !(await stage.wasLookedAt(files));
  return {
    isUnwatchedEdit,
    lookedAt({ isWholeSourceComplete, evidence, released, isAnybodyWaiting }) {
      if (!isWholeSourceComplete) return null;
      const isHarmless = evidence.length === 0 && !isAnybodyWaiting;
      return !isUnwatchedEdit || released || isHarmless ? files : null;
    },
  };
}

/** Of all that decides who is read, what becomes of them, and whose absence counts. Keys have a guard of their own. */
export function fingerprintOfFiles({ streams }: Job, versionOf: (stream: Stream) => MappingVersion): string {
  const decides = streams.map((stream) => {
    const { stream: name, into, fingerprint } = versionOf(stream);
    return [name, into, fingerprint, stream.page, stream.deletes.absence];
  });
  return fingerprintOf(decides);
}
