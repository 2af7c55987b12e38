/** First loads, written into the mirror as they are read. */
import type { MappingVersion } from "./mapping-version";

/** Whose records may land: written into the mirror batch by batch, before the run has read everything. */
export interface LandingRequest {
  readonly actor: string;
  readonly reason: string | null;
  /** By the name of the stream. */
  readonly streams: ReadonlyMap<string, LandingStream>;
}

export interface LandingStream {
  readonly version: MappingVersion;
  /** Under which its digests are valid. */
  readonly fingerprint: string;
}
