import { type AstNode, isNode, nodeAt, nodesAt } from "../ast";
import { callBuiltin, isBuiltin } from "./builtins";
import { compare } from "./compare";
import { memberOf } from "./member";
import { checkTruth, compute, concatenate } from "./operators";
import {
  constant,
  either,
  flatOf,
  gathered,
  isOnly,
  itemOf,
  listOf,
  mayBe,
  mostAbsent,
  ofKind,
  type Possible,
  spreadOf,
  TRUTH,
  UNKNOWN,
  widest,
  withAbsence,
} from "./possible";
import type { Names, Scene } from "./scene";
import { takenBy } from "./signatures";

/**
 * What a node of an expression may give, over everything the record may be: JSONata's evaluation with sets of possible
 * values instead of values. What it does not know of, it takes for anything. Mistakes met on the way are reported.
 */
export function walk(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  if (scene.isSpent()) return UNKNOWN;
  const value = scene.deeper(() => (STEPS[node.type] ?? unknown)(node, input, names, scene));
  // Those of a path are its steps' own.
  const filtered = node.type === "path" ? value : filter(nodesAt(node, "predicate"), value, names, scene);
  const grouped = group(node, filtered, names, scene);
  return Reflect.get(node, "keepArray") === true && node.type !== "path" ? either(kept(grouped), grouped) : grouped;
}

type Step = (node: AstNode, input: Possible, names: Names, scene: Scene) => Possible;

const unknown: Step = () => UNKNOWN;

const STEPS: Readonly<Record<string, Step>> = {
  path: walkPath,
  string: ({ value }) => constant(String(value)),
  number: ({ value }) => constant(Number(value)),
  value: ({ value }) => (typeof value === "boolean" ? constant(value) : ofKind("null")),
  regex: () => ofKind("function"),
  variable: walkVariable,
  unary: walkUnary,
  binary: walkBinary,
  condition: walkCondition,
  block(node, input, names, scene) {
    const inner = names.within();
    return nodesAt(node, "expressions").reduce((_, step) => walk(step, input, inner, scene), NOTHING);
  },
  bind(node, input, names, scene) {
    const value = walkAt(node, "rhs", input, names, scene);
    names.bind(String(nodeAt(node, "lhs")?.value), value);
    return value;
  },
  lambda: walkLambda,
  function: walkCall,
  partial(node, input, names, scene) {
    for (const argument of nodesAt(node, "arguments")) walk(argument, input, names, scene);
    return ofKind("function");
  },
  apply: walkApply,
  wildcard(_, input) {
    const { names: all, isOpen, member } = input.members;
    if (mayBe(input, "array") || isOpen || all.size === 0) return UNKNOWN;
    return gathered(either(...[...all].map((name) => member(name) ?? UNKNOWN)), "some");
  },
};

const NOTHING: Possible = { ...ofKind(), absence: "possible" };

const walkAt = (node: AstNode, place: string, input: Possible, names: Names, scene: Scene): Possible => {
  const found = nodeAt(node, place);
  return found === null ? UNKNOWN : walk(found, input, names, scene);
};

/** Step by step, each over every item of what the one before gave. */
function walkPath(node: AstNode, input: Possible, outer: Names, scene: Scene): Possible {
  const names = outer.within();
  const steps = nodesAt(node, "steps");
  let value = input;
  let spread = spreadOf(input);
  let label: string | null = input === scene.record ? "" : null;
  for (const step of steps) {
    if (step.type === "sort") {
      for (const by of sortTerms(step)) walk(by, itemOf(value), names, scene);
      // It sorts all that there is, and what stands behind it goes over that: a number picks one.
      const sorted = gathered(value, widest(spread, spreadOf(value)));
      spread = sorted.kinds === null ? "some" : "one";
      value = filter(nodesAt(step, "stages"), sorted, names, scene);
      continue;
    }
    const context = itemOf(value);
    if (step !== steps[0]) spread = widest(spread, spreadOf(value));
    const found =
      step.type === "name" || (step.type === "string" && step !== steps[0])
        ? memberOf(flatOf(value), String(step.value), { node: step, holder: label, scene })
        : constructed(step, walk(step, context, names, scene));
    const result = filter(nodesAt(step, "stages"), found, names, scene);
    label = labelAfter(label, step);
    value = withAbsence(result, mostAbsent(result.absence, value === input ? "never" : value.absence));
    const [focus, index]: unknown[] = [Reflect.get(step, "focus"), Reflect.get(step, "index")];
    if (typeof index === "string") names.bind(index, ofKind("number"));
    if (typeof focus !== "string") continue;
    // The step after `@$x` is taken from where this one was.
    names.bind(focus, withAbsence(itemOf(value), "never"));
    spread = widest(spread, spreadOf(value), "some");
    value = context;
  }
  const whole = gathered(value, spread);
  if (Reflect.get(node, "keepSingletonArray") === true) return kept(whole);
  return [node, ...steps].some((step) => Reflect.get(step, "keepArray") === true) ? either(kept(whole), whole) : whole;
}

/** A list that a step makes stays a list among those made for other items. */
const constructed = (step: AstNode, value: Possible): Possible =>
  step.type === "unary" && step.value === "[" ? either(value, listOf(value)) : value;

/** What `^(…)` sorts by; a term is no node itself. */
const sortTerms = (step: AstNode): readonly AstNode[] => {
  const terms = Reflect.get(step, "terms") as readonly { readonly expression: unknown }[];
  return terms.map(({ expression }) => expression).filter(isNode);
};

/** How messages name what a step gave; null for what has no name. */
function labelAfter(label: string | null, { type, value }: AstNode): string | null {
  if (type === "variable" && label !== null) return value === "" || value === "$" ? "" : `$${String(value)}`;
  if (type !== "name" || label === null) return null;
  return label === "" ? String(value) : `${label}.${String(value)}`;
}

/** `[]` keeps a list a list. */
function kept(value: Possible): Possible {
  return { ...listOf(itemOf(value)), absence: value.absence };
}

/** Filters behind a step: a number picks an item, a condition lets some through. */
function filter(stages: readonly AstNode[], value: Possible, names: Names, scene: Scene): Possible {
  let left = value;
  for (const stage of stages) {
    const condition = nodeAt(stage, "expr");
    if (stage.type !== "filter" || condition === null) continue;
    const test = walk(condition, withAbsence(itemOf(left), "never"), names, scene);
    if (isOnly(test, "number")) {
      left = withAbsence(itemOf(left), left.absence === "possible" ? "possible" : "unsaid");
      continue;
    }
    checkTruth(condition, test, scene);
    const isList = left.kinds === null || mayBe(left, "array");
    left = isList ? gathered(left, "some") : withAbsence(left, mostAbsent(left.absence, "unsaid"));
  }
  return left;
}

function group(node: AstNode, value: Possible, names: Names, scene: Scene): Possible {
  const grouping: unknown = Reflect.get(node, "group");
  if (typeof grouping !== "object" || grouping === null) return value;
  walkPairs(grouping, itemOf(value), names, scene);
  return ofKind("object");
}

/** The names and values of `{…}`, as far as the names are written there. Null with one that is computed. */
function walkPairs(holder: object, input: Possible, names: Names, scene: Scene): ReadonlyMap<string, Possible> | null {
  const pairs: unknown = Reflect.get(holder, "lhs");
  const members = new Map<string, Possible>();
  let isComputed = false;
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [name, value]: unknown[] = Array.isArray(pair) ? pair : [];
    if (!isNode(name) || !isNode(value)) continue;
    const given = walk(value, input, names, scene);
    if (name.type === "string") members.set(String(name.value), given);
    else isComputed = true;
    if (name.type !== "string") walk(name, input, names, scene);
  }
  return isComputed ? null : members;
}

function walkVariable(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  const name = String(node.value);
  if (name === "") return input;
  if (name === "$") return scene.record;
  const bound = names.find(name);
  if (bound !== null || !isBuiltin(name)) return bound ?? UNKNOWN;
  return {
    ...ofKind("function"),
    call: (values) => callBuiltin({ name, values: values.slice(0, takenBy(name)), nodes: [node], call: node, scene }),
  };
}

function walkUnary(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  if (node.value === "-")
    return compute("-", [[nodeAt(node, "expression"), walkAt(node, "expression", input, names, scene)]], scene);
  if (node.value === "[") {
    const items = nodesAt(node, "expressions").map((item) => {
      const value = walk(item, input, names, scene);
      return item.type === "unary" && item.value === "[" ? value : itemOf(value);
    });
    return items.length === 0 ? ofKind("array") : listOf(withAbsence(either(...items), "never"));
  }
  if (node.value !== "{") return UNKNOWN;
  const members = walkPairs(node, input, names, scene);
  if (members === null) return ofKind("object");
  const object = { names: new Set(members.keys()), isOpen: false, member: (name: string) => members.get(name) ?? null };
  return { ...ofKind("object"), members: object };
}

function walkBinary(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  const operator = String(node.value);
  const sides = ["lhs", "rhs"].map((side) => [nodeAt(node, side), walkAt(node, side, input, names, scene)] as const);
  if (operator === "and" || operator === "or") {
    for (const [side, value] of sides) checkTruth(side, value, scene);
    return TRUTH;
  }
  if (operator === "&") return concatenate(sides, scene);
  if (operator === "..") return listOf(ofKind("number"));
  return "+-*/%".includes(operator) ? compute(operator, sides, scene) : compare(operator, sides, scene);
}

function walkCondition(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  const test = nodeAt(node, "condition");
  const isDefault = isSame(test?.type === "function" ? nodesAt(test, "arguments")[0] : test, nodeAt(node, "then"));
  if (test !== null) checkTruth(test, walk(test, input, names, scene), scene, isDefault);
  const branches = ["then", "else"].map((place) => {
    const branch = nodeAt(node, place);
    return branch === null ? NOTHING : walk(branch, input, names, scene);
  });
  const [then = UNKNOWN, otherwise = UNKNOWN] = branches;
  // The condition may be what asks whether there is anything.
  const soften = (value: Possible) => (value.absence === "possible" ? withAbsence(value, "unsaid") : value);
  // What is always there leaves nothing to `??`; `?:` goes by its truth.
  if (isDefault && then.absence === "never" && nodeAt(test ?? node, "procedure")?.value === "exists") return then;
  return either(isDefault ? withAbsence(then, "never") : soften(then), isDefault ? otherwise : soften(otherwise));
}

/** `a ?: b` and `a ?? b` reach us as conditions that write `a` twice. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function walkLambda(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  const body = nodeAt(node, "body");
  // A call in tail position: the caller of the function around it makes it, and looks at nothing behind it.
  if (node.thunk === true) return body?.type === "function" ? walkCall(body, input, names, scene) : UNKNOWN;
  const parameters = nodesAt(node, "arguments").map(({ value }) => String(value));
  const call = (values: readonly Possible[]): Possible => {
    const inner = names.within();
    for (const [index, name] of parameters.entries()) inner.bind(name, values[index] ?? UNKNOWN);
    return body === null ? UNKNOWN : walk(body, input, inner, scene);
  };
  // Called or not, its body is looked at.
  call([]);
  return { ...ofKind("function"), call };
}

function walkCall(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  return call(node, [], [], input, names, scene);
}

/** @param before what `~>` puts before the arguments written */
function call(
  node: AstNode,
  before: readonly Possible[],
  beforeNodes: readonly AstNode[],
  input: Possible,
  names: Names,
  scene: Scene,
): Possible {
  const nodes = nodesAt(node, "arguments");
  const values = [...before, ...nodes.map((argument) => walk(argument, input, names, scene))];
  const procedure = nodeAt(node, "procedure");
  if (procedure === null) return UNKNOWN;
  const name = procedure.type === "variable" ? String(procedure.value) : "";
  if (names.find(name) === null && isBuiltin(name)) {
    return callBuiltin({ name, values, nodes: [...beforeNodes, ...nodes], call: procedure, scene, input });
  }
  // A name without `$` is told as no function, and once.
  if (procedure.type === "path" && nodesAt(procedure, "steps").every(({ type }) => type === "name")) return UNKNOWN;
  return walk(procedure, input, names, scene).call?.(values) ?? UNKNOWN;
}

function walkApply(node: AstNode, input: Possible, names: Names, scene: Scene): Possible {
  const [left, right] = [nodeAt(node, "lhs"), nodeAt(node, "rhs")];
  if (left === null || right === null) return UNKNOWN;
  const value = walk(left, input, names, scene);
  if (right.type === "function") return call(right, [value], [left], input, names, scene);
  const name = right.type === "variable" ? String(right.value) : "";
  if (mayBe(value, "function")) return UNKNOWN;
  if (names.find(name) === null && isBuiltin(name)) {
    return callBuiltin({ name, values: [value], nodes: [left], call: right, scene });
  }
  return walk(right, input, names, scene).call?.([value]) ?? UNKNOWN;
}
