import jsonata from "jsonata";
import type { JsonObject } from "../../domain/json";
import type { Expression, MappingSpec } from "../../domain/mapping";
import { type AstNode, astOf, isNode, nodesOf, variablesOf } from "../ast";
import { prepareRecord } from "../prepare-record";

/** One side of a `?:` that a record can take. */
export interface Arm {
  readonly expression: Expression;
  /** From 1 within the expression, in the order they are written, and how many there are. */
  readonly condition: number;
  readonly of: number;
  readonly when: boolean;
  /** Whether any record took it. */
  taken: boolean;
}

/** An expression whose sides are marked, and the names of the `let`s it uses. */
interface Watched {
  readonly marked: jsonata.Expression;
  readonly lets: readonly string[];
}

const REACHED = "reached the arm";

/**
 * Watches which sides of the conditions in a mapping's expressions records take. The engine does not tell, so JSONata's
 * interpreter evaluates the expression once more, with a mark at every side. Only what the engine has evaluated without trouble
 * may be given to it, for that is known to end. A regular expression is the exception, over which the interpreter alone may
 * take for ever: expressions that use one are not watched.
 */
export class ConditionWatch {
  readonly arms: Arm[] = [];
  readonly #lets = new Map<string, Watched | null>();
  readonly #watched = new Map<Expression, Watched>();

  constructor(
    private readonly spec: MappingSpec,
    expressions: readonly Expression[],
  ) {
    for (const { name, expression } of spec.let) this.#lets.set(name, this.#mark(expression));
    for (const expression of expressions) this.#mark(expression);
  }

  /** Evaluates the expressions given on a record, with the `let`s they use. */
  async watch(expressions: readonly Expression[], raw: unknown, rawParent: JsonObject | null): Promise<void> {
    const watched = expressions.flatMap((expression) => this.#watched.get(expression) ?? []);
    if (this.arms.length === 0 || watched.length === 0) return;
    const { record } = prepareRecord(raw, this.spec.keepNulls);
    const parent = rawParent === null ? undefined : prepareRecord(rawParent, this.spec.keepNulls).record;
    const values = new Map<string, unknown>();
    const reached = (index: number): void => {
      const arm = this.arms[index];
      if (arm !== undefined) arm.taken = true;
    };
    const evaluate = async ({ marked, lets }: Watched): Promise<unknown> => {
      const bindings: Record<string, unknown> = { parent, [REACHED]: reached };
      for (const name of lets) {
        const defined = this.#lets.get(name);
        if (defined != null && !values.has(name)) values.set(name, await evaluate(defined));
        bindings[name] = values.get(name);
      }
      // The engine has told what fails, or does without it: a side that is not taken may use a `let` that fails.
      return marked.evaluate(record, bindings).catch(() => undefined);
    };
    for (const expression of watched) await evaluate(expression);
  }

  #mark(expression: Expression): Watched | null {
    const marked = jsonata(expression.text);
    const nodes = [...nodesOf(astOf(marked))];
    const lets = [...variablesOf(astOf(marked))].filter((name) => this.#lets.has(name));
    if (nodes.some(({ type }) => type === "regex") || lets.some((name) => this.#lets.get(name) === null)) return null;
    const conditions = nodes.filter(({ type }) => type === "condition");
    for (const [index, node] of conditions.entries()) {
      for (const [side, when] of SIDES) {
        const arm = { expression, condition: index + 1, of: conditions.length, when, taken: false };
        Reflect.set(node, side, markedSide(Reflect.get(node, side), this.arms.push(arm) - 1));
      }
    }
    const watched = { marked, lets };
    this.#watched.set(expression, watched);
    return watched;
  }
}

const SIDES = [
  ["then", true],
  ["else", false],
] as const;

/** The side, with a call in front of it that says it was taken. */
function markedSide(side: unknown, index: number): AstNode {
  const call = {
    type: "function",
    value: "(",
    position: 0,
    procedure: { type: "variable", value: REACHED, position: 0 },
    arguments: [{ type: "number", value: index, position: 0 }],
  };
  return { type: "block", position: 0, expressions: isNode(side) ? [call, side] : [call] } as AstNode;
}
