import { bail, COST, charge } from "./fuel";
import { clone } from "./list-functions";
import { isList } from "./sequences";

type Code = (context: unknown) => unknown;

/** `|pattern|update, delete|`: a copy, changed where the pattern matches in it. */
export function transform(value: unknown, pattern: Code, update: Code, deletes: Code | null): unknown {
  const copy = clone(value);
  if (copy === undefined) return undefined;
  const matches = pattern(copy);
  if (matches === undefined) return copy;
  const parts = partsOf(copy, new Set());
  for (const match of isList(matches) ? matches : [matches]) {
    charge(COST.property);
    // A pattern may also reach the record itself, which other expressions read.
    if (typeof match === "object" && match !== null && !parts.has(match)) bail();
    change(match, update(match));
    if (deletes !== null) drop(match, deletes(match));
  }
  return copy;
}

/** Every object and list in a copy, itself included. */
function partsOf(value: unknown, parts: Set<unknown>): ReadonlySet<unknown> {
  if (typeof value !== "object" || value === null) return parts;
  charge(COST.visit);
  parts.add(value);
  for (const inner of Object.values(value)) partsOf(inner, parts);
  return parts;
}

function change(match: unknown, update: unknown): void {
  if (update === undefined) return;
  if (!isPlain(update) || typeof match !== "object" || match === null) bail();
  for (const [name, value] of Object.entries(update)) {
    charge(COST.property);
    // Assigned, it would become the prototype; and only an object takes a property.
    if (name === "__proto__") bail();
    Reflect.set(match, name, value);
  }
}

function drop(match: unknown, names: unknown): void {
  if (names === undefined) return;
  const all: readonly unknown[] = isList(names) ? names : [names];
  charge(all.length * COST.property);
  for (const name of all) if (typeof name !== "string") bail();
  if (typeof match !== "object" || match === null) return;
  for (const name of all) Reflect.deleteProperty(match, name as string);
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isList(value);
