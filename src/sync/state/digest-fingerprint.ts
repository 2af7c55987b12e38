import { isEntity } from "../../domain/entities";
import type { Job, Stream } from "../../domain/job";
import type { MappingVersion } from "../../domain/mapping-version";
import { readsPasswords } from "../../domain/passwords";
import { fingerprintOf } from "./fingerprint-of";

/** Counted up when records that were met by their digests alone have to be looked at again. */
const DIGESTS = 1;

/**
 * What the digests of a stream hold under: all that decides what is done with a record. Null where every record is parsed in
 * any case: links, children, and parents, whose children are asked for with what stands in their records.
 */
export function digestFingerprint(
  job: Job,
  stream: Stream,
  version: MappingVersion,
  /** Passwords sealed with a lost secret cannot be opened; a new secret means reading them all again. */
  { sealedUnder }: { readonly sealedUnder: string | null },
): string | null {
  if (!isEntity(stream.into) || stream.each !== null) return null;
  if (job.streams.some(({ each }) => each === stream.name)) return null;
  const { fingerprint, key } = version;
  const decides: unknown[] = [
    DIGESTS,
    fingerprint,
    key?.fingerprint ?? null,
    job.keepRaw?.redact ?? null,
    stream.ignore,
  ];
  if (readsPasswords(stream.mapping)) decides.push(sealedUnder);
  return fingerprintOf(decides);
}
