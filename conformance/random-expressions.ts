import type { Chance } from "./chance";
import { randomFunctionCall } from "./random-calls";
import { NAMES, NUMBERS, ODD_NAMES, TEXTS } from "./random-documents";
import { randomAssignment, randomBlock } from "./random-functions";
import { commas, leaf, type Tree, tree } from "./tree";

/** What an expression is meant to give; now and then it is something else. */
export type Kind = "any" | "text" | "number" | "truth" | "list" | "object";

/** Where an expression is written: the variables it may read, and how much may still be said. */
export interface Place {
  readonly chance: Chance;
  readonly variables: readonly string[];
  readonly size: number;
}

/** The same place for a part: less may be said, and it may read more variables. */
export const within = (place: Place, ...variables: readonly string[]): Place => ({
  ...place,
  size: Math.floor(place.size / 2),
  variables: variables.length === 0 ? place.variables : [...place.variables, ...variables],
});

/** An expression that mostly gives what is wanted, and at times anything. */
export function randomExpression(place: Place, kind: Kind): Tree {
  const { chance, size } = place;
  if (size < 1) return randomLeaf(place, kind);
  const part = within(place);
  const any = (): Tree => randomExpression(part, "any");
  const same = (): Tree => randomExpression(part, kind);
  if (kind !== "any" && chance.percent(8)) return randomExpression(part, "any");
  return chance.way<Tree>([
    [6, () => randomPath(place)],
    [6, () => randomFunctionCall(place, kind)],
    [6, () => ofKind(part, kind === "any" ? anyKind(chance) : kind)],
    [1, () => tree`${randomExpression(part, "truth")} ? ${same()} : ${same()}`],
    [1, () => tree`${randomExpression(part, "truth")} ? ${same()}`],
    [1, () => tree`${same()} ${leaf(chance.one(["?:", "??"]))} ${same()}`],
    [1, () => tree`(${any()}; ${same()})`],
    [2, () => randomBlock(place, kind)],
    [1, () => randomAssignment(place, kind)],
    [2, () => tree`(${same()})`],
    [1, () => randomLeaf(place, kind)],
  ]);
}

const anyKind = (chance: Chance): Kind => chance.one<Kind>(["text", "number", "truth", "list", "object"]);

function randomLeaf(place: Place, kind: Kind): Tree {
  const { chance, variables } = place;
  if (chance.percent(35)) return randomName(chance);
  const [first, ...others] = variables;
  if (first !== undefined && chance.percent(40)) return leaf(`$${chance.one([first, ...others])}`);
  switch (kind === "any" ? anyKind(chance) : kind) {
    case "text":
      return leaf(JSON.stringify(chance.one(TEXTS)));
    case "number":
      return leaf(String(chance.one(NUMBERS)));
    case "truth":
      return leaf(chance.one(["true", "false", "null"]));
    case "list":
      return leaf(chance.one(["[]", "[1, 2]", '["b", "a", "b"]', "[[1], 2]", "[1..3]", "a[]", "$.*", "**"]));
    default:
      return leaf(chance.one(["{}", "$", "$$", '{"a": 1, "b": [2]}', "*", "$parent"]));
  }
}

function randomName(chance: Chance): Tree {
  if (chance.percent(90)) return leaf(chance.one(NAMES));
  return leaf(`\`${chance.one(ODD_NAMES)}\``);
}

/** What only this kind of value is made by, functions apart. */
function ofKind(place: Place, kind: Kind): Tree {
  const { chance } = place;
  const a = (wanted: Kind): Tree => randomExpression(place, wanted);
  const operator = (...symbols: readonly [string, ...string[]]): Tree => leaf(chance.one(symbols));
  switch (kind) {
    case "text":
      return tree`${a("any")} & ${a("text")}`;
    case "number":
      return chance.percent(85)
        ? tree`${a("number")} ${operator("+", "-", "*", "/", "%")} ${a("number")}`
        : tree`-${a("number")}`;
    case "truth":
      return randomTest(place);
    case "list":
      return chance.way<Tree>([
        [4, () => tree`[${commas(several(place, () => a("any"), 3))}]`],
        [1, () => tree`[${leaf(String(chance.below(4)))}..${leaf(String(chance.below(8)))}]`],
        [1, () => tree`[${a("number")}..${a("number")}]`],
      ]);
    default:
      return randomObject(place);
  }
}

function randomTest(place: Place): Tree {
  const { chance } = place;
  const a = (wanted: Kind): Tree => randomExpression(place, wanted);
  const order = (): Tree => leaf(chance.one(["<", "<=", ">", ">="]));
  const [equality, twice] = [leaf(chance.one(["=", "!="])), a("any")];
  return chance.way<Tree>([
    [3, () => tree`${a("any")} ${equality} ${a("any")}`],
    [1, () => tree`${a("number")} ${chance.percent(50) ? order() : equality} ${a("number")}`],
    [1, () => tree`${a("text")} ${chance.percent(50) ? order() : equality} ${a("text")}`],
    [2, () => tree`${a("truth")} ${leaf(chance.one(["and", "or"]))} ${a("truth")}`],
    [2, () => tree`${a("any")} in ${a("list")}`],
    // The very same thing on both sides.
    [1, () => tree`${twice} ${chance.percent(50) ? leaf("in") : equality} [${twice}, ${a("any")}]`],
    [1, () => tree`${twice} ${equality} ${twice}`],
  ]);
}

/** None to `most` of them. */
const several = ({ chance }: Place, make: () => Tree, most: number): Tree[] =>
  Array.from({ length: chance.below(most + 1) }, make);

function randomObject(place: Place): Tree {
  const name = (): Tree => leaf(JSON.stringify(place.chance.one(NAMES)));
  const key = (): Tree => (place.chance.percent(70) ? name() : randomExpression(place, "text"));
  const pair = (): Tree => tree`${key()}: ${randomExpression(place, "any")}`;
  return tree`{${commas(several(place, pair, 3))}}`;
}

/** Steps from a beginning, each with what may follow a step. */
export function randomPath(place: Place): Tree {
  const { chance } = place;
  let here = within(place);
  let path = randomStart(here);
  const steps = 1 + chance.below(3);
  for (let step = 0; step < steps; step += 1) {
    if (chance.percent(12)) {
      const [symbol, name] = chance.one([
        ["@", "v"],
        ["#", "i"],
      ] as const);
      path = tree`${path}${leaf(`${symbol}$${name}`)}`;
      here = within({ ...here, size: here.size * 2 }, name);
    }
    path = randomSuffixes(here, path);
    path = tree`${path}.${chance.percent(step > 0 ? 12 : 2) ? leaf(chance.one(["%", "%.a", "%.*"])) : randomStep(here)}`;
  }
  path = randomSuffixes(here, path);
  return chance.percent(8) ? tree`${path}${randomObject(here)}` : path;
}

function randomStart(place: Place): Tree {
  const { chance, variables } = place;
  const [variable = "", ...others] = variables;
  return chance.way<Tree>([
    [12, () => randomName(chance)],
    [2, () => leaf(chance.one(["$", "$$", "$$.a", "$parent", "*", "**"]))],
    [variable === "" ? 0 : 5, () => leaf(`$${chance.one([variable, ...others])}`)],
    [2, () => tree`(${randomExpression(place, "any")})`],
    [1, () => randomExpression({ ...place, size: 0 }, "list")],
    [1, () => randomObject(place)],
    [1, () => tree`[${commas(several(place, () => randomExpression(place, "any"), 3))}]`],
    [1, () => randomFunctionCall(place, "list")],
  ]);
}

function randomStep(place: Place): Tree {
  const { chance } = place;
  return chance.way<Tree>([
    [14, () => randomName(chance)],
    [2, () => leaf(chance.one(["*", "**", "$"]))],
    [2, () => tree`(${randomExpression(place, "any")})`],
    [2, () => randomObject(place)],
    [2, () => tree`[${commas(several(place, () => randomExpression(place, "any"), 2))}]`],
    [3, () => randomFunctionCall(place, "any")],
    [1, () => leaf(JSON.stringify(chance.one(NAMES)))],
  ]);
}

/** Predicates, `[]` and orders, as many as chance has it. */
function randomSuffixes(place: Place, step: Tree): Tree {
  const { chance } = place;
  let suffixed = step;
  while (chance.percent(25)) {
    suffixed = chance.way<Tree>([
      [4, () => tree`${suffixed}[${randomExpression(place, "truth")}]`],
      [3, () => tree`${suffixed}[${leaf(String(chance.below(4) - 1))}]`],
      [1, () => tree`${suffixed}[${randomExpression(place, "any")}]`],
      [2, () => tree`${suffixed}[]`],
      [1, () => tree`${suffixed}^(${commas([sortTerm(place), ...several(place, () => sortTerm(place), 1)])})`],
    ]);
  }
  return suffixed;
}

const sortTerm = (place: Place): Tree =>
  tree`${leaf(place.chance.one(["", "<", ">"]))}${randomExpression(place, place.chance.one<Kind>(["text", "number"]))}`;
