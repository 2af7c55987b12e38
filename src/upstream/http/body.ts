/**
 * A body's bytes in the pieces they came in. They are joined once somebody needs them whole, which a run that has met
 * the page before does not.
 */
export class Body {
  #pieces: readonly Buffer[];
  /** In bytes. */
  readonly length: number;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** One after the other, all of it. */
  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  whole(): Buffer {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const joined = Buffer.concat(this.#pieces, this.length);
    this.#pieces = [joined];
    return joined;
  }

  /** A copy of the bytes from `begin` to before `end`. */
  part(begin: number, end = this.length): Buffer {
    const parts: Buffer[] = [];
    let first = 0;
    for (const piece of this.#pieces) {
      if (first < end && first + piece.length > begin)
        parts.push(piece.subarray(Math.max(begin - first, 0), end - first));
      first += piece.length;
    }
    return Buffer.concat(parts);
  }
}

const MARK = Buffer.from("\ufeff");

/** Without a byte order mark. */
export const withoutMark = (body: Body): Body =>
  body.part(0, MARK.length).equals(MARK) ? new Body([body.part(MARK.length)]) : body;
