import { BUILTINS } from "./builtins";
import { factsOf } from "./facts";
import { type Ir, Kind, Origin } from "./ir";
import { lowerBuiltin } from "./lower-builtin";
import {
  type Assignments,
  after,
  type Callable,
  type CallMode,
  FAIL,
  type Lowered,
  type Lowering,
  local,
  NOTHING,
  NULL,
} from "./lowering";
import type { Ast, AstCall, AstLambda, AstPartial } from "./parse";
import { Refusal } from "./refusal";
import { type Func, type Place, Scope, type Value } from "./scope";

/** `f(a, b)`. */
export function lowerCall(lowering: Lowering, ast: AstCall, place: Place, mode: CallMode): Lowered {
  return callWith(lowering, ast, place, mode, []);
}

/** `a ~> f(b)`, `a ~> $f` and `$f ~> $g`. */
export function lowerApply(lowering: Lowering, ast: Extract<Ast, { type: "apply" }>, place: Place): Lowered {
  const left = lowering.any(ast.lhs, place);
  const position = ast.position ?? 0;
  if (ast.rhs.type === "function") {
    if (!("ir" in left)) throw new Refusal("a function handed to another by `~>`", position);
    return callWith(lowering, ast.rhs, place, { context: local(place.context), tail: false }, [left]);
  }
  const right = lowering.any(ast.rhs, place);
  if (!("func" in right)) return { ir: FAIL };
  if ("func" in left) {
    const func: Func = { kind: "chain", first: left.func, second: right.func };
    return { func, before: [...left.before, ...right.before] };
  }
  const made = call(lowering, right.func, [left], { context: NULL, tail: false }, position);
  return prefixed(right.before, made);
}

/** `f(?, b)`: a function that waits for the arguments left open. */
export function lowerPartial(lowering: Lowering, ast: AstPartial, place: Place): Lowered {
  const position = ast.position ?? 0;
  const before: Assignments[number][] = [];
  const args = ast.arguments.map((arg): Value | null => {
    if (arg.type === "operator" && arg.value === "?") return null;
    const lowered = lowering.any(arg, place);
    if ("func" in lowered) {
      before.push(...lowered.before);
      return { func: lowered.func };
    }
    const slot = lowering.slot(factsOf(lowered.ir));
    before.push({ slot, value: lowered.ir });
    return { ir: local(slot) };
  });
  const procedure = lowering.any(ast.procedure, place);
  if (!("func" in procedure)) return { ir: FAIL };
  const { func } = procedure;
  if (func.kind !== "lambda" && func.kind !== "builtin") throw new Refusal("a partial call of this function", position);
  if (
    func.kind === "builtin" &&
    (BUILTINS[func.name]?.partial !== true || args.some((arg) => arg !== null && "func" in arg))
  )
    throw new Refusal(`a partial call of \`$${func.name}\``, position);
  return { func: { kind: "partial", of: func, args }, before: [...procedure.before, ...before] };
}

function callWith(lowering: Lowering, ast: AstCall, place: Place, mode: CallMode, given: readonly Value[]): Lowered {
  const procedure = lowering.any(ast.procedure, place);
  const before: Assignments[number][] = "func" in procedure ? [...procedure.before] : [];
  const args: Value[] = [...given];
  for (const arg of ast.arguments) {
    const lowered = lowering.any(arg, place);
    if ("func" in lowered) before.push(...lowered.before);
    args.push("func" in lowered ? { func: lowered.func } : lowered);
  }
  // What is called is data or nothing: an error, whatever the record.
  if (!("func" in procedure)) return { ir: FAIL };
  return prefixed(before, call(lowering, procedure.func, args, mode, ast.position ?? 0));
}

/** A call of a known function. Its value is not unwrapped: that is done by the node around it. */
function call(lowering: Lowering, func: Func, args: readonly Value[], mode: CallMode, position: number): Lowered {
  return lowering.descend(position, () => {
    switch (func.kind) {
      case "lambda":
        return callLambda(lowering, func, args, mode, position);
      case "builtin":
        return { ir: lowerBuiltin(lowering, func.name, args, mode, position, call) };
      case "partial":
        return callPartial(lowering, func, args, mode, position);
      case "chain": {
        const inner = call(lowering, func.first, args.slice(0, 1), { context: NULL, tail: false }, position);
        if (!("ir" in inner)) throw new Refusal("a function given by a function in a chain", position);
        const value: Ir = { op: "normal", value: inner.ir, keep: false };
        return call(lowering, func.second, [{ ir: value }], { ...mode, tail: true }, position);
      }
      case "transform":
        return { ir: callTransform(lowering, func, args, position) };
      case "regex":
        throw new Refusal("a regular expression called as a function", position);
    }
  });
}

function callLambda(
  lowering: Lowering,
  { ast, scope, context }: Extract<Func, { kind: "lambda" }>,
  args: readonly Value[],
  mode: CallMode,
  position: number,
): Lowered {
  const inside = { scope: new Scope(scope), context };
  const names = ast.arguments.map(({ value }) => value);
  if (ast.signature !== undefined) return callChecked(lowering, ast, inside, args, mode, position);
  const before = bindAll(lowering, inside.scope, names, args);
  return prefixed(
    before,
    lowering.inline(ast, () => lowering.body(ast.body, inside, mode)),
  );
}

/** A lambda with a signature: JSONata's own check of it runs before the body, and may fill in the context. */
function callChecked(
  lowering: Lowering,
  ast: AstLambda,
  inside: Place,
  args: readonly Value[],
  mode: CallMode,
  position: number,
): Lowered {
  const { signature } = ast;
  if (signature?.validate === undefined) throw new Refusal("a signature in this place", position);
  // Where every argument stays in its place, a function only has to be one.
  if (/[-+]/.test(signature.definition ?? "-") && args.some((arg) => "func" in arg))
    throw new Refusal("a function handed to a function whose signature moves arguments", position);
  const values = args.map((arg): Ir => ("ir" in arg ? arg.ir : { op: "function" }));
  const params = ast.arguments.map(({ value }, index) => {
    const slot = lowering.slot({ kinds: Kind.Any, origin: Origin.Unknown });
    const arg = args[index];
    inside.scope.bind(value, arg !== undefined && "func" in arg ? arg : { ir: local(slot) });
    return slot;
  });
  const body = lowering.inline(ast, () => lowering.body(ast.body, inside, mode));
  if (!("ir" in body)) throw new Refusal("a function given by a function with a signature", position);
  const validate = signature.validate.bind(signature);
  return { ir: { op: "checked", signature: { validate }, args: values, context: mode.context, params, body: body.ir } };
}

/** Binds parameters to arguments; what is more than a variable or a constant is assigned to one first. */
function bindAll(lowering: Lowering, scope: Scope, names: readonly string[], args: readonly Value[]): Assignments {
  const before: Assignments[number][] = [];
  for (const [index, name] of names.entries()) {
    const arg = args[index] ?? { ir: NOTHING };
    if ("func" in arg || arg.ir.op === "const" || arg.ir.op === "local" || arg.ir.op === "nothing") {
      scope.bind(name, arg);
      continue;
    }
    const slot = lowering.slot(factsOf(arg.ir));
    before.push({ slot, value: arg.ir });
    scope.bind(name, { ir: local(slot) });
  }
  for (const arg of args.slice(names.length)) if ("ir" in arg) before.push({ slot: null, value: arg.ir });
  return before;
}

function callPartial(
  lowering: Lowering,
  { of, args: given }: Extract<Func, { kind: "partial" }>,
  args: readonly Value[],
  mode: CallMode,
  position: number,
): Lowered {
  const open = [...args];
  const all = given.map((arg) => arg ?? open.shift() ?? { ir: NOTHING });
  if (of.kind === "lambda") {
    const { ast, scope, context } = of;
    // A partial call forgets the signature, and parameters beyond the places given stay unbound.
    return callLambda(lowering, { ...of, ast: withoutSignature(ast), scope, context }, all, mode, position);
  }
  if (of.kind !== "builtin") throw new Refusal("a partial call of this function", position);
  const values = all.map((arg) => {
    if ("ir" in arg) return arg.ir;
    throw new Refusal("a function handed to a partial call", position);
  });
  // Neither is a builtin's signature looked at, so nothing is taken from the context.
  return { ir: { op: "call", name: of.name, args: values } };
}

const bare = new WeakMap<AstLambda, AstLambda>();

/** The same node every time, for it stands for the lambda when recursion is looked for. */
function withoutSignature(ast: AstLambda): AstLambda {
  const { signature, ...rest } = ast;
  if (signature === undefined) return ast;
  const found = bare.get(ast) ?? rest;
  bare.set(ast, found);
  return found;
}

function callTransform(
  lowering: Lowering,
  { ast, scope }: Extract<Func, { kind: "transform" }>,
  args: readonly Value[],
  position: number,
): Ir {
  const [of] = args;
  if (args.length !== 1 || of === undefined || !("ir" in of)) return FAIL;
  if (scope.find("clone") !== null) throw new Refusal("a transform under a `$clone` of one's own", position);
  const unknown = { kinds: Kind.Any, origin: Origin.Unknown };
  const clone = lowering.slot(unknown);
  const pattern = lowering.value(ast.pattern, { scope, context: clone });
  return lowering.loop(() => {
    const match = lowering.slot(unknown);
    const inner = { scope, context: match };
    const update = lowering.value(ast.update, inner);
    const deletes = ast.delete === undefined ? null : lowering.value(ast.delete, inner);
    return { op: "transform", of: of.ir, clone, pattern, match, update, delete: deletes };
  });
}

function prefixed(before: Assignments, lowered: Lowered): Lowered {
  if (before.length === 0) return lowered;
  return "ir" in lowered ? { ir: after(before, lowered.ir) } : withBefore(before, lowered);
}

const withBefore = (before: Assignments, callable: Callable): Callable => ({
  ...callable,
  before: [...before, ...callable.before],
});
