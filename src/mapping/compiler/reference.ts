import jsonata from "jsonata";
import { bail, charge } from "./fuel";

type Implementation = (this: object, ...args: unknown[]) => unknown;
interface Frame {
  lookup(name: string): { readonly implementation: Implementation } | undefined;
}

let builtins: Frame | null = null;

/**
 * JSONata's own code of a builtin, for what is rare and synchronous. JSONata calls a hook, synchronously, before it
 * evaluates; the hook sees the frame in which the builtins are bound.
 */
function frame(): Frame {
  if (builtins !== null) return builtins;
  const expression = jsonata("null");
  const entry: unknown = Symbol.for("jsonata.__evaluate_entry");
  expression.assign(entry as string, (_ast: unknown, _input: unknown, environment: Frame) => {
    builtins = environment;
  });
  void expression.evaluate(null);
  return builtins ?? bail();
}

/** What a call costs, measured: pictures are read anew each time. */
const COSTS: Readonly<Record<string, number>> = {
  formatNumber: 3_000,
  parseInteger: 2_000,
  toMillis: 1_000,
  fromMillis: 1_000,
  formatInteger: 200,
};
const LEAST_COST = 20;

/** Calls JSONata's code of a builtin with arguments whose types were checked; its errors are left to the reference. */
export function callReference(name: string, ...args: readonly unknown[]): unknown {
  const implementation = frame().lookup(name)?.implementation;
  if (implementation === undefined) return bail();
  charge(COSTS[name] ?? LEAST_COST);
  try {
    return implementation.apply(FOCUS, [...args]);
  } catch {
    return bail();
  }
}

/**
 * An expression whose `$toMillis` has no today to fill in for what a picture lacks, so that no result depends on when it is
 * worked out. `sandbox-process.cjs` does the same.
 */
export function withoutToday(expression: jsonata.Expression): jsonata.Expression {
  const original = frame().lookup("toMillis")?.implementation;
  // Its parameters are counted, and their names read, when it is handed to another or called in part.
  const toMillis = (timestamp: unknown, picture: unknown): unknown =>
    original?.call({ environment: { timestamp: NO_DAY } }, timestamp, picture);
  expression.registerFunction("toMillis", toMillis, "<s-s?:n>");
  return expression;
}

const NO_DAY = {
  getUTCFullYear(): never {
    // As JSONata itself throws for a picture from which no time can be made.
    throw { code: "D3136", token: "toMillis" };
  },
};

/** Without the time of evaluation: what would read it fails, and the reference answers. */
const FOCUS = { environment: { timestamp: undefined } };
