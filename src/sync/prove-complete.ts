import type { Stream } from "../domain/job";
import { Completeness } from "./completeness";
import { type ProvenStream, proveStream } from "./judge/prove-stream";
import type { SettlingStage } from "./ports";
import type { StreamRead } from "./read/stream-read";
import type { RunRequest } from "./run-request";

/**
 * Settles the stage, so that every record stands in it once, and tells of each stream whether its enumeration provably reached its
 * end. A stream with too many records that could not be mapped is not believed at all: links that it states are taken back.
 */
export async function proveComplete(
  reads: readonly StreamRead[],
  streams: readonly Stream[],
  request: RunRequest,
  stage: SettlingStage,
): Promise<Completeness> {
  const proofs: ProvenStream[] = [];
  for (const read of reads) proofs.push(await proveStream(read, stage));
  const completeness = new Completeness(request, streams, proofs);
  for (const stream of completeness.stopped) await stage.disregardLinks(stream);
  return completeness;
}
