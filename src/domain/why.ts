/** Why one field of a person has the value it has. Plain values, JSON as they stand; personal ones are masked. */
import type { Json } from "./json";
import type { Position } from "./mapping";
import type { FieldTrace } from "./trace";

export interface WhyRequest {
  readonly source: string;
  readonly key: string;
  /** A field, `attributes.x` or the bare name of an attribute, `key`. */
  readonly field: string;
  /** Asks the upstream for the record now, instead of looking at the one that was kept. */
  readonly live: boolean;
  readonly signal: AbortSignal;
}

export interface WhyAnswer {
  readonly source: string;
  readonly key: string;
  /** As the mapping calls it: `email`, `roles`, `attributes.department`, `key`. */
  readonly field: string;
  /** As the mirror has it; null when absent. Of a list: keys, or `{ role, org }`, from every origin. */
  readonly value: Json;
  /** Personal data: every value here is masked. */
  readonly masked: boolean;
  /** Who states the items of a list: `users.roles`, or the stream of links. Empty for other fields. */
  readonly origins: readonly { readonly origin: string; readonly items: readonly Json[] }[];
  /** The change that made the value what it is; null when the audit tells of none. */
  readonly change: ValueChange | null;
  /** Where the field stands in the mapping; null when no file describes it. */
  readonly at: Position | null;
  /** The record that was looked at: kept by a run, or read just now. */
  readonly record: { readonly from: "kept" | "live"; readonly run: number | null; readonly at: string | null } | null;
  /** How the mapping on disk makes the value of that record. */
  readonly trace: FieldTrace | null;
  /** What the mapping on disk would make of that record, when that is not what the mirror holds. */
  readonly otherwise: { readonly value: Json; readonly because: string } | null;
  /** Why some of this is not known, and what to do about it. */
  readonly notes: readonly string[];
}

export interface ValueChange {
  readonly kind: string;
  readonly run: number;
  readonly at: string;
  /** As the audit has it; several of a list are joined with a comma. */
  readonly cause: string;
  readonly actor: string;
  readonly reason: string | null;
  /** The value before; null when there was none. */
  readonly before: Json;
}
