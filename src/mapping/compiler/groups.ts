import { bail, COST, charge } from "./fuel";
import { appended } from "./properties";
import { isList } from "./sequences";
import { keyOf, Made } from "./values";

type Code = (context: unknown) => unknown;
/** The code of a key and of its value. */
export type PairCode = readonly [key: Code, value: Code];

interface Group {
  readonly pair: number;
  readonly items: unknown[];
}

/** An object constructor whose keys depend on the items. */
export function group(input: unknown, pairs: readonly PairCode[]): unknown {
  const groups = new Made() as Record<string, Group>;
  for (const item of itemsToGroup(input)) {
    for (const [index, [key]] of pairs.entries()) addToGroup(groups, keyOf(key(item)), index, item);
  }
  const object = new Made();
  for (const [key, { pair, items }] of Object.entries(groups)) {
    const value = pairs[pair]?.[1](appended(items));
    if (value !== undefined) object[key] = value;
  }
  return object;
}

function itemsToGroup(input: unknown): readonly unknown[] {
  if (!isList(input)) return [input];
  // JSONata adds an item to such a list, which may be a part of the record.
  if (input.length === 0) return input.sequence === true ? [undefined] : bail();
  return input;
}

export function addToGroup(groups: Record<string, Group>, key: string | undefined, pair: number, item: unknown): void {
  charge(2 * COST.make);
  if (key === undefined) return;
  const found = groups[key];
  if (found === undefined) groups[key] = { pair, items: [item] };
  else if (found.pair === pair) found.items.push(item);
  else bail();
}

export type Groups = Record<string, Group>;
