import type { Builtin, Param } from "./builtins";
import { factsOf } from "./facts";
import type { Ir } from "./ir";
import type { Value } from "./scope";

/**
 * The arguments of a call in their places, the context filled in where it stands for the first; null when they never
 * fit. JSONata matches the kinds of the values against a regular expression at run time; here the kinds known while
 * compiling decide, and a value of another kind makes the builtin bail.
 */
export function arrange({ params }: Builtin, args: readonly Value[], context: Ir): readonly Value[] | null {
  const [first, ...others] = params;
  if (fits(params, args)) return args;
  if (first?.context === true && fits(others, args)) return [{ ir: context }, ...args];
  return null;
}

function fits(params: readonly Param[], args: readonly Value[]): boolean {
  const required = params.filter((param) => !param.optional).length;
  const most = params.at(-1)?.repeated === true ? Number.POSITIVE_INFINITY : params.length;
  if (args.length < required || args.length > most) return false;
  return args.every((arg, index) => fitsParam(params[index] ?? params.at(-1), arg));
}

function fitsParam(param: Param | undefined, arg: Value): boolean {
  if (param === undefined) return false;
  return "func" in arg ? param.takesFunction : (factsOf(arg.ir).kinds & param.kinds) !== 0;
}
