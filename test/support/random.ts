/** Chance that can be lived again: the same seed gives the same choices. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  one<T>(items: readonly T[]): T;
  /** None to all of them, in their order, mostly few. */
  some<T>(items: readonly T[]): T[];
}

/** The generator is mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    one: <T>(items: readonly T[]) => items[below(items.length)] as T,
    some: <T>(items: readonly T[]) => items.filter(() => below(4) === 0),
  };
}
