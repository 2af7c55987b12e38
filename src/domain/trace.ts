/** How a record became ours, step by step, for those who write mappings and those who ask why. */
import type { Json } from "./json";
import type { Mapped, Position } from "./mapping";

/** A record, what it became, and how each of its fields came about. */
export interface RecordTrace {
  /** What a run would make of the record. */
  readonly result: Mapped;
  /** What the job's `removed` and `deletes` and the mapping's `skip` and `key` gave, where there are such. */
  readonly decisions: readonly FieldTrace[];
  /** In the order of the file, attributes last; none for a record that is left out or is no record at all. */
  readonly fields: readonly FieldTrace[];
}

/** By which decision the record is left out; null for one that is not. */
export function leavingOut({ result, decisions }: RecordTrace): "skip" | "deletes" | "removed" | null {
  if (result.outcome !== "skipped") return null;
  if (result.because === "skip") return "skip";
  return decisions.some(({ field, value }) => field === "removed" && value === true) ? "removed" : "deletes";
}

/** The same in words. */
export function whyLeftOut(trace: RecordTrace): string | null {
  const by = leavingOut(trace);
  return by === null ? null : WHY_LEFT_OUT[by];
}

const WHY_LEFT_OUT = {
  skip: "the mapping's `skip` is true",
  deletes: "the job's `deletes` is true",
  removed: "the job's `removed` says so",
} as const;

/** How one field got its value from one record. */
export interface FieldTrace {
  /** As reasons call it: `username`, `attributes.x`, `key`, `skip`, `deletes`, `removed`. */
  readonly field: string;
  /** Where the field stands in the mapping. */
  readonly at: Position;
  /** In the order of the file, up to the end; those not reached say so. */
  readonly sources: readonly SourceTrace[];
  /** What `map` made of the value; null when the field has none, or nothing to look up, or a list. */
  readonly mapped: { readonly from: string; readonly to: Json; readonly by: "entry" | "fallback" } | null;
  readonly outcome: "value" | "absent" | "default" | "dropped" | "rejected";
  /** As it would be stored; null when absent or rejected. Items of a list are keys, or `{ role, org }`. */
  readonly value: Json;
  readonly problem: TraceProblem | null;
}

/** One source of a field: an expression, or a `join` of several. */
export interface SourceTrace {
  readonly expression: string;
  readonly at: Position;
  /** False when one before it was present, so that a run does not ask it. */
  readonly reached: boolean;
  readonly present: boolean;
  /** What it gave; null for nothing. */
  readonly value: Json;
  /** What it read of the raw record, through `let` too. */
  readonly reads: readonly PathRead[];
  readonly problem: TraceProblem | null;
}

/** A place in the raw record, such as `profile.login` or `$parent.id`, and what stood there. */
export interface PathRead {
  readonly path: string;
  /** False when nothing is there, not even null. */
  readonly found: boolean;
  /** Shortened where it is long. */
  readonly value: Json;
}

export interface TraceProblem {
  readonly code: string;
  /** Plain words, never a value of the record. */
  readonly reason: string;
}
