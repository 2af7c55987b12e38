/** What is hashed at this moment, who waits for that, and what was hashed so far. */
interface HashLoad {
  readonly running: number;
  readonly waiting: number;
  readonly made: number;
  /** That they took, without waiting. */
  readonly seconds: number;
}

/**
 * Hashes a few at a time and lets only so many wait: under a flood a login that finds no place is told at once. A
 * source whose customer's system is slow fills its own places, and at most half of them all.
 */
export class HashQueue {
  /** By source, who has a place. */
  readonly #inside = new Map<string, number>();
  #all = 0;
  #running = 0;
  #made = 0;
  #seconds = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param atOnce hashes under way, one a core
   * @param places how many of a source may be inside beyond those; of all sources together twice as many
   */
  constructor(
    private readonly atOnce: number,
    private readonly places: number,
  ) {}

  /** @returns false when it is full */
  enter(source: string): boolean {
    const [most, own] = [this.atOnce + this.places, this.#inside.get(source) ?? 0];
    if (own >= most || this.#all >= 2 * most) return false;
    this.#inside.set(source, own + 1);
    this.#all += 1;
    return true;
  }

  get load(): HashLoad {
    return { running: this.#running, waiting: this.#waiting.length, made: this.#made, seconds: this.#seconds };
  }

  leave(source: string): void {
    const own = (this.#inside.get(source) ?? 0) - 1;
    if (own > 0) this.#inside.set(source, own);
    else this.#inside.delete(source);
    this.#all -= 1;
  }

  /** In the order of asking. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.#made += 1;
      this.#seconds += (performance.now() - begun) / 1000;
      // The next in the queue takes the turn over; nobody can come in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
