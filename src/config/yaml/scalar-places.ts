import { Scalar } from "yaml";

/**
 * Where each character of a YAML scalar's value stands in the file. Folding and indentation change blanks alone, so the
 * characters that are not blank follow each other in the value as in the file; only quoted scalars write some of them
 * as escapes.
 */
export class ScalarPlaces {
  /** For every character of the value that is not blank: where it begins and ends in the file. */
  #places: readonly (readonly [start: number, end: number])[] | null = null;

  /**
   * @param text the file
   * @param start where the scalar begins: at its first character, behind an opening quote
   * @param end where it ends: behind its last character, before a closing quote
   */
  constructor(
    private readonly text: string,
    readonly start: number,
    private readonly end: number,
    private readonly type: Scalar.Type | undefined,
    readonly value: string,
    private readonly isInFlow = false,
  ) {}

  /** Between `{` and `}` or `[` and `]`, where a bracket or a comma ends what is not quoted. */
  get endsAtBrackets(): boolean {
    return this.isInFlow && this.type === Scalar.PLAIN;
  }

  /** The span of the file that `length` characters of the value from `index` take, never an empty one. */
  span(index: number, length: number): readonly [start: number, length: number] {
    const first = this.#count(index);
    const start = this.#start(index, first);
    const end = this.#all()[this.#count(index + length) - 1]?.[1] ?? start;
    return [start, Math.max(1, end - start)];
  }

  /** Where the character at `index` begins; a blank one right behind what stands before it. */
  #start(index: number, before: number): number {
    const places = this.#all();
    const isBlank = index >= this.value.length || BLANK.test(this.value[index] ?? "");
    const place = isBlank ? places[before - 1]?.[1] : places[before]?.[0];
    return place ?? this.start;
  }

  /** How many characters before `index` are not blank. */
  #count(index: number): number {
    return this.value.slice(0, index).replaceAll(BLANKS, "").length;
  }

  #all(): readonly (readonly [number, number])[] {
    this.#places ??= [...this.#written()];
    return this.#places;
  }

  *#written(): Generator<readonly [number, number]> {
    for (const unit of this.text.slice(this.start, this.end).matchAll(UNITS[this.type ?? Scalar.PLAIN] ?? ONE)) {
      const at = this.start + unit.index;
      // A pair of surrogates may be written as one escape.
      for (const char of decoded(unit[0]).split("")) if (!BLANK.test(char)) yield [at, at + unit[0].length];
    }
  }
}

const BLANK = /\s/;
const BLANKS = /\s+/g;

const ONE = /./gs;
const UNITS: Readonly<Record<string, RegExp>> = {
  [Scalar.QUOTE_SINGLE]: /''|./gs,
  [Scalar.QUOTE_DOUBLE]: /\\(?:x.{2}|u.{4}|U.{8}|\r\n|.)|./gs,
};

/** What one unit stands for, in the escapes of YAML 1.2 (5.7). */
function decoded(unit: string): string {
  if (unit === "''") return "'";
  if (!unit.startsWith("\\") || unit.length === 1) return unit;
  if (unit.length > 3) return codePoint(unit.slice(2));
  return ESCAPES[unit[1] ?? ""] ?? unit.slice(1);
}

function codePoint(digits: string): string {
  const code = Number.parseInt(digits, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : digits;
}

const ESCAPES: Readonly<Record<string, string>> = {
  0: "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};
