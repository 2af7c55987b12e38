/** Refusals of a source that are remembered. */
const REMEMBERED = 15;

/**
 * How long the customer's systems took for their last refusals. A login that is locked out is not asked there, and must not be
 * told from a wrong password by being answered sooner.
 */
export class Pace {
  readonly #refusals = new Map<string, number[]>();

  /** @param milliseconds that a refusal took */
  note(source: string, milliseconds: number): void {
    const latest = this.#refusals.get(source) ?? [];
    this.#refusals.set(source, [...latest, milliseconds].slice(-REMEMBERED));
  }

  /** The median; 0 when none was seen. */
  usual(source: string): number {
    const sorted = (this.#refusals.get(source) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
