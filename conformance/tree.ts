/** An expression's text with its sub-expressions kept apart, so that a case can be made smaller piece by piece. */
export interface Tree {
  readonly parts: readonly (string | Tree)[];
  /** The parts are items that stand by themselves, with this between them: some can be left out. */
  readonly between?: string;
}

export const leaf = (text: string): Tree => ({ parts: [text] });

export const list = (items: readonly Tree[], between: string): Tree => ({ parts: items, between });

export const commas = (items: readonly Tree[]): Tree => list(items, ", ");

/** A template: tree`${left} + ${right}`. */
export function tree(texts: TemplateStringsArray, ...children: readonly Tree[]): Tree {
  return {
    parts: texts.flatMap((text, index) => [...(text === "" ? [] : [text]), ...children.slice(index, index + 1)]),
  };
}

export const textOf = ({ parts, between = "" }: Tree): string =>
  parts.map((part) => (typeof part === "string" ? part : textOf(part))).join(between);

/** What stands in for anything at all. */
const SIMPLE = ["a", "1"].map(leaf);

/** Smaller trees, the smallest first: a part instead of the whole, a name instead of a part, an item less. */
export function* smallerTrees(whole: Tree): Generator<Tree> {
  const { parts } = whole;
  const children = parts.filter((part) => typeof part !== "string");
  const { length } = textOf(whole);
  yield* SIMPLE.filter((simple) => textOf(simple).length < length);
  yield* children.filter((child) => textOf(child).length < length);
  if (whole.between !== undefined && parts.length > 1) {
    for (const index of parts.keys()) yield { ...whole, parts: parts.toSpliced(index, 1) };
  }
  for (const [index, part] of parts.entries()) {
    if (typeof part === "string") continue;
    for (const smaller of smallerTrees(part)) yield { ...whole, parts: parts.with(index, smaller) };
  }
}
