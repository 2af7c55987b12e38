import fc, { type Arbitrary } from "fast-check";

/** Few names, so that the paths of random expressions meet something; the odd ones mean something to JavaScript. */
export const NAMES = ["a", "b", "c", "id", "type", "name"] as const;
export const ODD_NAMES = ["__proto__", "constructor", "toString", "length", "sequence", "a b", "1", "0", ""] as const;

export const TEXTS = [
  ...[
    "",
    " ",
    "a",
    "b",
    "x",
    "type",
    "Ab c",
    " padded ",
    "a,b,,c",
    "a.b@c.example",
    "ÄÖ ß",
    "😀a",
    "é",
    "\u0000",
    "\ud83d",
  ],
  ...["false", "true", "null", "12", "-1.5", "0x1f", "1e3", "007", "2024-02-29", "2024-01-02T03:04:05.678Z", "[1,2]"],
] as const;

export const NUMBERS = [0, 1, 2, 3, -1, 1.5, -2.5, 10, 100, 0.1, 1e21, 1e-7, 9007199254740991, 1706745600000] as const;

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<string>(...NAMES) },
  { weight: 1, arbitrary: fc.constantFrom<string>(...ODD_NAMES) },
);
const text = fc.constantFrom<string>(...TEXTS);
const number = fc.constantFrom<number>(...NUMBERS);
const scalar = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: number },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Objects are made as their JSON, so that `__proto__` is a property like others. */
const objectOf = (value: Arbitrary<string>, maxLength: number): Arbitrary<string> =>
  fc
    .uniqueArray(fc.tuple(name, value), { maxLength, selector: ([key]) => key })
    .map((entries) => `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`);

const listOf = (item: Arbitrary<string>, maxLength = 4): Arbitrary<string> =>
  fc.array(item, { maxLength }).map((items) => `[${items.join(",")}]`);

const json = (value: Arbitrary<unknown>): Arbitrary<string> => value.map((found) => JSON.stringify(found));

const { object, value } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small", withCrossShrink: true },
    { weight: 4, arbitrary: json(scalar) },
    { weight: 4, arbitrary: tie("object") },
    { weight: 4, arbitrary: tie("list") },
  ),
  object: objectOf(tie("value"), 5),
  list: fc.oneof(
    { weight: 3, arbitrary: listOf(tie("object")) },
    { weight: 1, arbitrary: listOf(tie("value")) },
    // Of one kind, so that sums, joins and sorts have something to do.
    { weight: 1, arbitrary: listOf(json(text), 5) },
    { weight: 1, arbitrary: listOf(json(number), 5) },
  ),
}));

/** A record as its JSON: an object, with lists of no, one and many items in the way, nulls and odd names. */
export const randomRecord: Arbitrary<string> = object;

/** Any JSON. */
export const randomDocument: Arbitrary<string> = value;
