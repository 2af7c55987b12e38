import type { FieldType, Inactive, Into, LinkKind } from "./entities";
import type { Code } from "./error-codes";
import type { Json, JsonObject } from "./json";
import type { MappedPassword, PasswordFormat } from "./passwords";

/** Where something stands in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A JSONata expression as written, with its place. */
export interface Expression {
  readonly text: string;
  readonly at: Position;
}

/** A value as it is written, not asked of a record. */
export interface Literal {
  /** As messages name it, such as `valid_from` or `attributes.x`. */
  readonly label: string;
  readonly value: Json;
  /** Its text is empty for a list or an object. */
  readonly written: Expression;
}

/** A mistake in an expression, found without any record. */
export interface ExpressionFinding {
  readonly code: Code;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Where the expression begins. */
  readonly at: Position;
  /** Characters from the beginning of the expression's text. */
  readonly offset: number;
  /** How many characters the caret underlines. */
  readonly length: number;
  readonly hint: string | null;
}

/** A mapping file, validated and normalised: every short form is written out. Frozen. */
export interface MappingSpec {
  readonly file: string;
  readonly into: Into;
  /** Absent for links: a link is its ends. */
  readonly key: Expression | null;
  readonly skip: Expression | null;
  /** In the order of the file; each may use those before it. */
  readonly let: readonly { readonly name: string; readonly at: Position; readonly expression: Expression }[];
  readonly fields: readonly FieldRule[];
  readonly attributes: readonly FieldRule[];
  /** `nulls: keep` leaves upstream nulls in the record; otherwise they read as absent. */
  readonly keepNulls: boolean;
  readonly tests: readonly MappingTest[];
}

/** How one field gets its value: the first present of `from`. */
export interface FieldRule {
  readonly name: string;
  readonly at: Position;
  readonly from: readonly Source[];
  /** `any` only for attributes: kept as the JSON it is. */
  readonly type: FieldType | "any" | "number";
  readonly values?: readonly string[];
  /** Of a password: what its hash may look like. */
  readonly formats?: readonly PasswordFormat[];
  readonly required: boolean;
  /** Value map; `fallback` is `_`. Keys are compared with the value as text. */
  readonly map: ValueMap | null;
  readonly default: Json | undefined;
  /** The values above, `default` and those of `map`, where they are written. */
  readonly literals?: readonly Literal[];
  readonly pii: boolean;
  readonly invalid: "reject" | "drop";
  /** False: stored, but a difference is no change by itself. */
  readonly compare: boolean;
}

interface ValueMap {
  readonly entries: Readonly<Record<string, Json>>;
  readonly fallback: Json | undefined;
  /** The names of the entries where they are written. */
  readonly names: readonly Expression[];
}

export type Source =
  | { readonly kind: "expression"; readonly expression: Expression }
  | { readonly kind: "join"; readonly parts: readonly Expression[]; readonly with: string };

export interface MappingTest {
  readonly it: string;
  readonly given: JsonObject;
  readonly parent?: JsonObject;
  readonly expect?: JsonObject;
  readonly rejects?: string | true;
  readonly skips?: boolean;
  /** The values of `expect`, where they are written. */
  readonly literals?: readonly Literal[];
  readonly at: Position;
}

/** What a record becomes. */
export type Mapped = MappedRecord | MappedLink | RejectedRecord | SkippedRecord;

export interface MappedRecord {
  readonly outcome: "record";
  readonly key: string;
  /** By field name: text, boolean, or null when absent. Timestamps are RFC 3339 in UTC with milliseconds. No lists. */
  readonly values: Readonly<Record<string, string | boolean | null>>;
  readonly attributes: JsonObject;
  /** One entry for every list field the mapping describes, also when the list is empty. */
  readonly lists: readonly MappedList[];
  /** Fields whose value did not fit and was dropped by `invalid: drop`. */
  readonly dropped: readonly string[];
  /** Absent where the mapping says nothing about passwords. */
  readonly password?: MappedPassword;
}

interface MappedList {
  readonly field: string;
  readonly links: LinkKind;
  readonly items: readonly ListItem[];
}

/** `key` is the other end; `scope` the org within which a role is held. */
export interface ListItem {
  readonly key: string;
  readonly scope: string | null;
}

export interface MappedLink {
  readonly outcome: "link";
  readonly links: LinkKind;
  readonly left: string;
  readonly right: string;
  readonly scope: string | null;
}

/** A record that could not be mapped or validated; it counts as seen and keeps its old state, but for `inactive`. */
export interface RejectedRecord {
  readonly outcome: "rejected";
  /** Null when not even the key could be read. */
  readonly key: string | null;
  readonly field: string | null;
  readonly code: string;
  /** Plain words, never a value of the record. */
  readonly reason: string;
  /** Of a person whose status could be mapped and is not `active`: that much is believed. */
  readonly inactive?: Inactive;
}

/** Why neither of two records of a page is believed that have one key: nobody can tell which of them is true. */
export const DIFFERS = { code: "MAP030", reason: "two records on one page have this key and differ" } as const;

/** Left out on purpose: `because` names the mapping's `skip` or the job's `deletes` expression. */
interface SkippedRecord {
  readonly outcome: "skipped";
  readonly key: string | null;
  readonly because: "skip" | "deleted";
}

/** Null for links, which have none, and where it could not be read. */
export const keyOf = (result: Mapped): string | null => (result.outcome === "link" ? null : result.key);
