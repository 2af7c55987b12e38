import type { Ir, Slot } from "./ir";
import type { AstLambda, AstTransform } from "./parse";
import type { Pattern } from "./regex";

/**
 * A function that is known while compiling. Functions are never values at run time: each call is inlined, so a function
 * that could call itself has no translation, and what is translated ends.
 */
export type Func =
  | { readonly kind: "lambda"; readonly ast: AstLambda; readonly scope: Scope; readonly context: Slot }
  | { readonly kind: "builtin"; readonly name: string }
  /** Arguments given so far; null is a place left open. */
  | { readonly kind: "partial"; readonly of: Func; readonly args: readonly (Value | null)[] }
  | { readonly kind: "chain"; readonly first: Func; readonly second: Func }
  | { readonly kind: "transform"; readonly ast: AstTransform; readonly scope: Scope; readonly context: Slot }
  | { readonly kind: "regex"; readonly pattern: Pattern };

export type Value = { readonly ir: Ir } | { readonly func: Func };

/** The variables an expression sees at a place. Filled in the order of evaluation, as JSONata fills its frames. */
export class Scope {
  readonly #outer: Scope | null;
  readonly #names = new Map<string, Value>();

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  bind(name: string, value: Value): void {
    this.#names.set(name, value);
  }

  find(name: string): Value | null {
    return this.#names.get(name) ?? this.#outer?.find(name) ?? null;
  }
}

/** Where an expression stands: its variables, and the variable that holds its context. */
export interface Place {
  readonly scope: Scope;
  readonly context: Slot;
}
