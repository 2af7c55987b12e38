import jsonata from "jsonata";
import type { JsonObject } from "../domain/json";
import { astOf, nodesOf, type PlainPath, plainPathOf, variablesOf } from "./ast";
import { expressionMisfit } from "./expression-misfit";
import { readPath } from "./read-path";

/** An expression, compiled once a run. `evaluate` gives the value or a promise of it and throws a `Misfit`. */
export interface CompiledExpression {
  evaluate(scope: Scope): unknown;
}

/** Goes on at once with a value that is there, else when it comes: a promise costs more than reading a plain path. */
export const whenThere = <T>(value: unknown, goOn: (value: unknown) => T): T | Promise<T> =>
  value instanceof Promise ? value.then(goOn) : goOn(value);

export type Lets = ReadonlyMap<string, CompiledExpression>;

/** What the expressions of one record see. A `let` is evaluated when first asked for, once a record. */
export class Scope {
  readonly record: JsonObject;
  /** `$parent`; undefined outside child streams. */
  readonly parent: JsonObject | undefined;
  readonly #lets: Lets;
  readonly #values = new Map<string, unknown>();

  constructor(record: JsonObject, parent: JsonObject | undefined, lets: Lets) {
    this.record = record;
    this.parent = parent;
    this.#lets = lets;
  }

  /** The value of a `let`, or a promise of it. */
  let(name: string): unknown {
    if (!this.#values.has(name)) this.#values.set(name, this.#lets.get(name)?.evaluate(this));
    return this.#values.get(name);
  }
}

/** Against endless recursion, which needs a function of the author's own. Checked between steps, so a regular expression escapes it. */
const GUARDS = { timeout: 2_000, stack: 500 };

/**
 * Compiles one expression; it may use the `lets` given and `$parent`. Throws JSONata's own error for text that does
 * not parse: files are checked before they are compiled.
 */
export function compileExpression(text: string, lets: Lets): CompiledExpression {
  const parsed = jsonata(text);
  const ast = astOf(parsed);
  const path = plainPathOf(ast);
  const direct = path === null ? null : directly(path, lets);
  if (direct !== null) return direct;
  const recursive = [...nodesOf(ast)].some((node) => node.type === "lambda");
  return interpret(recursive ? jsonata(text, GUARDS) : parsed, variablesOf(ast), lets);
}

function interpret(expression: jsonata.Expression, variables: ReadonlySet<string>, lets: Lets): CompiledExpression {
  const used = [...variables].filter((name) => lets.has(name));
  const usesParent = variables.has("parent");
  return {
    async evaluate(scope) {
      const bindings: Record<string, unknown> = usesParent ? { parent: scope.parent } : {};
      for (const name of used) bindings[name] = await scope.let(name);
      try {
        return await expression.evaluate(scope.record, bindings);
      } catch (error) {
        throw expressionMisfit(error);
      }
    },
  };
}

/** Plain paths from the record or its parent, and a `let` alone, need no interpreter. */
function directly({ root, names }: PlainPath, lets: Lets): CompiledExpression | null {
  if (root === null || root === "" || root === "$") return { evaluate: (scope) => readPath(scope.record, names) };
  if (root === "parent") return { evaluate: (scope) => readPath(scope.parent, names) };
  return lets.has(root) && names.length === 0 ? { evaluate: (scope) => scope.let(root) } : null;
}
