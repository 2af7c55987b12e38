import { bail, COST, charge, chargeNames } from "./fuel";
import { addItem, isList, type Marked, newSequence, normal, normalKept } from "./sequences";

/** An own property of an object; undefined for anything else. Lists are not read through. */
export function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || isList(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A property of an object, or of every item of a list. */
export const field = (value: unknown, name: string): unknown =>
  isList(value) ? fieldOfList(value, name) : own(value, name);

/** A property of every item of a list. */
export const fieldOfList = (list: readonly unknown[], name: string): unknown => normal(fieldsOf(list, name));

export const fieldOfListKept = (value: unknown, name: string): unknown =>
  isList(value) ? normalKept(fieldsOf(value, name)) : own(value, name);

export function fieldsOf(list: readonly unknown[], name: string): Marked {
  const found = newSequence();
  charge(list.length * COST.visit);
  for (const item of list) {
    const value = isList(item) ? fieldsOf(item, name) : own(item, name);
    if (!isList(value)) {
      if (value !== undefined) found.push(value);
      continue;
    }
    charge(value.length * COST.copy);
    for (const inner of value) found.push(inner);
  }
  return found;
}

/** `*`: the values of an object's properties, lists flattened to the ground. */
export function wildcard(context: unknown): unknown {
  const value = isList(context) && context.outerWrapper === true && context.length > 0 ? context[0] : context;
  let found: Marked = newSequence();
  if (typeof value !== "object" || value === null) return found;
  const values = Object.values(value);
  chargeNames(values.length);
  for (const inner of values) {
    if (!isList(inner)) {
      found.push(inner);
      continue;
    }
    found = found.concat(flattened(inner, [])) as Marked;
    charge(found.length * COST.copy);
  }
  return found;
}

function flattened(list: readonly unknown[], flat: unknown[]): unknown[] {
  charge(list.length);
  for (const item of list) {
    if (isList(item)) flattened(item, flat);
    else flat.push(item);
  }
  return flat;
}

/** `**`: a value and everything within it; lists themselves are not among it. */
export function descendants(value: unknown): unknown {
  if (value === undefined) return undefined;
  const found = newSequence();
  descend(value, found);
  return found.length === 1 ? found[0] : found;
}

function descend(value: unknown, found: Marked): void {
  charge(COST.visit);
  if (isList(value)) {
    for (const item of value) descend(item, found);
    return;
  }
  found.push(value);
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) descend(inner, found);
}

/** What all values of an object written out see when the context is a list: its items, appended to one another. */
export function contextOfItems(list: Marked): unknown {
  // JSONata adds an item to such a list, which may be a part of the record.
  if (list.length === 0) return list.sequence === true ? undefined : bail();
  return list.length === 1 ? list[0] : appended(list);
}

/** The items appended to one another, as the context of a group. */
export function appended(items: readonly unknown[]): unknown {
  let [context] = items;
  let all: unknown[] | null = null;
  for (let index = 1; index < items.length; index += 1) {
    if (context === undefined) context = items[index];
    else if (items[index] !== undefined) {
      all ??= copyOf(context);
      addItem(all, items[index]);
    }
  }
  return all ?? context;
}

function copyOf(value: unknown): unknown[] {
  const list: unknown[] = [];
  addItem(list, value);
  return list;
}
