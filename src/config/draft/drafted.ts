import type { EntityName, Into } from "../../domain/entities";
import type { Sureness } from "../../domain/init";
import type { Json } from "../../domain/json";
import type { RecordShape } from "../../domain/record-shape";
import type { Operation } from "../openapi/api-document";

/** Something in the draft that a person should know about. */
export interface Remark {
  /** Such as `users.status`, `auth`, `roles.page`. */
  readonly about: string;
  readonly sureness: Sureness;
  readonly text: string;
}

/** A list of records that one GET gives. */
export interface ListOperation {
  readonly operation: Operation;
  /** Where the records are in the answer. */
  readonly place: readonly string[];
  readonly record: RecordShape;
  /** What the document calls such a record, such as `User`; null when it has no name. */
  readonly recordName: string | null;
}

export interface ChosenList extends ListOperation {
  readonly entity: EntityName;
  readonly sureness: Sureness;
}

/** A value read from a record, so that an example of the record can be made up. */
export interface Read {
  readonly path: readonly string[];
  readonly shape: RecordShape;
  /** The field it becomes. */
  readonly field: string;
  /** A value that makes the example an ordinary one; otherwise what the document shows. */
  readonly sample?: Json;
  /** For lists of objects: where in an item the value is, and what else an item needs to be found. */
  readonly item?: { readonly path: readonly string[]; readonly beside: Readonly<Record<string, Json>> };
}

type DraftedSource = string | { readonly join: readonly string[]; readonly with?: string };

/** One field of a drafted mapping. */
export interface DraftedField {
  readonly name: string;
  /** JSONata, the first present wins. */
  readonly from: readonly DraftedSource[];
  /** The other words of the field, in the order they are written. */
  readonly words: Readonly<Record<string, Json>>;
  readonly reads: readonly Read[];
  readonly sureness: Sureness;
  /** Stands beside the field in the file. */
  readonly comment: string | null;
}

export interface DraftedMapping {
  readonly stream: string;
  readonly into: Into;
  /** Null for links. */
  readonly key: {
    readonly path: readonly string[];
    readonly shape: RecordShape;
    readonly comment: string | null;
  } | null;
  readonly fields: readonly DraftedField[];
  readonly attributes: readonly DraftedField[];
  /** For child streams: what the parent is asked for. */
  readonly parent: readonly Read[];
}

export interface DraftedStream {
  readonly name: string;
  readonly comment: string | null;
  /** The words of the stream in the job, in the order they are written. */
  readonly words: Readonly<Record<string, Json>>;
  /** What to say beside single words. */
  readonly comments: Readonly<Record<string, string>>;
}
