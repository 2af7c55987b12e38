/** Milliseconds after which others get their turn, such as the server that waits for rows. A piece of work that has begun is never interrupted. */
const LENGTH = 1;

/** Work done without giving way to the event loop, since it began or last did. */
export class TimeSlice {
  #since = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#since > LENGTH;
  }

  /** To be awaited between two pieces of work, when it is over. */
  async giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
