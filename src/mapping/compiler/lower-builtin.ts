import { arrange } from "./arrange";
import { BUILTINS } from "./builtins";
import type { Ir } from "./ir";
import { LOOPS, lowerLoop } from "./lower-loop";
import { lowerReplace } from "./lower-replace";
import { type CallMode, FAIL, type Lowered, type Lowering, NOTHING } from "./lowering";
import { Refusal } from "./refusal";
import type { Func, Value } from "./scope";

type Call = (lowering: Lowering, func: Func, args: readonly Value[], mode: CallMode, position: number) => Lowered;

/** A call of a builtin, its arguments in their places. `call` lowers calls of functions handed to it. */
export function lowerBuiltin(
  lowering: Lowering,
  name: string,
  args: readonly Value[],
  mode: CallMode,
  position: number,
  call: Call,
): Ir {
  const spec = BUILTINS[name];
  if (spec === undefined) throw new Refusal(`\`$${name}\``, position);
  const arranged = arrange(spec, args, mode.context);
  if (arranged === null) return FAIL;
  const kind = LOOPS[name];
  if (kind !== undefined) return lowerLoop(lowering, kind, arranged, mode, position, call);
  const replaced = name === "replace" ? lowerReplace(lowering, arranged, mode, position, call) : null;
  if (replaced !== null) return replaced;
  const ofFunction = OF_FUNCTIONS[name];
  if (ofFunction !== undefined && arranged.length === 1 && arranged.some((arg) => "func" in arg))
    return { op: "const", value: ofFunction };
  const refused = spec.refuses(arranged.map((arg) => ("ir" in arg ? arg.ir : null)));
  if (refused !== null) throw new Refusal(refused, position);
  const made = madeCall(name, arranged, position);
  return spec.loops === 0 ? made : lowering.loop(() => made, spec.loops);
}

/** What builtins give for a function, whichever it is. */
const OF_FUNCTIONS: Readonly<Record<string, string | boolean>> = {
  exists: true,
  boolean: false,
  not: true,
  type: "function",
  string: "",
};

/** A call whose arguments are values; in its second place may be a regular expression. */
function madeCall(name: string, args: readonly Value[], position: number): Ir {
  const second = args[1];
  const pattern = second !== undefined && "func" in second && second.func.kind === "regex" ? second.func.pattern : null;
  const withPattern = pattern !== null && BUILTINS[name]?.withPattern !== null;
  const values = args.map((arg, index): Ir => {
    if ("ir" in arg) return arg.ir;
    if (withPattern && index === 1) return NOTHING;
    throw new Refusal(`a function handed to \`$${name}\``, position);
  });
  return { op: "call", name, args: values, ...(withPattern ? { pattern } : {}) };
}
