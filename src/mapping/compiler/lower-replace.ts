import { type Ir, Kind, Origin } from "./ir";
import { type CallMode, type Lowered, type Lowering, local, NOTHING, NULL } from "./lowering";
import { Refusal } from "./refusal";
import type { Func, Value } from "./scope";

type Call = (lowering: Lowering, func: Func, args: readonly Value[], mode: CallMode, position: number) => Lowered;

/** What a match is made of, but for the function that finds the next. */
const PARTS: ReadonlySet<unknown> = new Set(["match", "start", "end", "groups"]);

/** `$replace(text, /pattern/, function($match) { … })`; null when it is another call of `$replace`. */
export function lowerReplace(
  lowering: Lowering,
  [text, pattern, replacement, limit]: readonly Value[],
  mode: CallMode,
  position: number,
  call: Call,
): Ir | null {
  if (text === undefined || pattern === undefined || replacement === undefined) return null;
  if (!("ir" in text) || !("func" in pattern) || !("func" in replacement)) return null;
  const { func } = replacement;
  if (pattern.func.kind !== "regex" || func.kind !== "lambda") return null;
  const [param] = func.ast.arguments;
  if (func.ast.signature !== undefined || (param !== undefined && !readsPartsOnly(func.ast.body, param.value)))
    throw new Refusal("a match that is used as a whole", position);
  const match = lowering.slot({ kinds: Kind.Object, origin: Origin.Record });
  const context = mode.tail ? local(func.context) : NULL;
  const body = lowering.loop(() => call(lowering, func, [{ ir: local(match) }], { context, tail: false }, position));
  if (!("ir" in body)) throw new Refusal("a function given for every match", position);
  const most = limit === undefined ? NOTHING : "ir" in limit ? limit.ir : NOTHING;
  return { op: "replace", pattern: pattern.func.pattern, text: text.ir, match, body: body.ir, limit: most };
}

/** Whether a variable is only ever read as `$match.groups` and the like. */
function readsPartsOnly(node: unknown, name: string): boolean {
  if (typeof node !== "object" || node === null) return true;
  const { type, value, steps } = node as { type?: unknown; value?: unknown; steps?: unknown };
  if (type === "variable" && value === name) return false;
  if (type === "path" && Array.isArray(steps)) {
    const [first, second, ...others] = steps as {
      type?: unknown;
      value?: unknown;
      predicate?: unknown;
      tuple?: unknown;
    }[];
    const isPart = first?.type === "variable" && first.value === name && first.predicate === undefined && !first.tuple;
    if (isPart && second?.type === "name" && PARTS.has(second.value))
      return [second, ...others].every((step) => readsPartsOnly(step, name));
  }
  return Object.values(node).every((child) => readsPartsOnly(child, name));
}
