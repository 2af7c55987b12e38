import jsonata from "jsonata";
import type { JsonObject } from "../domain/json";
import type { Expression, MappingSpec } from "../domain/mapping";
import { type AstNode, astOf, isNode, nodesOf, variablesOf } from "./ast";
import { prepareRecord } from "./prepare-record";

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

const REACHED = "reached the arm";

/**
 * Watches which sides of the conditions in a mapping's expressions records take. The engine does not tell, so JSONata's
 * interpreter evaluates the expression once more, with a mark at every side; only what the engine has evaluated without
 * trouble may be given to it, for that is known to end.
 */
export class ConditionWatch {
  readonly arms: Arm[] = [];
  readonly #marked = new Map<Expression, jsonata.Expression>();
  readonly #variables = new Map<Expression, ReadonlySet<string>>();

  constructor(
    private readonly spec: MappingSpec,
    expressions: readonly Expression[],
  ) {
    for (const expression of [...spec.let.map((one) => one.expression), ...expressions]) this.#mark(expression);
  }

  /** Evaluates the expressions given on a record, with the `let`s they use. */
  async watch(expressions: readonly Expression[], raw: unknown, rawParent: JsonObject | null): Promise<void> {
    if (this.arms.length === 0 || expressions.length === 0) return;
    const { record } = prepareRecord(raw, this.spec.keepNulls);
    const parent = rawParent === null ? undefined : prepareRecord(rawParent, this.spec.keepNulls).record;
    const lets = new Map<string, unknown>();
    const evaluate = async (expression: Expression): Promise<unknown> => {
      const bindings: Record<string, unknown> = { parent };
      for (const { name, expression: defined } of this.spec.let) {
        if (!this.#variables.get(expression)?.has(name)) continue;
        if (!lets.has(name)) lets.set(name, await evaluate(defined));
        bindings[name] = lets.get(name);
      }
      bindings[REACHED] = (index: number) => {
        const arm = this.arms[index];
        if (arm !== undefined) arm.taken = true;
      };
      return this.#marked.get(expression)?.evaluate(record, bindings);
    };
    for (const expression of expressions) await evaluate(expression);
  }

  #mark(expression: Expression): void {
    const parsed = jsonata(expression.text);
    const ast = astOf(parsed);
    this.#variables.set(expression, variablesOf(ast));
    this.#marked.set(expression, parsed);
    const conditions = [...nodesOf(ast)].filter((node) => node.type === "condition");
    for (const [index, node] of conditions.entries()) {
      for (const [side, when] of [
        ["then", true],
        ["else", false],
      ] as const) {
        const arm = { expression, condition: index + 1, of: conditions.length, when, taken: false };
        Reflect.set(node, side, markedSide(Reflect.get(node, side), this.arms.push(arm) - 1));
      }
    }
  }
}

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
