import type { Random } from "fast-check";

/** Choices from fast-check's source of chance, which a seed replays. */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#random.nextInt(0, limit - 1);
  }

  /** True `times` times in a hundred. */
  percent(times: number): boolean {
    return this.below(100) < times;
  }

  one<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** One of several ways to go on, each as likely as its weight says. */
  way<T>(ways: readonly [Way<T>, ...Way<T>[]]): T {
    let left = this.below(ways.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, go] of ways) {
      if (left < weight) return go();
      left -= weight;
    }
    return ways[0][1]();
  }
}

type Way<T> = readonly [weight: number, go: () => T];
