import type { Ir, Slot } from "./ir";
import { ExpressionLowering } from "./lower-expression";
import { parse } from "./parse";
import { Refusal } from "./refusal";

/** An expression as IR, with what is known of it before any record is seen. */
export interface LoweredExpression {
  readonly ir: Ir;
  /** The context at the top: the record, or JSONata's wrapper around a list. */
  readonly root: Slot;
  /** `$$`: the input as it was given. */
  readonly input: Slot;
  /** Names bound outside that it reads, besides `$parent`. */
  readonly lets: ReadonlySet<string>;
  readonly usesParent: boolean;
  /** How many loops over a record's data stand inside one another at worst; a step over a list counts as one. */
  readonly nesting: number;
  readonly usesRegex: boolean;
}

/** A lowered expression, or why it is not compiled: `construct` in plain words, `position` in characters. */
export type Lowering =
  | { readonly compiles: true; readonly code: LoweredExpression }
  | { readonly compiles: false; readonly construct: string; readonly position: number };

/**
 * @param lets names bound outside the expression, besides `$parent`.
 * Throws JSONata's own error for text that does not parse.
 */
export function lower(text: string, lets: ReadonlySet<string>): Lowering {
  const ast = parse(text);
  const lowering = new ExpressionLowering(lets);
  try {
    const ir = lowering.whole(ast);
    const { root, input, letsRead, usesParent, nesting, usesRegex } = lowering;
    return { compiles: true, code: { ir, root, input, lets: letsRead, usesParent, nesting, usesRegex } };
  } catch (error) {
    if (error instanceof Refusal) return { compiles: false, construct: error.construct, position: error.position };
    // The stack gave out before the count of levels did.
    if (error instanceof RangeError)
      return { compiles: false, construct: "an expression nested this deeply", position: 0 };
    throw error;
  }
}
