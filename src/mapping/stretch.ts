import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds after which others get their turn, such as the server that waits for rows; what is begun is never interrupted. */
const LONGEST = 1;

/** Work done in one go, since it began or since others last had their turn. */
export class Stretch {
  #since = performance.now();

  get isLong(): boolean {
    return performance.now() - this.#since > LONGEST;
  }

  /** To be awaited between two pieces of work, when it is long. */
  async giveTurn(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
