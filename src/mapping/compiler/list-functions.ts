import { bail, COST, charge, chargeNames } from "./fuel";
import { fieldsOf, own } from "./properties";
import { append, isList, listOf, type Marked, newSequence } from "./sequences";
import { isDeepEqual, Made, string, truth } from "./values";

function count(list: unknown): number {
  if (list === undefined) return 0;
  return isList(list) ? list.length : 1;
}

const exists = (value: unknown): boolean => value !== undefined;

const boolean = (value: unknown): boolean | undefined => (value === undefined ? undefined : truth(value));

const not = (value: unknown): boolean | undefined => (value === undefined ? undefined : !truth(value));

function reverse(list: unknown): unknown {
  if (list === undefined) return undefined;
  const items = listOf(list);
  if (items.length <= 1) return items;
  charge(items.length * COST.copy);
  return [...items].reverse();
}

/** In order of first appearance; a sequence stays one. */
function distinct(list: unknown): unknown {
  if (!isList(list) || list.length <= 1) return list;
  charge(list.length * COST.property);
  const found: Marked = list.sequence === true ? newSequence() : [];
  const seen = new Set<unknown>();
  const objects: unknown[] = [];
  for (const item of list) {
    // Only objects and lists are looked into; all else is like itself alone. NaN is not even that.
    if (typeof item === "object" && item !== null) {
      charge(objects.length * COST.visit);
      if (objects.some((other) => isDeepEqual(item, other))) continue;
      objects.push(item);
    } else if (!Number.isNaN(item)) {
      if (seen.has(item)) continue;
      seen.add(item);
    }
    found.push(item);
  }
  return found;
}

/** Of numbers or of texts. */
function sort(list: unknown): unknown {
  if (list === undefined) return undefined;
  const items = listOf(list);
  if (items.length <= 1) return items;
  charge(items.length * Math.ceil(Math.log2(items.length)) * COST.visit);
  const [first] = items;
  if (typeof first !== "string" && typeof first !== "number") return bail();
  for (const item of items)
    if (typeof item !== typeof first || (typeof item === "number" && !Number.isFinite(item))) return bail();
  return [...(items as readonly string[])].sort((one, other) => (one > other ? 1 : one < other ? -1 : 0));
}

function zip(...lists: readonly unknown[]): unknown {
  const all = lists.map((list) => (list === undefined ? [] : listOf(list)));
  const length = Math.min(...all.map((list) => list.length));
  charge(length * (all.length + 2) * COST.visit);
  return Array.from({ length }, (_, index) => all.map((list) => list[index]));
}

function keys(value: unknown): unknown {
  const found = newSequence();
  const names = namesIn(value, new Made());
  for (const name of Object.keys(names)) found.push(name);
  return found;
}

function namesIn(value: unknown, names: Record<string, unknown>): Record<string, unknown> {
  if (isList(value)) {
    charge(value.length * COST.visit);
    for (const item of value) namesIn(item, names);
  } else if (typeof value === "object" && value !== null) {
    const all = Object.keys(value);
    chargeNames(all.length);
    for (const name of all) names[name] = true;
  }
  return names;
}

function lookup(value: unknown, name: unknown): unknown {
  if (!(name === undefined || typeof name === "string")) return bail();
  // JSONata looks for a missing name by the text JavaScript makes of it.
  return isList(value) ? fieldsOf(value, String(name)) : own(value, String(name));
}

/** Every property by itself, in an object of its own. */
function spread(value: unknown): unknown {
  if (isList(value)) {
    charge(value.length * COST.visit);
    const all: unknown[] = [];
    let given = false;
    for (const item of value) {
      const parts = spread(item);
      if (parts === undefined) continue;
      given = true;
      for (const part of listOf(parts)) all.push(part);
      charge(listOf(parts).length * COST.copy);
    }
    return given ? all : newSequence();
  }
  if (typeof value !== "object" || value === null) return value;
  const parts = newSequence();
  for (const [name, inner] of Object.entries(value)) {
    charge(COST.make);
    const part = new Made();
    part[name] = inner;
    parts.push(part);
  }
  return parts;
}

function merge(list: unknown): unknown {
  if (list === undefined) return undefined;
  const items = listOf(list);
  for (const item of items) if (typeof item !== "object" || item === null || isList(item)) return bail();
  const merged = new Made();
  for (const item of items as readonly Readonly<Record<string, unknown>>[]) {
    const names = Object.keys(item);
    charge(names.length * COST.make);
    for (const name of names) merged[name] = item[name];
  }
  return merged;
}

function type(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? "number" : bail();
  if (typeof value === "string" || typeof value === "boolean") return typeof value;
  return isList(value) ? "array" : "object";
}

/** A copy to change; what JSON cannot say is left to the reference. */
export function clone(value: unknown): unknown {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null) return bail();
  const text = string(value) ?? bail();
  charge(text.length * COST.copy);
  return JSON.parse(text);
}

const error = (): never => bail();

const assert = (condition: unknown, message: unknown): undefined =>
  condition === true && (message === undefined || typeof message === "string") ? undefined : bail();

/** The builtins that work on lists, objects and anything. */
export const LIST_FUNCTIONS = {
  append,
  count,
  exists,
  boolean,
  not,
  reverse,
  distinct,
  sort,
  zip,
  keys,
  lookup,
  spread,
  merge,
  type,
  clone,
  error,
  assert,
};
