import {
  type Ir,
  Kind,
  Origin,
  type PathIr,
  type StreamIr,
  type TupleCode,
  type TupleStage,
  type TupleStep,
} from "./ir";
import type { Lowering } from "./lowering";
import type { Ast, AstSortTerm, AstStage } from "./parse";
import { Refusal } from "./refusal";
import { type Place, Scope } from "./scope";

type AstPath = Extract<Ast, { type: "path" }>;
type LowerSteps = (lowering: Lowering, ast: AstPath, count: number, place: Place, gives: PathIr["gives"]) => Ir;

/**
 * A path with `@$x`, `#$i` or `%` in it. From step `begin` on, every item goes along with what is bound for it.
 * `lowerSteps` lowers the steps before.
 */
export function lowerStream(lowering: Lowering, ast: AstPath, begin: number, place: Place, lowerSteps: LowerSteps): Ir {
  // JSONata works out a list at the front by itself and then binds nothing for it.
  const first = ast.steps[0];
  const lead = begin === 0 && first?.consarray === true ? 1 : begin;
  if (lead > begin && (lead === ast.steps.length || first?.focus !== undefined))
    throw new Refusal("a variable bound to a list written out", ast.position ?? 0);
  // Without that list, or with `[]` behind it, JSONata fails.
  const fails = lead > begin || ast.keepSingletonArray === true;
  const source = lowerSteps(lowering, { ...ast, keepSingletonArray: fails }, lead, place, "items");
  const stream = new StreamLowering(lowering, place);
  const steps = ast.steps.slice(lead).map((step, index) => stream.step(step, index === 0));
  const carries = ast.tuple === true;
  // Anywhere else JSONata would take the bindings for the items.
  if (carries && !lowering.carriers.has(ast))
    throw new Refusal("`%` that reaches beyond these parentheses", ast.position ?? 0);
  const result: StreamIr = {
    op: "stream",
    source,
    breaks: begin > 0,
    steps,
    carries,
    keep: ast.keepSingletonArray === true || ast.keepArray === true,
  };
  if (ast.group === undefined) return result;
  // Where the stream does not begin, the group would see what those names mean outside.
  if (result.breaks && stream.hides()) throw new Refusal("a variable bound again before a grouping", ast.position ?? 0);
  const pairs = ast.group.lhs.map(([key, value]) => ({ key: stream.code(key), value: stream.code(value) }));
  return { op: "groupStream", of: { ...result, carries: true }, pairs };
}

class StreamLowering {
  readonly #lowering: Lowering;
  readonly #place: Place;
  /** What every item of the stream has bound by now. */
  readonly #names = new Set<string>();

  constructor(lowering: Lowering, place: Place) {
    this.#lowering = lowering;
    this.#place = place;
  }

  /** Whether a name bound here is bound outside too. */
  hides(): boolean {
    return [...this.#names].some((name) => this.#place.scope.find(name) !== null);
  }

  step(ast: Ast, begins: boolean): TupleStep {
    return this.#lowering.loop(() => (ast.type === "sort" ? this.#order(ast, begins) : this.#each(ast)));
  }

  #each(ast: Ast): TupleStep {
    const carrier = carrierIn(ast);
    if (carrier !== null) this.#lowering.carriers.add(carrier);
    const code = this.code(ast);
    for (const name of carriedBy(ast)) this.#names.add(name);
    const { focus = null, index = null, ancestor } = ast;
    for (const name of [focus, index, ancestor?.label ?? null]) if (name !== null) this.#names.add(name);
    return { kind: "each", code, focus, index, ancestor: ancestor?.label ?? null, stages: this.#stages(ast) };
  }

  #order(ast: Ast & { readonly terms: readonly AstSortTerm[] }, begins: boolean): TupleStep {
    const index = begins ? (ast.index ?? "undefined") : null;
    const terms = this.#lowering.loop(() =>
      ast.terms.map(({ descending, expression }) => ({ descending, code: this.code(expression) })),
    );
    if (index !== null) this.#names.add(index);
    return { kind: "order", terms, index, begins, stages: this.#stages(ast) };
  }

  #stages({ stages = [] }: { readonly stages?: readonly AstStage[] }): readonly TupleStage[] {
    return stages.map((stage) => {
      if (stage.type === "index") {
        this.#names.add(stage.value);
        return { kind: "number", name: stage.value };
      }
      const { expr } = stage;
      return expr.type === "number"
        ? { kind: "pick", index: Math.floor(expr.value) }
        : { kind: "test", code: this.#lowering.loop(() => this.code(expr)) };
    });
  }

  /** Code for one item, which sees what is bound for it. */
  code(ast: Ast): TupleCode {
    const lowering = this.#lowering;
    const unknown = { kinds: Kind.Any, origin: Origin.Unknown };
    const item = lowering.slot(unknown);
    const tuple = lowering.slot({ ...unknown, kinds: Kind.Object });
    const scope = new Scope(this.#place.scope);
    for (const name of this.#names) scope.bind(name, { ir: { op: "bound", tuple, name } });
    return { item, tuple, value: lowering.value(ast, { scope, context: item }) };
  }
}

/** The path that gives a step its value. */
function carrierIn(ast: Ast): Ast | null {
  if (ast.predicate !== undefined || ast.group !== undefined) return null;
  if (ast.type === "path") return ast;
  const last = ast.type === "block" ? ast.expressions.at(-1) : undefined;
  return last === undefined ? null : carrierIn(last);
}

/** Names bound by a stream that stands inside a step, such as the `$l` of `(loans@$l).%`. */
function carriedBy(ast: Ast): readonly string[] {
  if (ast.type === "block") {
    const last = ast.expressions.at(-1);
    return last === undefined ? [] : carriedBy(last);
  }
  if (ast.type !== "path" || ast.tuple !== true) return [];
  return ast.steps.flatMap((step) => [
    ...[step.focus, step.index, step.ancestor?.label].filter((name) => name !== undefined),
    ...(step.stages ?? []).flatMap((stage) => (stage.type === "index" ? [stage.value] : [])),
    ...carriedBy(step),
  ]);
}
