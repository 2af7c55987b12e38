import { BUILTINS } from "./builtins";
import { factsOf } from "./facts";
import { type Ir, Kind, type LoopKind, Origin, type Slot } from "./ir";
import { type CallMode, FAIL, type Lowered, type Lowering, local, NOTHING, NULL } from "./lowering";
import { Refusal } from "./refusal";
import type { Func, Value } from "./scope";

/** Builtins that call a function for every item; `sort` compares by one. */
export const LOOPS: Readonly<Record<string, LoopKind | "sort">> = {
  map: "map",
  filter: "filter",
  single: "single",
  reduce: "reduce",
  each: "each",
  sift: "sift",
  sort: "sort",
};

type Call = (lowering: Lowering, func: Func, args: readonly Value[], mode: CallMode, position: number) => Lowered;

/** A loop with the called function as its body. */
export function lowerLoop(
  lowering: Lowering,
  kind: LoopKind | "sort",
  [over, handed, start]: readonly Value[],
  mode: CallMode,
  position: number,
  call: Call,
): Ir {
  if (over === undefined) return FAIL;
  if ("func" in over) throw new Refusal("a function used as a value", position);
  const func = handed !== undefined && "func" in handed ? handed.func : null;
  if (func === null) {
    if (irOf(handed).op !== "nothing") return FAIL;
    if (kind === "sort") return lowering.loop(() => ({ op: "call", name: "sort", args: [over.ir] }), 2);
    if (kind !== "single") return FAIL;
  }
  if (func !== null && func.kind === "regex") throw new Refusal("a regular expression called for every item", position);
  if (mode.tail && func !== null && func.kind !== "lambda" && func.kind !== "builtin")
    throw new Refusal("this function in the last call of another", position);
  // In tail position JSONata hands functions over as they are; no builtin can be called that way, and none by `$sort`.
  const cannotBeCalled = mode.tail && (func?.kind === "builtin" || kind === "sort");
  const context: Ir = mode.tail && func?.kind === "lambda" ? local(func.context) : NULL;
  const bodyOf = (params: readonly Slot[]): Ir => {
    if (func === null) return { op: "const", value: true };
    if (cannotBeCalled) return FAIL;
    const args = params.map((slot) => ({ ir: local(slot) }));
    const made = call(lowering, func, args, { context, tail: false }, position);
    if ("ir" in made) return made.ir;
    throw new Refusal("a function given for every item", position);
  };
  const unknown = { kinds: Kind.Any, origin: Origin.Unknown };
  if (kind === "sort") {
    const [left, right] = [lowering.itemSlot(factsOf(over.ir)), lowering.itemSlot(factsOf(over.ir))];
    return lowering.loop(() => ({ op: "sort", over: over.ir, left, right, swaps: bodyOf([left, right]) }), 2);
  }
  const item = lowering.itemSlot(factsOf(over.ir));
  const counter = lowering.slot({
    kinds: kind === "each" || kind === "sift" ? Kind.String : Kind.Number,
    origin: Origin.Record,
  });
  const whole = lowering.slot({ ...unknown, kinds: Kind.Any });
  const arity = func === null ? 0 : arityOf(func);
  if (kind === "reduce") {
    // With fewer parameters there would be no place for the item.
    if (arity < 2) return { op: "if", test: { op: "call", name: "exists", args: [over.ir] }, yes: FAIL, no: NOTHING };
    const found = lowering.slot(unknown);
    const params = [found, item, counter, whole];
    const body = lowering.loop(() => bodyOf(params.slice(0, arity)));
    return { op: "loop", kind, over: over.ir, start: irOf(start), params, body };
  }
  const params = [item, counter, whole];
  const body = lowering.loop(() => bodyOf(params.slice(0, Math.max(1, arity))));
  return { op: "loop", kind, over: over.ir, start: NOTHING, params, body };
}

function irOf(value: Value | undefined): Ir {
  if (value === undefined) return NOTHING;
  return "ir" in value ? value.ir : FAIL;
}

/** How many arguments a function is called with. */
function arityOf(func: Func): number {
  switch (func.kind) {
    case "lambda":
      return func.ast.arguments.length;
    case "builtin":
      return BUILTINS[func.name]?.arity ?? 0;
    case "partial":
      return func.args.filter((arg) => arg === null).length;
    default:
      return 1;
  }
}
