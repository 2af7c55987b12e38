import { type Kind, type Place, randomExpression, within } from "./random-expressions";
import { callOfNamed, randomFunction, randomLambda, randomTransform } from "./random-functions";
import { randomRegex } from "./random-regexes";
import { commas, leaf, type Tree, tree } from "./tree";

/** What a function takes, beside values of a kind. `function 2` takes two arguments; `picture` is a literal. */
type Argument = Kind | "function 1" | "function 2" | "function 3" | "matcher" | "replacement" | "small" | Picture;
type Picture = "number picture" | "integer picture" | "time picture";

interface Signature {
  readonly name: string;
  readonly gives: Kind;
  readonly takes: readonly Argument[];
  /** How many of them must be given. */
  readonly least: number;
}

const of = (gives: Kind, name: string, takes: readonly Argument[], least = takes.length): Signature => ({
  name,
  gives,
  takes,
  least,
});

const SIGNATURES: readonly [Signature, ...Signature[]] = [
  of("text", "string", ["any", "truth"], 1),
  of("text", "lowercase", ["text"]),
  of("text", "uppercase", ["text"]),
  of("text", "trim", ["text"]),
  of("text", "substring", ["text", "small", "small"], 2),
  of("text", "substringBefore", ["text", "text"]),
  of("text", "substringAfter", ["text", "text"]),
  of("text", "pad", ["text", "small", "text"], 2),
  of("text", "join", ["list", "text"], 1),
  of("text", "replace", ["text", "matcher", "replacement", "small"], 3),
  of("text", "type", ["any"]),
  of("text", "formatNumber", ["number", "number picture"]),
  of("text", "formatBase", ["number", "small"], 1),
  of("text", "formatInteger", ["number", "integer picture"]),
  of("text", "fromMillis", ["number", "time picture"], 1),
  of("text", "base64encode", ["text"]),
  of("text", "base64decode", ["text"]),
  of("text", "encodeUrlComponent", ["text"]),
  of("text", "encodeUrl", ["text"]),
  of("text", "decodeUrlComponent", ["text"]),
  of("text", "decodeUrl", ["text"]),
  of("number", "length", ["text"]),
  of("number", "number", ["any"]),
  of("number", "abs", ["number"]),
  of("number", "floor", ["number"]),
  of("number", "ceil", ["number"]),
  of("number", "round", ["number", "small"], 1),
  of("number", "sqrt", ["number"]),
  of("number", "power", ["number", "small"]),
  of("number", "sum", ["list"]),
  of("number", "max", ["list"]),
  of("number", "min", ["list"]),
  of("number", "average", ["list"]),
  of("number", "count", ["list"]),
  of("number", "toMillis", ["text", "time picture"], 1),
  of("number", "parseInteger", ["text", "integer picture"]),
  of("truth", "not", ["any"]),
  of("truth", "boolean", ["any"]),
  of("truth", "exists", ["any"]),
  of("truth", "contains", ["text", "matcher"]),
  of("list", "append", ["list", "any"]),
  of("list", "distinct", ["list"]),
  of("list", "reverse", ["list"]),
  of("list", "sort", ["list", "function 2"], 1),
  of("list", "zip", ["list", "list"], 1),
  of("list", "map", ["list", "function 3"]),
  of("list", "filter", ["list", "function 3"]),
  of("list", "split", ["text", "matcher", "small"], 2),
  of("list", "match", ["text", "matcher", "small"], 2),
  of("list", "keys", ["object"]),
  of("list", "spread", ["object"]),
  of("list", "each", ["object", "function 3"]),
  of("any", "single", ["list", "function 3"]),
  of("any", "reduce", ["list", "function 2", "any"], 2),
  of("any", "lookup", ["object", "text"]),
  of("any", "clone", ["object"]),
  of("any", "assert", ["truth", "text"]),
  of("any", "error", ["text"], 0),
  of("object", "merge", ["list"]),
  of("object", "sift", ["object", "function 3"]),
];

const PICTURES: Readonly<Record<Picture, readonly [string, ...string[]]>> = {
  "number picture": ["#,##0.00", "0", "00.0#", "#0%", "0.0e0", "#;(#)"],
  "integer picture": ["0", "w", "W", "I", "i", "A", "000", "w;o", "#,##0"],
  "time picture": ["[Y0001]-[M01]-[D01]", "[D1o] [MNn] [Y]", "[H01]:[m01]:[s01]", "[h#1]:[m01][P]", "[F], [D]. [M]"],
};

/** A call of a function that gives the kind wanted, written in one of the ways there are to call it. */
export function randomFunctionCall(place: Place, kind: Kind): Tree {
  const { chance } = place;
  const fitting = kind === "any" ? SIGNATURES : SIGNATURES.filter(({ gives }) => gives === kind);
  const { name, takes, least } = chance.one(fitting.length === 0 ? SIGNATURES : (fitting as typeof SIGNATURES));
  const part = within(place);
  const [first = leaf("$"), ...others] = takes
    .slice(0, least + chance.below(takes.length - least + 1))
    .map((argument) => randomArgument(part, argument));
  return chance.way<Tree>([
    [14, () => tree`${leaf(`$${name}`)}(${commas([first, ...others])})`],
    [2, () => tree`${first} ~> ${leaf(`$${name}`)}(${commas(others)})`],
    [1, () => tree`${first}.${leaf(`$${name}`)}(${commas(others)})`],
    [1, () => tree`${first} ~> ${leaf(`$${name}`)}`],
    [1, () => tree`${randomLambda(part, 1)}(${first})`],
    [2, () => callOfNamed(place)],
    [1, () => randomTransform(part)],
    [1, () => tree`${first} ~> ${randomLambda(part, 1)}`],
  ]);
}

function randomArgument(place: Place, argument: Argument): Tree {
  const { chance } = place;
  switch (argument) {
    case "function 1":
    case "function 2":
    case "function 3":
      return randomFunction(place, Number(argument.slice(-1)));
    case "matcher":
      return chance.percent(50) ? randomRegex(chance) : randomExpression(place, "text");
    case "replacement":
      if (chance.percent(25))
        return tree`function($m){ $m.${leaf(chance.one(["match", "groups[0]", "start", "groups"]))} }`;
      return chance.percent(50)
        ? leaf(chance.one(['"[$1]"', '"$0$0"', '"$$"', '"$12"', '""']))
        : randomExpression(place, "text");
    case "small":
      return chance.percent(85) ? leaf(String(chance.below(8) - 2)) : randomExpression(place, "number");
    case "number picture":
    case "integer picture":
    case "time picture":
      return chance.percent(90)
        ? leaf(JSON.stringify(chance.one(PICTURES[argument])))
        : randomExpression(place, "text");
    default:
      return randomExpression(place, argument);
  }
}
