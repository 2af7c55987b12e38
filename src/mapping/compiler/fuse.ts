import type { LoweredExpression } from "./lower";
import { BAIL } from "./outcomes";

export type FusedSource =
  | { readonly kind: "expression"; readonly code: LoweredExpression }
  /** A value worked out elsewhere: `given[index]`. */
  | { readonly kind: "given"; readonly index: number }
  /** What is present of the parts, as text, joined. */
  | { readonly kind: "join"; readonly parts: readonly FusedSource[]; readonly with: string };

export interface FusedStep {
  readonly sources: readonly FusedSource[];
  /** After this step nothing more is worked out when it gave true. */
  readonly stopsIfTrue: boolean;
}

export interface FusedProgram {
  readonly lets: readonly { readonly name: string; readonly code: LoweredExpression }[];
  readonly steps: readonly FusedStep[];
}

export type FusedFunction = (record: unknown, parent: unknown, given: readonly unknown[], out: unknown[]) => void;

/**
 * All steps of a mapping as one function: `out[i]` becomes what step i found, the first present of its sources (a
 * single source is given as it is), or undefined. Lets are worked out once a record. Throws `Bail` or `OutOfFuel`.
 */
export function fuse(_program: FusedProgram): FusedFunction {
  return () => {
    throw BAIL;
  };
}
