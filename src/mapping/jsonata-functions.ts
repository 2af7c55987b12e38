/** The functions of JSONata 2.2, as documented at https://docs.jsonata.org. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...["string", "length", "substring", "substringBefore", "substringAfter", "uppercase", "lowercase", "trim", "pad"],
  ...["contains", "split", "join", "match", "replace", "base64encode", "base64decode"],
  ...["encodeUrlComponent", "encodeUrl", "decodeUrlComponent", "decodeUrl"],
  ...["number", "abs", "floor", "ceil", "round", "power", "sqrt", "formatNumber", "formatBase", "formatInteger"],
  ...["parseInteger", "sum", "max", "min", "average", "boolean", "not", "exists"],
  ...["count", "append", "sort", "reverse", "distinct", "zip", "map", "filter", "single", "reduce"],
  ...[
    "keys",
    "lookup",
    "spread",
    "merge",
    "sift",
    "each",
    "error",
    "assert",
    "type",
    "clone",
    "fromMillis",
    "toMillis",
  ],
  ...["now", "millis", "random", "shuffle", "eval"],
]);

/** What a mapping may not use, and why: the same record must give the same values every night, and in bounded time. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["eval", "it would run text from the record as a program"],
  ["now", "it gives another value in every run, so every record would count as changed"],
  ["millis", "it gives another value in every run, so every record would count as changed"],
  ["random", "it gives another value in every run, so every record would count as changed"],
  ["shuffle", "it gives another order in every run, so records would count as changed"],
]);

/** Bound for every expression without a `let`: the context, the record, the parent's record. */
export const PREDEFINED: ReadonlySet<string> = new Set(["", "$", "parent"]);
