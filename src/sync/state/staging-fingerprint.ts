import type { Pass } from "../../domain/increments";
import type { VersionedStream } from "../../domain/mapping-version";
import type { RunRequest } from "../run-request";
import { fingerprintOf } from "./fingerprint-of";

/** Counted up when what is staged, or where an enumeration goes on, means something else than before. */
const STAGING = 2;

/**
 * Fingerprint of all that decides what a run reads and stages. What an interrupted run has staged is good only for a run
 * with the same one: the same question, to the same upstream, mapped in the same way.
 */
export function stagingFingerprint(
  { job, options }: RunRequest,
  versions: readonly VersionedStream[],
  passes: ReadonlyMap<string, Pass>,
  /** What was staged of passwords can be opened with one secret alone. */
  { sealedUnder }: { readonly sealedUnder: string | null },
): string {
  const { mode, only, full } = options;
  const streams = versions.map(({ stream: { name, page, ignore }, version: { into, fingerprint, key } }) => [
    name,
    into,
    fingerprint,
    key?.fingerprint ?? null,
    page,
    ignore,
  ]);
  const decides = [STAGING, job.baseUrl, job.keepRaw, mode, only, full, streams, askedIn(passes)];
  if (sealedUnder !== null) decides.push(sealedUnder);
  return fingerprintOf(decides);
}

/** What is asked for. Why it is everything decides nothing. */
const askedIn = (passes: ReadonlyMap<string, Pass>): readonly unknown[] =>
  [...passes].map(([stream, pass]) => [stream, pass.kind === "full" ? pass.kind : pass]);
