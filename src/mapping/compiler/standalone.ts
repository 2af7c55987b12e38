import type { LoweredExpression } from "./lower";
import { BAIL } from "./outcomes";

export type StandaloneFunction = (record: unknown, parent: unknown, lets: Readonly<Record<string, unknown>>) => unknown;

/** One expression by itself. Gives the value; throws `Bail` when the reference must answer, `OutOfFuel` when it does too much. */
export function compileStandalone(_code: LoweredExpression): StandaloneFunction {
  return () => {
    throw BAIL;
  };
}
