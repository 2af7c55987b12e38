/** What `mapping record` answers: a test made of a real record, with nobody real in it. */
import type { MappingTest } from "./mapping";

export interface RecordRequest {
  readonly source: string;
  readonly signal: AbortSignal;
  /** The record's; of a link its ends, as `8812 -> admin`, of a reject without a key its place. */
  readonly key: string;
  /** Name of a stream. */
  readonly entity: string;
  /** Ask the upstream instead of what is kept. */
  readonly live: boolean;
  /** Whether the test is added to the mapping file. */
  readonly write: boolean;
}

export interface RecordAnswer {
  readonly source: string;
  readonly entity: string;
  /** Of the mapping. */
  readonly file: string;
  readonly from: "kept" | "live";
  /** The run that first met a kept record as it is, and when. */
  readonly run: number | null;
  readonly at: string | null;
  readonly test: Omit<MappingTest, "at">;
  /** The test as it stands in a mapping file. */
  readonly text: string;
  /** Where it was added; null when it was not. */
  readonly line: number | null;
}
