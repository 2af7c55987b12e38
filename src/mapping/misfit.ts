import type { RejectCode } from "./reject-codes";

/**
 * Something in a record does not fit. `problem` continues a sentence that begins with the field's name ("is missing")
 * and never holds a value of the record.
 */
export class Misfit extends Error {
  readonly code: RejectCode;
  readonly problem: string;

  constructor(code: RejectCode, problem: string) {
    super(problem);
    this.code = code;
    this.problem = problem;
  }
}

/** What was thrown, as a misfit. Anything else than a misfit or an exhausted stack is a bug and goes on. */
export function misfitOf(error: unknown): Misfit {
  if (error instanceof Misfit) return error;
  if (error instanceof RangeError) return new Misfit("MAP034", "is nested too deeply");
  throw error;
}

/** A value's kind in a reader's words. JSONata hands functions over as marked objects. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return "a number";
  if (typeof value === "boolean") return "true or false";
  return isFunction(value) ? "a function" : "an object";
}

export function isFunction(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  return "_jsonata_lambda" in value || "_jsonata_function" in value;
}
