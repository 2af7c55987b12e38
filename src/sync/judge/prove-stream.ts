import { isBeyondBelief } from "../../domain/beyond-belief";
import { isEntity } from "../../domain/entities";
import { counted } from "../../domain/grouped";
import type { SettlingStage } from "../ports";
import { isFeed, type StreamRead } from "../read/stream-read";

/** A stream after its records were settled: what is known about its completeness. */
export interface ProvenStream {
  readonly read: StreamRead;
  readonly duplicates: number;
  /** Records that were rejected beside those that could not be mapped: they differ below each of several parents. */
  readonly torn: number;
  /** Records received, less duplicates and those that a change feed supersedes later. */
  readonly fetched: number;
  /** Null when the enumeration provably reached its end; otherwise why it is not proven. */
  readonly brokenBecause: string | null;
  /** So many records could not be mapped that nothing of the stream is applied. */
  readonly stopped: boolean;
}

/**
 * Says of a stream whether what is absent from it is provably absent: the end was seen, no key on two pages, no record whose
 * key could not be read, and the declared total, which never fell, equal to the number of distinct keys, or of changes where
 * these are listed. A total is never guessed.
 */
export async function proveStream(read: StreamRead, stage: SettlingStage): Promise<ProvenStream> {
  const { rejected, received } = read;
  const stopped = isBeyondBelief(rejected, received);
  const unbelieved = stopped ? `${rejected} of ${received} ${read.stream.name} could not be mapped` : null;
  if (!isEntity(read.stream.into))
    return { read, duplicates: 0, torn: 0, fetched: received, brokenBecause: unbelieved ?? read.broken, stopped };
  const settled = await stage.settle(read.stream, {
    known: read.known ?? NOBODY,
    isFeed: isFeed(read),
    parentOf: read.stream.each === null ? null : read.parentOf,
  });
  const distinct = settled.distinct + (read.known?.met ?? 0);
  const duplicates = settled.duplicates + read.repeated;
  const overtaken = settled.overtaken + read.overtaken;
  // What was read by itself was not listed.
  const listed = distinct + overtaken - read.again;
  const proofs: readonly (string | null)[] = [
    unbelieved,
    read.broken,
    duplicates > 0
      ? `${counted(duplicates, "record")} came on more than one page${first(read.repeatedAt ?? settled.repeatedAt)}`
      : null,
    read.keyless > 0 ? `the key of ${counted(read.keyless, "record")} could not be read${first(read.keylessAt)}` : null,
    read.total !== null && read.total !== listed
      ? `the upstream declares ${read.total} ${read.stream.name}, but listed ${listed}`
      : null,
  ];
  return {
    read,
    duplicates,
    torn: settled.torn,
    fetched: received - duplicates - overtaken,
    brokenBecause: proofs.find((proof) => proof !== null) ?? null,
    stopped,
  };
}

/** No record is known. */
const NOBODY = { pageOf: () => null, unmeet: () => undefined };

const first = (place: string | null): string => (place === null ? "" : `, first: ${place}`);
