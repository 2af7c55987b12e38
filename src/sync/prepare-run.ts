import type { Stream } from "../domain/job";
import type { KnownMapping, StreamRename, VersionedStream } from "../domain/mapping-version";
import { chooseStreams } from "./choose-streams";
import type { PreparingStage } from "./ports";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { refuseChangedKeys } from "./state/changed-keys";
import { renamedStreams } from "./state/known-mappings";

/** The streams that a run is about to read, with their mappings and those that the mirror was kept by until now. */
export interface PreparedRun {
  readonly streams: readonly Stream[];
  readonly versions: readonly VersionedStream[];
  readonly known: readonly KnownMapping[];
  /** Streams that the job calls otherwise than the mirror knows them. */
  readonly renames: readonly StreamRename[];
}

/**
 * Chooses the streams of the run, and refuses a mapping under which everybody in the mirror would be a stranger.
 *
 * @throws Failure MAP060
 */
export async function prepareRun(
  { job, options }: RunRequest,
  { stage, versionOf }: Pick<RunServices, "versionOf"> & { readonly stage: PreparingStage },
): Promise<PreparedRun> {
  const streams = chooseStreams(job, options);
  const known = await stage.knownMappings();
  const versions = streams.map((stream) => ({ stream, version: versionOf(stream) }));
  await refuseChangedKeys(versions, { source: job.source, known, live: stage.countLive });
  const renames = renamedStreams(
    known,
    versions.map(({ version }) => version),
  );
  if (options.mode === "sync") await stage.renameStreams(renames);
  else stage.supposeRenamed(renames);
  return { streams, versions, known, renames };
}
