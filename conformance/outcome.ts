import { inspect } from "node:util";

/** What an expression came to: a value, undefined included, or the code of the error it threw. */
export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly code: string };

/** The code of an error that JSONata threw; the name of any other, such as `RangeError`. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "no code";
}

/**
 * Equal to the last bit: order of properties, undefined items and the sign of zero included. Functions equal nothing.
 *
 * @param around what they are parts of: an expression can make a value that holds itself
 */
export function isSame(left: unknown, right: unknown, around: ReadonlyMap<object, object> = new Map()): boolean {
  if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) {
    return typeof left !== "function" && Object.is(left, right);
  }
  if (around.has(left)) return around.get(left) === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const within = new Map(around).set(left, right);
  const isSamePart = (name: string | number) => isSame(Reflect.get(left, name), Reflect.get(right, name), within);
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return false;
    for (let index = 0; index < left.length; index += 1) if (!isSamePart(index)) return false;
    return true;
  }
  const names = Object.keys(left);
  const others = Object.keys(right);
  if (names.length !== others.length) return false;
  return names.every((name, index) => name === others[index] && isSamePart(name));
}

export function isSameOutcome(left: Outcome, right: Outcome): boolean {
  if (left.kind === "value") return right.kind === "value" && isSame(left.value, right.value);
  return right.kind === "error" && left.code === right.code;
}

/** For people, on one line. Unlike JSON it tells undefined, `-0` and an empty list of two kinds apart. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.kind === "error") return `error ${outcome.code}`;
  return inspect(outcome.value, { depth: null, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 40 });
}
