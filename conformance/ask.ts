import { isDeepStrictEqual } from "node:util";
import jsonata from "jsonata";
import { type LoweredExpression, lower } from "../src/mapping/compiler/lower";
import { Bail, OutOfFuel } from "../src/mapping/compiler/outcomes";
import { compileStandalone } from "../src/mapping/compiler/standalone";
import { codeOf, type Outcome } from "./outcome";

/** An expression and what it sees. The texts are JSON, so that each side gets copies of its own; null is undefined. */
export interface Question {
  readonly expression: string;
  readonly input: string | null;
  /** The value of `$parent`. */
  readonly parent: string | null;
  /** JSON of an object: the values of names bound outside. */
  readonly bindings: string;
  /** Names for expressions, each of which may use those before it; `$name` gives what that expression gave. */
  readonly lets: readonly Let[];
}

export interface Let {
  readonly name: string;
  readonly expression: string;
}

/** Bounds for what an expression costs the reference: milliseconds, and levels within one another. */
export interface Bounds {
  readonly timeout: number;
  readonly stack?: number;
}

/** An expression made to run; throws a `Bail` or `OutOfFuel` when the reference is to be asked. */
type Run = (record: unknown, parent: unknown, lets: Readonly<Record<string, unknown>>) => unknown;

/** The compiler's last step; tests hand over a broken one. */
export type Compile = (code: LoweredExpression) => Run;

/** Why compiled code gave no answer. */
export type FallBack = "Bail" | "OutOfFuel";

/** What compiled code does with a question. */
export type Compiled =
  | { readonly compiles: false; readonly construct: string; readonly position: number }
  | { readonly compiles: true; readonly outcome: Outcome | FallBack };

const parsed = (json: string | null): unknown => (json === null ? undefined : JSON.parse(json));

const bound = (question: Question): Record<string, unknown> => JSON.parse(question.bindings) as Record<string, unknown>;

/** What the jsonata library answers; null when it did not come to an end within the bounds. */
export async function askReference(question: Question, bounds: Bounds): Promise<Outcome | null> {
  const bindings = bound(question);
  if (question.parent !== null) bindings.parent = parsed(question.parent);
  const evaluate = (text: string): Promise<unknown> => jsonata(text, bounds).evaluate(parsed(question.input), bindings);
  try {
    for (const { name, expression } of question.lets) bindings[name] = await evaluate(expression);
    return { kind: "value", value: await evaluate(question.expression) };
  } catch (error) {
    const code = codeOf(error);
    return code === "D1012" ? null : { kind: "error", code };
  }
}

/** The code of the parser's error when it does not take one of the question's texts, else null. */
export function refusalOf({ lets, expression }: Question): string | null {
  try {
    for (const text of [...lets.map((one) => one.expression), expression]) jsonata(text);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

/** What compiled code answers to a question that parses, if it does. Any error of its own but the two is a mistake. */
export function askCompiled(question: Question, compile: Compile = compileStandalone): Compiled {
  const values = bound(question);
  try {
    for (const { name, expression } of [...question.lets, { name: RESULT, expression: question.expression }]) {
      const lowering = lower(expression, new Set(Object.keys(values)));
      if (!lowering.compiles) return lowering;
      const [input, parent] = [parsed(question.input), parsed(question.parent)];
      values[name] = frozen(compile(lowering.code)(input, parent, { ...values }));
      if (!isDeepStrictEqual([input, parent], [parsed(question.input), parsed(question.parent)])) {
        throw new Error("the record was changed");
      }
    }
    return { compiles: true, outcome: { kind: "value", value: values[RESULT] } };
  } catch (error) {
    const own = { kind: "error" as const, code: `of compiled code's own: ${error}` };
    return { compiles: true, outcome: fallBackOf(error) ?? own };
  }
}

/** The values of `let` are shared by all expressions of a mapping, as records are: code that changes one is found out. */
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}

/** No name a variable can have. */
const RESULT = " result";

/** Null for any other error. */
export function fallBackOf(error: unknown): FallBack | null {
  if (error instanceof Bail) return "Bail";
  return error instanceof OutOfFuel ? "OutOfFuel" : null;
}
