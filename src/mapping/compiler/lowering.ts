import { type Facts, type Ir, Kind, Origin, type Slot } from "./ir";
import type { Ast } from "./parse";
import { Refusal } from "./refusal";
import type { Func, Place } from "./scope";

/** What is assigned before a value can be worked out. */
export type Assignments = readonly { readonly slot: Slot | null; readonly value: Ir }[];

/** A function, and what must be assigned before it can be called. */
export interface Callable {
  readonly func: Func;
  readonly before: Assignments;
}

/** A value or a function; which of both is known while compiling. */
export type Lowered = { readonly ir: Ir } | Callable;

/** How a call is made: JSONata hands a call in tail position to the caller of the function around it. */
export interface CallMode {
  /** Stands in for an argument a builtin takes from the context. */
  readonly context: Ir;
  readonly tail: boolean;
}

/** Bounds that keep the emitted code small enough for the engine to optimize, and lowering itself from running away. */
const MOST_NODES = 5_000;
const DEEPEST = 60;

/** The state of lowering one expression, and the recursion its parts go through. */
export abstract class Lowering {
  readonly letsRead = new Set<string>();
  /** Contexts that may be JSONata's wrapper around a list at the top. */
  readonly wrappers = new Set<Slot>();
  /** Paths whose stream of bindings goes to the step they stand in. */
  readonly carriers = new Set<Ast>();
  usesParent = false;
  usesRegex = false;
  nesting = 0;
  #slots = 0;
  #nodes = 0;
  #depth = 0;
  #loops = 0;
  readonly #inlined: unknown[] = [];

  /** A node as a value; functions are refused. */
  abstract value(ast: Ast, place: Place): Ir;
  /** A node as a value or a function. */
  abstract any(ast: Ast, place: Place): Lowered;
  /** The body of a lambda, whose calls in tail position are made as `mode` says. */
  abstract body(ast: Ast, place: Place, mode: CallMode): Lowered;

  slot({ kinds, origin }: Facts): Slot {
    this.#slots += 1;
    return { id: this.#slots, kinds, origin };
  }

  /** A variable for the items of a list with these facts. */
  itemSlot(list: Facts): Slot {
    const origin = list.origin === Origin.Unknown ? Origin.Unknown : Origin.Record;
    return this.slot({ kinds: Kind.Any, origin });
  }

  /** Counts a node and its depth while `inner` runs. */
  descend<T>(position: number | undefined, inner: () => T): T {
    this.#nodes += 1;
    this.#depth += 1;
    if (this.#nodes > MOST_NODES) throw new Refusal("an expression of this size", position ?? 0);
    if (this.#depth > DEEPEST) throw new Refusal("an expression nested this deeply", position ?? 0);
    try {
      return inner();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Lowers what is worked out for each item of a list; `times` loops inside one another. */
  loop<T>(inner: () => T, times = 1): T {
    this.#loops += times;
    this.nesting = Math.max(this.nesting, this.#loops);
    try {
      return inner();
    } finally {
      this.#loops -= times;
    }
  }

  /** Inlines a lambda, unless that is what is being done already. */
  inline<T>(lambda: Ast, inner: () => T): T {
    if (this.#inlined.includes(lambda)) throw new Refusal("a function that calls itself", lambda.position ?? 0);
    this.#inlined.push(lambda);
    try {
      return inner();
    } finally {
      this.#inlined.pop();
    }
  }
}

export const NOTHING: Ir = { op: "nothing" };
export const NULL: Ir = { op: "const", value: null };
export const FAIL: Ir = { op: "fail" };

export const local = (slot: Slot): Ir => ({ op: "local", slot });

/** `value` with assignments before it, when there are any. */
export const after = (before: Assignments, value: Ir): Ir =>
  before.length === 0 ? value : { op: "do", steps: before, value };
