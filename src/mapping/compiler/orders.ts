import { bail, COST, charge } from "./fuel";
import { isList } from "./sequences";

type Swaps = (left: unknown, right: unknown) => boolean;

/** JSONata's merge sort, step by step, for its result with an inconsistent comparison depends on the steps. */
function sortBy(list: readonly unknown[], swaps: Swaps): readonly unknown[] {
  if (list.length <= 1) return list;
  const middle = Math.floor(list.length / 2);
  const left = sortBy(list.slice(0, middle), swaps);
  const right = sortBy(list.slice(middle), swaps);
  charge(list.length * COST.compare);
  const merged: unknown[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    if (swaps(left[l], right[r])) {
      merged.push(right[r]);
      r += 1;
    } else {
      merged.push(left[l]);
      l += 1;
    }
  }
  for (; l < left.length; l += 1) merged.push(left[l]);
  for (; r < right.length; r += 1) merged.push(right[r]);
  return merged;
}

/** `$sort` with a function. */
export const sortWith = (list: unknown, swaps: Swaps): unknown =>
  list === undefined ? undefined : sortBy(isList(list) ? list : [list], swaps);

/** A term of `^(…)`. */
export interface Term<Item> {
  readonly descending: boolean;
  readonly value: (item: Item) => unknown;
}

/** `^(…)`: by the first term that tells two items apart; what has no value comes last. */
export function orderBy<Item>(list: readonly Item[], terms: readonly Term<Item>[]): readonly Item[] {
  return sortBy(list, (left, right) => comesAfter(left as Item, right as Item, terms)) as readonly Item[];
}

function comesAfter<Item>(left: Item, right: Item, terms: readonly Term<Item>[]): boolean {
  for (const { descending, value } of terms) {
    const [one, other] = [value(left), value(right)];
    if (one === undefined && other === undefined) continue;
    if (one === undefined) return true;
    if (other === undefined) return false;
    if (typeof one !== typeof other || (typeof one !== "string" && typeof one !== "number")) return bail();
    if (one === other) continue;
    // Not `>`, for NaN is to JSONata neither less nor the same, and so greater.
    const less = (one as string) < (other as string);
    return less === descending;
  }
  return false;
}
