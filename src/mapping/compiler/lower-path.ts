import { factsOf } from "./facts";
import { type Facts, type Ir, Kind, Origin, type PathIr, type PathStep, type Stage } from "./ir";
import { lowerStream } from "./lower-stream";
import { type Lowering, local } from "./lowering";
import type { Ast, AstGroup, AstSortTerm, AstStage } from "./parse";
import { Refusal } from "./refusal";
import type { Place } from "./scope";

type AstPath = Extract<Ast, { type: "path" }>;

/** A path, and the grouping behind it. */
export function lowerPath(lowering: Lowering, ast: AstPath, place: Place): Ir {
  const [first] = ast.steps;
  // The one place where the two marks that `[]` may leave mean different things: for such a list when it is empty.
  if (first?.consarray === true && ast.keepArray === true && ast.keepSingletonArray !== true) {
    throw new Refusal("`[]` behind the order of a list that is written out", first.position ?? 0);
  }
  const begin = ast.steps.findIndex((step) => step.tuple === true);
  if (begin >= 0) return lowerStream(lowering, ast, begin, place, stepsOf);
  const path = stepsOf(lowering, ast, ast.steps.length, place, ast.group === undefined ? "value" : "list");
  return ast.group === undefined ? path : lowerGroup(lowering, path, ast.group, place);
}

/** The first `count` steps of a path. */
function stepsOf(lowering: Lowering, ast: AstPath, count: number, place: Place, gives: PathIr["gives"]): Ir {
  const [first, ...others] = ast.steps.slice(0, count);
  const start = local(place.context);
  const path = { op: "path", keep: ast.keepSingletonArray === true || ast.keepArray === true, gives } as const;
  if (first === undefined) {
    // A variable at the front is read once, whatever the context; other steps are taken for each of its items.
    return ast.steps[0]?.type === "variable"
      ? {
          ...path,
          from: "list",
          source: { op: "single", item: start },
          steps: [],
        }
      : { ...path, from: "context", source: start, steps: [] };
  }
  if (first.consarray === true) {
    // A list written out is worked out once, not for every item of the context.
    const context = lowering.slot({ kinds: Kind.List, origin: factsOf(start).origin });
    lowering.wrappers.add(context);
    const list = lowering.value(first, { ...place, context });
    const source: Ir = { op: "do", steps: [{ slot: context, value: { op: "listed", value: start } }], value: list };
    return { ...path, from: "list", source, steps: stepsAfter(lowering, others, factsOf(list), place) };
  }
  if (first.type === "variable") {
    if (first.stages !== undefined) throw new Refusal("a filter in this place", first.position ?? 0);
    const source = lowering.value(first, place);
    return { ...path, from: "value", source, steps: stepsAfter(lowering, others, factsOf(source), place) };
  }
  return {
    ...path,
    from: "context",
    source: start,
    steps: stepsAfter(lowering, ast.steps.slice(0, count), factsOf(start), place),
  };
}

function stepsAfter(lowering: Lowering, steps: readonly Ast[], input: Facts, place: Place): readonly PathStep[] {
  const [first, ...others] = steps;
  if (first === undefined) return [];
  return lowering.loop(() => {
    if (first.type === "sort") {
      const terms = lowerTerms(lowering, first.terms, input, place);
      const stages = filtersOf(lowering, first.stages ?? [], input, place);
      return [{ kind: "order", terms, stages }, ...stepsAfter(lowering, others, input, place)];
    }
    const item = lowering.itemSlot(input);
    const value = lowering.value(first, { ...place, context: item });
    const facts = factsOf(value);
    const stages = filtersOf(lowering, first.stages ?? [], facts, place);
    return [{ kind: "each", item, value, stages }, ...stepsAfter(lowering, others, facts, place)];
  });
}

function lowerTerms(lowering: Lowering, terms: readonly AstSortTerm[], input: Facts, place: Place) {
  return lowering.loop(
    () =>
      terms.map(({ descending, expression }) => {
        const item = lowering.itemSlot(input);
        return { descending, item, value: lowering.value(expression, { ...place, context: item }) };
      }),
    2,
  );
}

function filtersOf(lowering: Lowering, stages: readonly AstStage[], list: Facts, place: Place): readonly Stage[] {
  return stages.map((stage) => {
    if (stage.type !== "filter") throw new Refusal("`#` in this place", 0);
    return lowerStage(lowering, stage.expr, list, place);
  });
}

/** A filter: a number written out picks one item, anything else is worked out for each. */
function lowerStage(lowering: Lowering, test: Ast, list: Facts, place: Place): Stage {
  if (test.type === "number") return { kind: "pick", index: Math.floor(test.value) };
  return lowering.loop(() => {
    const item = lowering.itemSlot(list);
    return { kind: "test", item, test: lowering.value(test, { ...place, context: item }) };
  });
}

/** Filters behind a node that is no step of a path. */
export function lowerStages(
  lowering: Lowering,
  ir: Ir,
  predicates: readonly AstStage[],
  place: Place,
  position: number | undefined,
): Ir {
  let result = ir;
  for (const predicate of predicates) {
    if (predicate.type !== "filter") throw new Refusal("`#` in this place", position ?? 0);
    result = { op: "stage", of: result, stage: lowerStage(lowering, predicate.expr, factsOf(result), place) };
  }
  return result;
}

/** An object constructor over `of`: the items are grouped by key, and each value sees the items of its group. */
export function lowerGroup(lowering: Lowering, of: Ir, { lhs }: AstGroup, place: Place): Ir {
  const keys = lhs.map(([key]) => (key.type === "string" && key.predicate === undefined ? key.value : null));
  const facts = factsOf(of);
  const constant = keys.every((key) => key !== null) && new Set(keys).size === keys.length && !keys.some(isReserved);
  if (constant) {
    const context = lowering.slot({ kinds: Kind.Any, origin: Math.max(facts.origin - 1, 0) });
    const entries = lhs.map(([, value], index) => ({
      key: keys[index] ?? "",
      value: lowering.value(value, { ...place, context }),
    }));
    return { op: "object", of, context, entries };
  }
  return lowering.loop(() => {
    const context = lowering.slot({ kinds: Kind.Any, origin: Origin.Unknown });
    const inner = { ...place, context };
    const pairs = lhs.map(([key, value]) => ({ key: lowering.value(key, inner), value: lowering.value(value, inner) }));
    return { op: "group", of, context, pairs };
  });
}

/** JSONata takes an object with such a property for a function, and refuses to make one. */
const isReserved = (key: string | null): boolean => key === "_jsonata_lambda" || key === "_jsonata_function";
