import { isBuiltin, refusedBuiltin } from "./builtins";
import { factsOf } from "./facts";
import { type Ir, Kind, Origin, type Slot } from "./ir";
import { lowerApply, lowerCall, lowerPartial } from "./lower-call";
import { lowerGroup, lowerPath, lowerStages } from "./lower-path";
import { type Assignments, after, type CallMode, FAIL, type Lowered, Lowering, local, NOTHING } from "./lowering";
import type { Ast, AstCall } from "./parse";
import { Refusal } from "./refusal";
import { patternOf } from "./regex";
import { type Place, Scope } from "./scope";

/** Lowers expressions node by node; paths, groups and calls have files of their own. */
export class ExpressionLowering extends Lowering {
  readonly root = this.slot({ kinds: Kind.Any, origin: Origin.Record });
  readonly input = this.slot({ kinds: Kind.Any, origin: Origin.Record });
  readonly #lets: ReadonlySet<string>;

  constructor(lets: ReadonlySet<string>) {
    super();
    this.#lets = lets;
  }

  /** The expression itself. */
  whole(ast: Ast): Ir {
    return this.value(asBlock(ast), { scope: new Scope(null), context: this.root });
  }

  value(ast: Ast, place: Place): Ir {
    const lowered = this.any(ast, place);
    if ("ir" in lowered) return lowered.ir;
    throw new Refusal("a function used as a value", ast.position ?? 0);
  }

  any(ast: Ast, place: Place): Lowered {
    return this.descend(ast.position, () => {
      const lowered = this.#node(ast, place);
      return "ir" in lowered ? { ir: this.#finished(ast, lowered.ir, place) } : this.#unfiltered(ast, lowered);
    });
  }

  body(ast: Ast, place: Place, mode: CallMode): Lowered {
    if (ast.type === "lambda" && ast.thunk === true) {
      if (ast.body.type !== "function") throw new Refusal("a call of this kind", ast.position ?? 0);
      return lowerCall(this, ast.body, place, { ...mode, tail: true });
    }
    if (ast.type === "bind") return this.any(asBlock(ast), place);
    if ((ast.type !== "condition" && ast.type !== "block") || !endsInCall(ast)) return this.any(ast, place);
    return this.descend(ast.position, () => {
      // JSONata would filter the call that waits to be made, not what it gives.
      if (ast.predicate !== undefined || ast.group !== undefined)
        throw new Refusal("a filter behind the last call of a function", ast.position ?? 0);
      return ast.type === "block"
        ? this.#block(ast.expressions, place, (last, inner) => this.body(last, inner, mode))
        : this.#condition(ast, place, (branch) => this.body(branch, place, mode));
    });
  }

  /** Filters, grouping and the unwrapping of sequences, which JSONata does after every node. */
  #finished(ast: Ast, ir: Ir, place: Place): Ir {
    let result = lowerStages(this, ir, ast.predicate ?? [], place, ast.position);
    if (ast.type !== "path" && ast.group !== undefined) {
      result = lowerGroup(this, result, ast.group, place);
    }
    return normal(result, ast);
  }

  #unfiltered(ast: Ast, lowered: Lowered): Lowered {
    if (ast.predicate === undefined && ast.group === undefined) return lowered;
    throw new Refusal("a filter on a function", ast.position ?? 0);
  }

  #node(ast: Ast, place: Place): Lowered {
    switch (ast.type) {
      case "string":
      case "number":
      case "value":
        return { ir: { op: "const", value: ast.value } };
      case "name":
        return { ir: { op: "field", of: local(place.context), name: ast.value } };
      case "wildcard":
        return { ir: { op: "wildcard", of: local(place.context) } };
      case "descendant":
        return { ir: this.loop(() => ({ op: "descendants", of: local(place.context) })) };
      case "variable":
        return this.#variable(ast.value, ast.position ?? 0, place);
      case "parent":
        return this.#carried(ast.slot.label, ast.position ?? 0, place);
      case "path":
        return { ir: lowerPath(this, ast, place) };
      case "binary":
        return { ir: this.#binary(ast, place) };
      case "unary":
        return { ir: this.#unary(ast, place) };
      case "condition":
        return this.#condition(ast, place, (branch) => ({ ir: this.value(branch, place) }));
      case "block":
        return this.#block(ast.expressions, place, (last, inner) => this.any(last, inner));
      case "lambda":
        return { func: { kind: "lambda", ast, ...place }, before: [] };
      case "transform":
        return { func: { kind: "transform", ast, ...place }, before: [] };
      case "regex":
        this.usesRegex = true;
        return { func: { kind: "regex", pattern: patternOf(ast.value, ast.position ?? 0) }, before: [] };
      case "function":
        return lowerCall(this, ast, place, { context: local(place.context), tail: false });
      case "partial":
        return lowerPartial(this, ast, place);
      case "apply":
        return lowerApply(this, ast, place);
      case "bind":
        throw new Refusal("a variable bound within another expression", ast.position ?? 0);
      default:
        throw new Refusal("an expression of this kind", ast.position ?? 0);
    }
  }

  #variable(name: string, position: number, place: Place): Lowered {
    const { context } = place;
    if (name === "") return { ir: this.#contextItself(context) };
    const bound = place.scope.find(name);
    if (bound !== null) return "ir" in bound ? bound : { ...bound, before: [] };
    if (name === "$") return { ir: local(this.input) };
    if (this.#lets.has(name)) {
      this.letsRead.add(name);
      return { ir: { op: "let", name } };
    }
    if (name === "parent") {
      this.usesParent = true;
      return { ir: { op: "parent" } };
    }
    const refused = refusedBuiltin(name);
    if (refused !== null) throw new Refusal(refused, position);
    return isBuiltin(name) ? { func: { kind: "builtin", name }, before: [] } : { ir: NOTHING };
  }

  /** `$`; JSONata's wrapper around a list at the top does not show. */
  #contextItself(context: Slot): Ir {
    if (context === this.root) return local(this.input);
    return this.wrappers.has(context) ? { op: "unwrap", slot: context } : local(context);
  }

  #carried(label: string, position: number, place: Place): Lowered {
    const bound = place.scope.find(label);
    if (bound === null || !("ir" in bound)) throw new Refusal("`%` in this place", position);
    return bound;
  }

  #binary(ast: Extract<Ast, { type: "binary" }>, place: Place): Ir {
    const operator = ast.value;
    if (operator === "..") return this.#range(ast, place);
    const [left, right] = [this.value(ast.lhs, place), this.value(ast.rhs, place)];
    if (operator === "and" || operator === "or") return { op: "logic", operator, left, right };
    return { op: "binary", operator, left, right };
  }

  /** Only what is written out: a range read from a record could be as long as the record likes. */
  #range({ lhs, rhs, position }: Extract<Ast, { type: "binary" }>, place: Place): Ir {
    const ends = [lhs, rhs].map((end) => this.value(end, place)).map((ir) => (ir.op === "const" ? ir.value : ir));
    const [from, to] = ends;
    if (typeof from === "number" && typeof to === "number") {
      if (!Number.isInteger(from) || !Number.isInteger(to)) return FAIL;
      // Beyond, adding one changes nothing, and counting up never ends.
      const countable = Number.isSafeInteger(from) && Number.isSafeInteger(to);
      if (countable && to - from < LONGEST_RANGE) return from > to ? NOTHING : { op: "range", from, to };
    } else if (ends.some((end) => typeof end !== "object" && typeof end !== "number")) return FAIL;
    throw new Refusal(`a range whose ends are not numbers written out, at most ${LONGEST_RANGE} apart`, position ?? 0);
  }

  #unary(ast: Extract<Ast, { type: "unary" }>, place: Place): Ir {
    if (ast.value === "-") return { op: "negate", value: this.value(ast.expression, place) };
    if (ast.value === "{") return lowerGroup(this, local(place.context), ast, place);
    const items = ast.expressions.map((item) => ({
      value: this.value(item, place),
      whole: item.type === "unary" && item.value === "[",
    }));
    return { op: "list", items, solid: ast.consarray === true };
  }

  #condition(ast: Extract<Ast, { type: "condition" }>, place: Place, branch: (ast: Ast) => Lowered): Lowered {
    const exists = isExists(ast.condition) && this.#isBuiltin("exists", place);
    if (ast.else !== undefined && (exists || !isExists(ast.condition)) && isDefault(ast))
      return this.#default(ast.then, ast.else, place, branch, exists);
    const test = this.value(ast.condition, place);
    const then = branch(ast.then);
    const otherwise: Lowered = ast.else === undefined ? { ir: NOTHING } : branch(ast.else);
    if ("ir" in then && "ir" in otherwise) return { ir: { op: "if", test, yes: then.ir, no: otherwise.ir } };
    throw new Refusal("a choice between functions", ast.position ?? 0);
  }

  /** Whether a name means JSONata's function here. */
  #isBuiltin(name: string, { scope }: Place): boolean {
    return scope.find(name) === null && !this.#lets.has(name);
  }

  /** `a ?? b` and `a ?: b`, which JSONata spells out as `$exists(a) ? a : b` and `a ? a : b`: `a` is worked out once. */
  #default(first: Ast, other: Ast, place: Place, branch: (ast: Ast) => Lowered, ifThere: boolean): Lowered {
    const value = this.value(first, place);
    const slot = this.slot(factsOf(value));
    const otherwise = branch(other);
    if (!("ir" in otherwise)) throw new Refusal("a choice between functions", other.position ?? 0);
    const test: Ir = ifThere ? { op: "call", name: "exists", args: [local(slot)] } : local(slot);
    return { ir: after([{ slot, value }], { op: "if", test, yes: local(slot), no: otherwise.ir }) };
  }

  #block(expressions: readonly Ast[], { scope, context }: Place, last: (ast: Ast, inner: Place) => Lowered): Lowered {
    const inner: Place = { scope: new Scope(scope), context };
    const before: Assignments[number][] = [];
    const final = expressions.at(-1);
    if (final === undefined) return { ir: NOTHING };
    for (const expression of expressions.slice(0, -1)) before.push(...this.#statement(expression, inner));
    const lowered = final.type === "bind" ? this.#bindLast(final, inner, before) : last(final, inner);
    return "ir" in lowered ? { ir: after(before, lowered.ir) } : { ...lowered, before: [...before, ...lowered.before] };
  }

  #bindLast(ast: Extract<Ast, { type: "bind" }>, inner: Place, before: Assignments[number][]): Lowered {
    before.push(...this.#statement(ast, inner));
    const bound = inner.scope.find(ast.lhs.value) ?? { ir: NOTHING };
    return "ir" in bound ? bound : { ...bound, before: [] };
  }

  /** An expression of a block before its last: a variable bound, or something that is worked out for its errors. */
  #statement(ast: Ast, place: Place): Assignments {
    if (ast.type !== "bind") {
      const lowered = this.any(ast, place);
      return "ir" in lowered ? [{ slot: null, value: lowered.ir }] : lowered.before;
    }
    const { rhs } = ast;
    const inner = rhs.type === "bind" ? this.#statement(rhs, place) : [];
    const bound = rhs.type === "bind" ? this.#variable(rhs.lhs.value, rhs.position ?? 0, place) : this.any(rhs, place);
    if ("func" in bound) {
      place.scope.bind(ast.lhs.value, { func: bound.func });
      return [...inner, ...bound.before];
    }
    const slot = this.slot(factsOf(bound.ir));
    place.scope.bind(ast.lhs.value, { ir: local(slot) });
    return [...inner, { slot, value: bound.ir }];
  }
}

const LONGEST_RANGE = 10_000;

/** A variable bound where nothing follows that could read it: only its value counts. */
const asBlock = (ast: Ast): Ast => (ast.type === "bind" ? { type: "block", expressions: [ast] } : ast);

/** A node's value with its sequence unwrapped, where it may be one. A path has done so itself. */
function normal(ir: Ir, ast: Ast): Ir {
  const keep = ast.keepArray === true;
  if (ir.op === "path" && ast.type === "path" && ir.gives === "value") return ir;
  return mayBeSequence(ir) || keep ? { op: "normal", value: ir, keep } : ir;
}

/** Also what was unwrapped may be: a sequence may have held another, and every node unwraps one. */
function mayBeSequence(ir: Ir): boolean {
  if (ir.op === "list") return false;
  const isRead = ir.op === "normal" || ir.op === "local" || ir.op === "path" || ir.op === "parent";
  const { kinds, origin } = factsOf(ir);
  return (kinds & Kind.List) !== 0 && !(isRead && origin !== Origin.Unknown);
}

/** A condition or block with a branch that ends in a call, so that its value is not unwrapped in place. */
function endsInCall(ast: Ast): boolean {
  if (ast.type === "lambda") return ast.thunk === true;
  if (ast.type === "condition") return endsInCall(ast.then) || (ast.else !== undefined && endsInCall(ast.else));
  const last = ast.type === "block" ? ast.expressions.at(-1) : undefined;
  return last !== undefined && endsInCall(last);
}

/** The parser copied the condition from its first branch. */
const isDefault = ({ condition, then }: Extract<Ast, { type: "condition" }>): boolean =>
  endsInCall(then) ? false : isSame(isExists(condition) ? condition.arguments[0] : condition, then);

/** The call of `$exists` that the parser makes of `??`, which has no place in the text. */
const isExists = (ast: Ast): ast is AstCall =>
  ast.type === "function" &&
  ast.procedure.type === "variable" &&
  ast.procedure.value === "exists" &&
  ast.position === undefined;

const isSame = (one: Ast | undefined, other: Ast): boolean => textOf(one) === textOf(other);

/** Regular expressions and signatures do not survive the parser's copying, so they are like no other. */
const textOf = (ast: Ast | undefined): string =>
  JSON.stringify(ast, (name, value) =>
    value instanceof RegExp || (name === "signature" && value?.validate !== undefined) ? "not a copy" : value,
  );
