import type { Signature } from "./parse";
import type { Pattern } from "./regex";

/** What a value may be, as a set of bits. */
export const Kind = {
  Undefined: 1,
  Null: 2,
  Boolean: 4,
  Number: 8,
  String: 16,
  List: 32,
  Object: 64,
  Any: 127,
} as const;

/**
 * How far a value is known to be as JSON.parse made it. JSONata marks lists it makes itself ("sequences", lists that do
 * not flatten), and treats them differently; where no mark can be, no check is emitted.
 */
export const Origin = {
  /** Marks may be anywhere in it. */
  Unknown: 0,
  /** At most the value itself is a marked list. */
  ItemsOfRecord: 1,
  /** Part of the record, or a scalar. */
  Record: 2,
} as const;

export interface Facts {
  readonly kinds: number;
  readonly origin: number;
}

/** A variable of the emitted code, assigned before it is read. */
export interface Slot extends Facts {
  readonly id: number;
}

/** A key with a value, both worked out in the context of `context`. */
interface Pair {
  readonly key: Ir;
  readonly value: Ir;
}

/** Code run for one binding of a stream: `item` is the context, `tuple` holds what is bound. */
export interface TupleCode {
  readonly item: Slot;
  readonly tuple: Slot;
  readonly value: Ir;
}

export type Stage =
  | { readonly kind: "test"; readonly item: Slot; readonly test: Ir }
  | { readonly kind: "pick"; readonly index: number };

interface SortTerm {
  readonly descending: boolean;
  /** The same expression twice, for either side of a comparison. */
  readonly item: Slot;
  readonly value: Ir;
}

export type PathStep =
  | { readonly kind: "each"; readonly item: Slot; readonly value: Ir; readonly stages: readonly Stage[] }
  | { readonly kind: "order"; readonly terms: readonly SortTerm[]; readonly stages: readonly Stage[] };

export interface PathIr {
  readonly op: "path";
  /** `context`: iterated when a list. `value`: flattened like a step's result. `list`: a list whose items are the input. */
  readonly from: "context" | "value" | "list";
  readonly source: Ir;
  readonly steps: readonly PathStep[];
  /** `[]` in it: one item stays a list. */
  readonly keep: boolean;
  /** The value itself, the list it is unwrapped from, or the items for steps that follow. */
  readonly gives: "value" | "list" | "items";
}

export type TupleStage =
  | { readonly kind: "test"; readonly code: TupleCode }
  | { readonly kind: "pick"; readonly index: number }
  | { readonly kind: "number"; readonly name: string };

interface TupleTerm {
  readonly descending: boolean;
  readonly code: TupleCode;
}

export type TupleStep =
  | {
      readonly kind: "each";
      readonly code: TupleCode;
      readonly focus: string | null;
      readonly index: string | null;
      readonly ancestor: string | null;
      readonly stages: readonly TupleStage[];
    }
  | {
      readonly kind: "order";
      readonly terms: readonly TupleTerm[];
      /** A sort that begins the stream binds the position too. */
      readonly index: string | null;
      readonly begins: boolean;
      readonly stages: readonly TupleStage[];
    };

export interface StreamIr {
  readonly op: "stream";
  /** Gives the list of items the stream begins with. */
  readonly source: Ir;
  /** Without an item there is no stream: a grouping behind it groups nothing at all. */
  readonly breaks: boolean;
  readonly steps: readonly TupleStep[];
  /** The bindings themselves go to the path around it. */
  readonly carries: boolean;
  readonly keep: boolean;
}

/** What the work of a loop over a list is, and what becomes of it. */
export type LoopKind = "map" | "filter" | "single" | "reduce" | "each" | "sift";

/**
 * The intermediate language: variables are resolved, functions inlined, contexts named, and every place where JSONata
 * unwraps a sequence is a `normal` node. All values are without effect, so nodes may be worked out once and used twice.
 */
export type Ir =
  | { readonly op: "const"; readonly value: string | number | boolean | null }
  | { readonly op: "nothing" }
  /** The reference throws here, whatever the record. */
  | { readonly op: "fail" }
  | { readonly op: "local"; readonly slot: Slot }
  /** Stands for a function where only its being one matters. */
  | { readonly op: "function" }
  | { readonly op: "let"; readonly name: string }
  | { readonly op: "parent" }
  | { readonly op: "bound"; readonly tuple: Slot; readonly name: string }
  | { readonly op: "unwrap"; readonly slot: Slot }
  | { readonly op: "listed"; readonly value: Ir }
  /** The list of one item, whatever it is. */
  | { readonly op: "single"; readonly item: Ir }
  | { readonly op: "if"; readonly test: Ir; readonly yes: Ir; readonly no: Ir }
  | { readonly op: "logic"; readonly operator: "and" | "or"; readonly left: Ir; readonly right: Ir }
  | { readonly op: "binary"; readonly operator: string; readonly left: Ir; readonly right: Ir }
  | { readonly op: "negate"; readonly value: Ir }
  | {
      readonly op: "list";
      readonly items: readonly { readonly value: Ir; readonly whole: boolean }[];
      readonly solid: boolean;
    }
  | { readonly op: "range"; readonly from: number; readonly to: number }
  | {
      readonly op: "do";
      readonly steps: readonly { readonly slot: Slot | null; readonly value: Ir }[];
      readonly value: Ir;
    }
  | { readonly op: "normal"; readonly value: Ir; readonly keep: boolean }
  | { readonly op: "field"; readonly of: Ir; readonly name: string }
  | { readonly op: "wildcard"; readonly of: Ir }
  | { readonly op: "descendants"; readonly of: Ir }
  | { readonly op: "stage"; readonly of: Ir; readonly stage: Stage }
  | PathIr
  | StreamIr
  /** An object whose keys are different constants: every value sees the same context. */
  | {
      readonly op: "object";
      readonly of: Ir;
      readonly context: Slot;
      readonly entries: readonly { readonly key: string; readonly value: Ir }[];
    }
  | { readonly op: "group"; readonly of: Ir; readonly context: Slot; readonly pairs: readonly Pair[] }
  | {
      readonly op: "groupStream";
      readonly of: StreamIr;
      readonly pairs: readonly { readonly key: TupleCode; readonly value: TupleCode }[];
    }
  | { readonly op: "call"; readonly name: string; readonly args: readonly Ir[]; readonly pattern?: Pattern }
  | {
      readonly op: "loop";
      readonly kind: LoopKind;
      readonly over: Ir;
      readonly start: Ir;
      /** Of `reduce`: what was found so far, item, index, list; else item, index or name, list or object. */
      readonly params: readonly Slot[];
      readonly body: Ir;
    }
  /** `$replace` with a pattern, and a function of a match. */
  | {
      readonly op: "replace";
      readonly pattern: Pattern;
      readonly text: Ir;
      readonly match: Slot;
      readonly body: Ir;
      readonly limit: Ir;
    }
  | { readonly op: "sort"; readonly over: Ir; readonly left: Slot; readonly right: Slot; readonly swaps: Ir }
  | {
      readonly op: "transform";
      readonly of: Ir;
      readonly clone: Slot;
      readonly pattern: Ir;
      readonly match: Slot;
      readonly update: Ir;
      readonly delete: Ir | null;
    }
  | {
      readonly op: "checked";
      readonly signature: Signature;
      readonly args: readonly Ir[];
      readonly context: Ir;
      readonly params: readonly Slot[];
      readonly body: Ir;
    };
