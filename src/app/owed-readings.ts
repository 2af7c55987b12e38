/**
 * Sources that must be read as soon as no other run is at work there: the other run may be reading one person alone.
 */
export class OwedReadings {
  readonly #owed = new Set<string>();

  /**
   * @param readAnew false while the source is busy
   * @param failed told of a reading that is given up
   */
  constructor(
    private readonly readAnew: (source: string) => Promise<boolean>,
    private readonly failed: (source: string, error: unknown) => void,
  ) {}

  async owe(source: string): Promise<void> {
    this.#owed.add(source);
    await this.#read(source);
  }

  /** Tries again what could not be read until now. */
  async round(): Promise<void> {
    for (const source of [...this.#owed]) await this.#read(source);
  }

  async #read(source: string): Promise<void> {
    // Taken out first, so that two who try at once do not both read.
    if (!this.#owed.delete(source)) return;
    try {
      if (!(await this.readAnew(source))) this.#owed.add(source);
    } catch (error) {
      this.failed(source, error);
    }
  }
}
