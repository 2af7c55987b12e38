import type { Into } from "./entities";
import type { Stream } from "./job";

/** What a stream's mapping means, apart from how it is written. */
export interface MappingVersion {
  readonly stream: string;
  readonly into: Into;
  /** SHA-256 in hex over all that decides what a record becomes, the key apart. */
  readonly fingerprint: string;
  /** Null for links, which have no key. */
  readonly key: KeyVersion | null;
}

/** A mapping's key, so that it can be told from another and evaluated again. */
export interface KeyVersion {
  /** SHA-256 in hex over what the expression means, with the `let` it uses. */
  readonly fingerprint: string;
  /** As written. */
  readonly text: string;
  /** Those the key uses, in the order of the file. */
  readonly let: readonly { readonly name: string; readonly text: string }[];
  readonly keepNulls: boolean;
}

/** A stream, and what its mapping means now. */
export interface VersionedStream {
  readonly stream: Stream;
  readonly version: MappingVersion;
}

/** A stream of records, by its names before and now. */
export interface StreamRename {
  readonly from: string;
  readonly to: string;
}

/** The version that the mirror is kept by. */
export interface KnownMapping extends MappingVersion {
  /** The latest run that used it. */
  readonly lastRun: number;
}
