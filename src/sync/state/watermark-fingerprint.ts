import type { Increments } from "../../domain/increments";
import type { Job, Stream } from "../../domain/job";
import type { VersionedStream } from "../../domain/mapping-version";
import { readsPasswords } from "../../domain/passwords";
import { fingerprintOf } from "./fingerprint-of";

/** Counted up when what was read before a watermark has to be read again. */
const WATERMARKS = 1;

/**
 * What a watermark holds under: all that decides what was asked for, what became of it, and what was asked for each record. How
 * far back is asked, and how often everything, decide nothing about what was read.
 */
export function watermarkFingerprint(
  { baseUrl, keepRaw }: Job,
  increments: Increments,
  stream: Stream,
  versions: readonly VersionedStream[],
  /** With another secret all passwords are read again, also of people who did not change. */
  { sealedUnder }: { readonly sealedUnder: string | null },
): string {
  const read = versions
    .filter(({ stream: { name, each } }) => name === stream.name || each === stream.name)
    .map(
      ({ stream: { name, into, request, page, records, ignore, deletes, mapping }, version: { fingerprint, key } }) => [
        name,
        into,
        request,
        page,
        records,
        ignore,
        deletes.absence,
        deletes.expression?.text ?? null,
        fingerprint,
        key?.fingerprint ?? null,
        ...(readsPasswords(mapping) ? [sealedUnder] : []),
      ],
    );
  const how =
    increments.kind === "since"
      ? [increments.field, increments.query, increments.format]
      : [increments.link, increments.as, increments.removed];
  const decides = [WATERMARKS, baseUrl, keepRaw?.redact ?? null, increments.kind, how, read];
  return fingerprintOf(decides);
}
