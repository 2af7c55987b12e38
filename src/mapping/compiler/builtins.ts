import { type Ir, Kind } from "./ir";
import { refusePictures } from "./pictures";

/** One parameter of a builtin, as its signature in JSONata says. */
export interface Param {
  /** What fits, as kinds; a missing value always does. */
  readonly kinds: number;
  readonly takesFunction: boolean;
  /** Taken from the context when not given. */
  readonly context: boolean;
  readonly optional: boolean;
  readonly repeated: boolean;
}

export interface Builtin {
  readonly params: readonly Param[];
  /** How many arguments the functions that call it for every item hand to it. */
  readonly arity: number;
  /** The kinds its value may have. */
  readonly gives: number;
  /** May be called with places left open: then it is called as it is, its signature unread. */
  readonly partial: boolean;
  /** How many loops over its arguments stand inside one another. */
  readonly loops: number;
  /** The function of the runtime that takes a regular expression in place of its text. */
  readonly withPattern: string | null;
  /** Why a call with these arguments is not compiled; null stands for a function. */
  readonly refuses: (args: readonly (Ir | null)[]) => string | null;
}

interface Options {
  readonly arity?: number;
  readonly partial?: boolean;
  readonly loops?: number;
  readonly withPattern?: string;
  readonly refuses?: Builtin["refuses"];
}

const { Undefined, Boolean: Bool, Number: Num, String: Text, List, Object: Obj, Any } = Kind;

const KINDS: Readonly<Record<string, number>> = {
  s: Text,
  n: Num,
  b: Bool,
  o: Obj,
  a: Any,
  x: Any,
  j: Any,
  f: 0,
};

/** The builtins that are compiled, with their signatures and how many parameters their code in JSONata has. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  sum: builtin("a", Num | Undefined, { loops: 1 }),
  count: builtin("a", Num, { loops: 0 }),
  max: builtin("a", Num | Undefined, { loops: 1 }),
  min: builtin("a", Num | Undefined, { loops: 1 }),
  average: builtin("a", Num | Undefined, { loops: 1 }),
  string: builtin("x-b?", Text | Undefined, { arity: 1, partial: false, loops: 1 }),
  substring: builtin("s-nn?", Text | Undefined),
  substringBefore: builtin("s-s", Text | Undefined),
  substringAfter: builtin("s-s", Text | Undefined),
  lowercase: builtin("s-", Text | Undefined),
  uppercase: builtin("s-", Text | Undefined),
  length: builtin("s-", Num | Undefined),
  trim: builtin("s-", Text | Undefined),
  pad: builtin("s-ns?", Text | Undefined),
  match: builtin("s-fn?", Any, { partial: false, withPattern: "matchPattern" }),
  contains: builtin("s-(sf)", Bool | Undefined, { withPattern: "containsPattern" }),
  replace: builtin("s-(sf)(sf)n?", Text | Undefined, { withPattern: "replacePattern" }),
  split: builtin("s-(sf)n?", List | Undefined, { withPattern: "splitPattern" }),
  join: builtin("as?", Text | Undefined, { loops: 1 }),
  formatNumber: builtin("n-so?", Text | Undefined, { refuses: refusePictures(1) }),
  formatBase: builtin("n-n?", Text | Undefined),
  formatInteger: builtin("n-s", Text | Undefined, { refuses: refusePictures(1) }),
  parseInteger: builtin("s-s", Num | Undefined, { refuses: refusePictures(1) }),
  number: builtin("(nsb)-", Num | Undefined),
  floor: builtin("n-", Num | Undefined),
  ceil: builtin("n-", Num | Undefined),
  round: builtin("n-n?", Num | Undefined),
  abs: builtin("n-", Num | Undefined),
  sqrt: builtin("n-", Num | Undefined),
  power: builtin("n-n", Num | Undefined),
  boolean: builtin("x-", Bool | Undefined),
  not: builtin("x-", Bool | Undefined),
  map: builtin("af", Any, { partial: false }),
  zip: builtin("a+", List, { arity: 0, partial: false, loops: 1 }),
  filter: builtin("af", Any, { partial: false }),
  single: builtin("af?", Any, { partial: false }),
  reduce: builtin("afj?", Any, { partial: false }),
  sift: builtin("o-f?", Obj | Undefined, { partial: false }),
  keys: builtin("x-", Any, { loops: 1 }),
  lookup: builtin("x-s", Any, { loops: 1 }),
  append: builtin("xx", Any),
  exists: builtin("x", Bool),
  spread: builtin("x-", Any, { loops: 1 }),
  merge: builtin("a", Obj | Undefined, { loops: 1 }),
  reverse: builtin("a", List | Undefined, { loops: 1 }),
  each: builtin("o-f", Any, { partial: false }),
  error: builtin("s?", Undefined),
  assert: builtin("bs?", Undefined),
  type: builtin("x", Text | Undefined),
  sort: builtin("af?", Any, { partial: false }),
  distinct: builtin("x", Any, { loops: 2 }),
  base64encode: builtin("s-", Text | Undefined),
  base64decode: builtin("s-", Text | Undefined),
  encodeUrlComponent: builtin("s-", Text | Undefined),
  encodeUrl: builtin("s-", Text | Undefined),
  decodeUrlComponent: builtin("s-", Text | Undefined),
  decodeUrl: builtin("s-", Text | Undefined),
  toMillis: builtin("s-s?", Num | Undefined, { refuses: refusePictures(1) }),
  fromMillis: builtin("n-s?s?", Text | Undefined, { refuses: refusePictures(1, 2) }),
  clone: builtin("(oa)-", Any, { loops: 1 }),
};

/** Why a builtin is never compiled. */
const REFUSED: Readonly<Record<string, string>> = {
  eval: "`$eval`",
  now: "`$now`",
  millis: "`$millis`",
  random: "`$random`",
  shuffle: "`$shuffle`",
};

export const isBuiltin = (name: string): boolean => Object.hasOwn(BUILTINS, name);

export const refusedBuiltin = (name: string): string | null =>
  Object.hasOwn(REFUSED, name) ? (REFUSED[name] ?? null) : null;

function builtin(signature: string, gives: number, options: Options = {}): Builtin {
  const params = paramsOf(signature);
  return {
    params,
    arity: options.arity ?? params.length,
    gives,
    // Called so, a builtin would not make a list of what is none.
    partial: options.partial ?? !signature.includes("a"),
    loops: options.loops ?? 0,
    withPattern: options.withPattern ?? null,
    refuses: options.refuses ?? (() => null),
  };
}

function paramsOf(signature: string): readonly Param[] {
  return [...signature.matchAll(/(\([a-z]+\)|[a-z])([-?+]?)/g)].map(([, types = "", mark]) => ({
    kinds: kindsIn(types),
    takesFunction: /[fax]/.test(types),
    context: mark === "-",
    optional: mark === "?",
    repeated: mark === "+",
  }));
}

/** A function is never a missing value. A choice such as `(oa)` means a list by its `a`; alone, `a` takes anything and makes a list of it. */
function kindsIn(types: string): number {
  if (types === "f") return 0;
  if (types === "(oa)") return Obj | List | Undefined;
  let kinds: number = Undefined;
  for (const letter of types) kinds |= KINDS[letter] ?? 0;
  return kinds;
}
