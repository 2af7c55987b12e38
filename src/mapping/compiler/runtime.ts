import { bail, charge, fuel } from "./fuel";
import * as groups from "./groups";
import * as lists from "./list-functions";
import * as numbers from "./number-functions";
import * as orders from "./orders";
import { BAIL, OUT_OF_FUEL } from "./outcomes";
import type { Signature } from "./parse";
import * as patterns from "./pattern-functions";
import * as properties from "./properties";
import * as sequences from "./sequences";
import * as streams from "./streams";
import * as texts from "./text-functions";
import * as transforms from "./transforms";
import * as values from "./values";

/** The arguments a signature makes of those given. */
function validated(signature: Signature, args: readonly unknown[], context: unknown): unknown[] {
  try {
    return signature.validate(args, context);
  } catch {
    return bail();
  }
}

/** The names of an object's properties; nothing has none. */
function namesOf(object: unknown): readonly string[] {
  if (object === undefined) return [];
  if (typeof object !== "object" || object === null || sequences.isList(object)) return bail();
  const names = Object.keys(object);
  charge(names.length);
  return names;
}

/** Everything emitted code calls, by the names it calls it. */
export const RUNTIME: Readonly<Record<string, unknown>> = {
  ...groups,
  ...orders,
  ...patterns,
  ...properties,
  ...sequences,
  ...streams,
  ...transforms,
  ...values,
  BAIL,
  OUT_OF_FUEL,
  fuel,
  isFinite: Number.isFinite,
  isList: Array.isArray,
  validated,
  namesOf,
  builtins: { ...lists, ...numbers, ...texts, string: values.string },
};
