import jsonata from "jsonata";
import { lower } from "../../../../src/mapping/compiler/lower";
import { Bail, OutOfFuel } from "../../../../src/mapping/compiler/outcomes";
import { compileStandalone } from "../../../../src/mapping/compiler/standalone";

/** What an expression gives, compiled: a value, or why there is none. */
export function compiled(text: string, record: unknown, lets: Readonly<Record<string, unknown>> = {}): unknown {
  const lowering = lower(text, new Set(Object.keys(lets)));
  if (!lowering.compiles) return { refused: lowering.construct };
  try {
    return described(compileStandalone(lowering.code)(record, undefined, lets));
  } catch (error) {
    if (error instanceof Bail) return "bail";
    if (error instanceof OutOfFuel) return "out of fuel";
    throw error;
  }
}

/** What JSONata gives. */
export async function interpreted(text: string, record: unknown): Promise<unknown> {
  return described(await jsonata(text).evaluate(record));
}

/**
 * A value as text, so that nothing hides: the order of keys, undefined, minus zero, and which lists JSONata marked as its
 * own sequences.
 */
const described = (value: unknown): string => JSON.stringify(tagged(value)) ?? "undefined";

function tagged(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isSequence = "sequence" in value && value.sequence === true;
    const isKept = isSequence && "keepSingleton" in value && value.length < 2;
    const items = Array.from(value, tagged);
    return isSequence ? { [isKept ? "kept" : "sequence"]: items } : items;
  }
  if (typeof value === "object" && value !== null)
    return { object: Object.entries(value).map(([name, inner]) => [name, tagged(inner)]) };
  if (value === undefined) return "undefined";
  return typeof value === "number" ? `number ${Object.is(value, -0) ? "-0" : value}` : value;
}
