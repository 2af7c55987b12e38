/** What trying a mapping on records answers. */
import type { Json } from "./json";
import type { RecordTrace } from "./trace";

/** Where the records come from. */
export type SampleRequest =
  /** The examples in the mapping file. */
  | { readonly from: "tests" }
  /** JSON: a list, one record, a page as the upstream sends it, or one record a line. */
  | ({ readonly from: "file"; readonly parent: GivenFile | null } & GivenFile)
  /** The first ones that the customer's system lists. */
  | { readonly from: "live" }
  /** The one with this key. */
  | { readonly from: "key"; readonly key: string };

/** What a file holds, under the name that messages call it. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface TrialRequest {
  readonly source: string;
  readonly entity: string;
  readonly sample: SampleRequest;
  /** At most so many records. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface TrialAnswer {
  readonly source: string;
  readonly entity: string;
  /** The mapping file. */
  readonly file: string;
  readonly from: SampleRequest["from"];
  /** Whether personal data is masked: in what comes from the customer's system it is. */
  readonly masked: boolean;
  readonly records: readonly TriedRecord[];
  readonly mapped: number;
  readonly rejected: number;
  readonly skipped: number;
  /** Whether there were more records than the limit. */
  readonly more: boolean;
}

export interface TriedRecord extends RecordTrace {
  /** The test's name, for records from tests. */
  readonly it: string | null;
  readonly record: Json;
  readonly parent: Json;
}
