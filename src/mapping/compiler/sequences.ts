import { bail, COST, charge } from "./fuel";

/**
 * Lists as JSONata marks them. `sequence`: made by a path or a function, gives way to its only item. `keepSingleton`:
 * does not. `cons`: written as a step, does not flatten. `outerWrapper`: around a list at the top.
 */
export interface Marked extends Array<unknown> {
  sequence?: boolean;
  keepSingleton?: boolean;
  cons?: boolean;
  outerWrapper?: boolean;
  tupleStream?: boolean;
}

export const isList = (value: unknown): value is Marked => Array.isArray(value);

export function newSequence(): Marked {
  const sequence: Marked = [];
  sequence.sequence = true;
  return sequence;
}

export function sequenceOf(item: unknown): Marked {
  const sequence: Marked = [item];
  sequence.sequence = true;
  return sequence;
}

/** One item that stays in its list. */
export function keptSingle(item: unknown): Marked {
  const sequence = sequenceOf(item);
  sequence.keepSingleton = true;
  return sequence;
}

/** A value as every node hands it on: no empty sequence, no sequence of one. */
export function normal(value: unknown): unknown {
  return isList(value) && value.sequence === true ? unwrapped(value) : value;
}

/** The same, behind `[]`. */
export function normalKept(value: unknown): unknown {
  if (!isList(value) || value.sequence !== true) return value;
  value.keepSingleton = true;
  return unwrapped(value);
}

function unwrapped(sequence: Marked): unknown {
  if (sequence.tupleStream === true) return sequence;
  if (sequence.length === 0) return undefined;
  return sequence.length === 1 && sequence.keepSingleton !== true ? sequence[0] : sequence;
}

/** Whether the items of a step's result take its place. */
export const flattens = (value: unknown): value is Marked => Array.isArray(value) && (value as Marked).cons !== true;

/** Adds what one step gave to the results of all. */
export function addFlat(results: Marked, value: unknown): void {
  if (!flattens(value)) {
    results.push(value);
    return;
  }
  charge(value.length * COST.copy);
  for (const item of value) results.push(item);
}

/** The results of a last step, from the second on. */
export function secondResult(first: unknown, second: unknown): Marked {
  const results = newSequence();
  addFlat(results, first);
  addFlat(results, second);
  return results;
}

/** The value of a path whose last step gave one result: a list of the record is given as it stands. */
export function onlyResult(result: unknown): unknown {
  if (!isList(result) || result.sequence !== true) return result;
  const copy = newSequence();
  addFlat(copy, result);
  return normal(copy);
}

/** The same, behind `[]`. */
export function onlyResultKept(result: unknown): unknown {
  if (!isList(result)) return keptSingle(result);
  if (result.sequence !== true) return result.cons === true ? keptSingle(result) : result;
  const copy = newSequence();
  addFlat(copy, result);
  return normalKept(copy);
}

/** The same, as the list it would be unwrapped from. */
export function onlyResultListed(result: unknown): Marked {
  if (isList(result) && result.sequence !== true) return result;
  const copy = newSequence();
  addFlat(copy, result);
  return copy;
}

/** `$append`: nothing is left out, what is no list counts as one item. */
export function append(one: unknown, other: unknown): unknown {
  if (one === undefined) return other;
  if (other === undefined) return one;
  const [left, right] = [isList(one) ? one : [one], isList(other) ? other : [other]];
  charge((left.length + right.length) * COST.copy);
  return left.concat(right);
}

/** Adds an item of a list written out. */
export function addItem(list: unknown[], value: unknown): void {
  if (value === undefined) return;
  if (!isList(value)) {
    list.push(value);
    return;
  }
  charge(value.length * COST.copy);
  for (const item of value) list.push(item);
}

/** Marks a list written out as a step of a path. */
export function solid(list: unknown[]): unknown[] {
  return Object.defineProperty(list, "cons", { enumerable: false, configurable: false, value: true });
}

/** A range of whole numbers, both ends in it. */
export function range(from: number, to: number): Marked {
  charge((to - from + 1) * COST.copy);
  const list: Marked = [];
  for (let number = from; number <= to; number += 1) list.push(number);
  list.sequence = true;
  return list;
}

/** The context of a list written out at the front of a path. */
export const listed = (value: unknown): Marked => (isList(value) ? value : sequenceOf(value));

/** `$` where the context may be JSONata's wrapper around a list. */
export const contextItself = (value: unknown): unknown =>
  isList(value) && value.outerWrapper === true ? value[0] : normal(value);

/** An argument where a list is wanted. */
export const listOf = (value: unknown): readonly unknown[] => (isList(value) ? value : [value]);

/** A sequence that is being made, from its second item on. */
export function twoItems(first: unknown, second: unknown): Marked {
  const sequence: Marked = [first, second];
  sequence.sequence = true;
  return sequence;
}

/** The result of a filter that nothing passed. */
export const EMPTY: Marked = newSequence();

/** `[1]`: the item at a place, from the end when negative. */
export function pick(value: unknown, index: number): unknown {
  if (!isList(value)) return index === 0 || index === -1 ? value : undefined;
  return value[index < 0 ? value.length + index : index];
}

/** The same, as the list that is filtered further. */
export function pickListed(value: unknown, index: number): Marked {
  const item = pick(value, index);
  if (item === undefined) return newSequence();
  return isList(item) ? item : sequenceOf(item);
}

/** The value of a path that ended at an empty list: a list of the record's or written out stays, the items of a step are nothing. */
export function endedPath(list: Marked, keep: boolean): unknown {
  if (list.sequence === true) return undefined;
  if (!keep) return list;
  // JSONata marks the list itself, be it the record's.
  return list.cons === true ? keptSingle(list) : bail();
}

/** A list written out at the front of a path, filtered or not, as the items for the next step. */
export function stepList(value: unknown, keep: boolean): Marked {
  if (isList(value)) return value;
  // Anything else JSONata takes for a list, or fails on.
  return value === undefined && !keep ? EMPTY : bail();
}
