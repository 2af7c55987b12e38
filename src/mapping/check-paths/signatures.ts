import type { Kind } from "./possible";

/** What a parameter of a function takes. */
export interface Parameter {
  /** Null when it takes anything. */
  readonly kinds: ReadonlySet<Kind> | null;
  /** A list of these, or one of them alone. */
  readonly isList: boolean;
  readonly isOptional: boolean;
  /** Left out, the context stands for it. */
  readonly isContext: boolean;
}

/**
 * JSONata's own signatures, shortened: s text, n number, b boolean, o object, a list, f function, x anything; `[n]` a list of
 * numbers or one number, `?` may be left out, `-` the context stands for it when it is. Behind `:` what comes out.
 */
const SIGNATURES: Readonly<Record<string, string>> = {
  string: "x- b?:s",
  length: "s-:n",
  substring: "s- n n?:s",
  substringBefore: "s- s:s",
  substringAfter: "s- s:s",
  uppercase: "s-:s",
  lowercase: "s-:s",
  trim: "s-:s",
  pad: "s- n s?:s",
  contains: "s- sf:b",
  split: "s- sf n?:a",
  join: "[s] s?:s",
  match: "s- f n?:x",
  replace: "s- sf sf n?:s",
  base64encode: "s-:s",
  base64decode: "s-:s",
  encodeUrlComponent: "s-:s",
  encodeUrl: "s-:s",
  decodeUrlComponent: "s-:s",
  decodeUrl: "s-:s",
  number: "nsb-:n",
  abs: "n-:n",
  floor: "n-:n",
  ceil: "n-:n",
  round: "n- n?:n",
  power: "n- n:n",
  sqrt: "n-:n",
  formatNumber: "n- s o?:s",
  formatBase: "n- n?:s",
  formatInteger: "n- s:s",
  parseInteger: "s- s:n",
  sum: "[n]:n",
  max: "[n]:n",
  min: "[n]:n",
  average: "[n]:n",
  boolean: "x-:b",
  not: "x-:b",
  exists: "x:b",
  count: "x:n",
  append: "x x:x",
  sort: "x f?:a",
  reverse: "x:a",
  distinct: "x:x",
  map: "x f:x",
  filter: "x f:x",
  single: "x f?:x",
  reduce: "x f x?:x",
  keys: "x-:a",
  lookup: "x- s:x",
  spread: "x-:x",
  merge: "[o]:o",
  sift: "o- f?:o",
  each: "o- f:x",
  type: "x:s",
  clone: "oa-:x",
  fromMillis: "n- s? s?:s",
  toMillis: "s- s?:n",
  error: "s?:x",
  assert: "b s?:x",
};

const KINDS: Readonly<Record<string, Kind>> = {
  s: "string",
  n: "number",
  b: "boolean",
  o: "object",
  a: "array",
  f: "function",
};

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly required: number;
  /** Null when it depends on what goes in. */
  readonly gives: Kind | null;
}

const parsed = new Map<string, Signature>(Object.entries(SIGNATURES).map(([name, text]) => [name, parse(text)]));

/** Null for functions whose arguments are not looked at. */
export const signatureOf = (name: string): Signature | null => parsed.get(name) ?? null;

/**
 * How many arguments a function gets of another that calls it, such as `$map`, which has an item, its place and the list to give:
 * no more than it takes (jsonata, `hofFuncArgs`). An argument with a default is not counted there.
 */
export const takenBy = (name: string): number =>
  name === "string" ? 1 : (signatureOf(name)?.parameters.length ?? Number.POSITIVE_INFINITY);

function parse(text: string): Signature {
  const [takes = "", gives = ""] = text.split(":");
  const parameters = takes.split(" ").map((parameter): Parameter => {
    const letters = [...parameter.replaceAll(/[^a-z]/g, "")];
    const kinds = letters.map((letter) => KINDS[letter]).filter((kind) => kind !== undefined);
    return {
      kinds: letters.includes("x") ? null : new Set(kinds),
      isList: parameter.startsWith("["),
      isOptional: parameter.endsWith("?"),
      isContext: parameter.endsWith("-"),
    };
  });
  return { parameters, required: parameters.filter((one) => !one.isOptional).length, gives: KINDS[gives] ?? null };
}
