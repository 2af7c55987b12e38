import { isEntity } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { MappedStream } from "../../domain/staging";
import type { Completeness } from "../completeness";
import type { PreparedRun } from "../prepare-run";
import type { RunRequest } from "../run-request";
import { isEdited, knownFor } from "../state/known-mappings";

/**
 * The streams that were read and believed, at least in part, or that are completely read and empty: the mirror is kept
 * by their mappings from here on.
 */
export function mappedStreams(
  { versions, known }: PreparedRun,
  completeness: Completeness,
  { job }: RunRequest,
): readonly MappedStream[] {
  return versions
    .filter(({ stream }) => isMapped(stream, completeness))
    .map(({ stream, version }) => {
      const parent = job.streams.find(({ name }) => name === stream.each)?.into ?? null;
      return {
        stream,
        version,
        ended: completeness.isComplete(stream),
        edited: isEdited(knownFor(known, version), version),
        owners: [stream.into, parent].find((into) => into !== null && isEntity(into)) ?? null,
      };
    });
}

function isMapped(stream: Stream, completeness: Completeness): boolean {
  const read = completeness.readOf(stream);
  if (read === null || !completeness.believed.includes(stream)) return false;
  return read.received > 0 || completeness.isComplete(stream);
}
