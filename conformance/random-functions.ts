import { type Kind, type Place, randomExpression, randomPath, within } from "./random-expressions";
import { commas, leaf, type Tree, tree } from "./tree";

/** A name is bound, perhaps twice, and then read. Built-in functions are but names: they can be hidden. */
export function randomBlock(place: Place, kind: Kind): Tree {
  const { chance } = place;
  const name = chance.percent(95) ? chance.one(["x", "y"]) : chance.one(["count", "string", "clone", "map"]);
  const [bound, here] = [leaf(`$${name}`), within(place, name)];
  const value = randomExpression(within(place), chance.percent(50) ? "list" : "any");
  const result = randomExpression(here, kind);
  if (chance.percent(80)) return tree`(${bound} := ${value}; ${result})`;
  return tree`(${bound} := ${value}; ${bound} := ${randomExpression(here, "any")}; ${result})`;
}

/** Anywhere an expression may stand, so may one that binds a name. */
export const randomAssignment = (place: Place, kind: Kind): Tree =>
  tree`(${leaf(`$${place.chance.one(["x", "y", "u"])}`)} := ${randomExpression(within(place), kind)})`;

/** A function for a function of higher order: mostly written out, else a built-in one, a chain or a partial one. */
export function randomFunction(place: Place, takes: number): Tree {
  const { chance } = place;
  return chance.way<Tree>([
    [12, () => randomLambda(place, takes === 3 ? 1 + chance.below(3) : takes + (chance.percent(10) ? 2 : 0))],
    [2, () => leaf(`$${chance.one(BUILT_IN)}`)],
    [1, () => leaf(chance.one(["$substring(?, 1)", '$contains(?, "a")', "$append(?, 1)", "$uppercase ~> $trim"]))],
  ]);
}

const BUILT_IN = ["uppercase", "string", "boolean", "not", "exists", "number", "sum", "length", "append"] as const;

export function randomLambda(place: Place, takes: number): Tree {
  const { chance } = place;
  const names = (["x", "y", "z", "w"] as const).slice(0, takes);
  const body = randomExpression(within(place, ...names), chance.one<Kind>(["any", "truth", "text", "number"]));
  const signature = chance.percent(8) ? chance.one(["<s:s>", "<n:n>", "<x-:x>", "<a:a>", "<s-n?:s>"]) : "";
  const head = `${chance.one(["function", "λ"])}(${names.map((name) => `$${name}`).join(", ")})${signature}`;
  return tree`${leaf(head)}{ ${body} }`;
}

/** A function gets a name and is called by it, or handed on. */
export function callOfNamed(place: Place): Tree {
  const { chance } = place;
  const [part, takes] = [within(place), chance.below(3)];
  const argument = (): Tree => randomExpression(part, "any");
  const named = chance.percent(75) ? randomLambda(part, takes) : randomFunction(part, takes);
  const call = chance.way<Tree>([
    [6, () => tree`$f(${commas(Array.from({ length: takes }, argument))})`],
    [2, () => tree`$f(${argument()})`],
    [2, () => tree`${randomPath(part)} ~> $map($f)`],
    [1, () => tree`${argument()} ~> $f`],
    [1, () => tree`${randomPath(part)}.$f($)`],
    [1, () => tree`$f(?, ${argument()})(${argument()})`],
  ]);
  if (chance.percent(85)) return tree`($f := ${named}; ${call})`;
  return tree`($x := ${argument()}; $f := ${randomLambda({ ...part, variables: [...part.variables, "x"] }, takes)}; $x := ${argument()}; ${call})`;
}

export function randomTransform(place: Place): Tree {
  const { chance } = place;
  const update = tree`{"a": ${randomExpression(place, "any")}}`;
  const removed = chance.percent(40) ? tree`, ${leaf(chance.one(['"b"', '["a", "id"]', "name"]))}` : leaf("");
  const [subject, pattern] = [leaf(chance.one(["$", "$$", "a", "a[0]", "[a, b]"])), randomPath({ ...place, size: 1 })];
  return tree`${subject} ~> |${pattern}|${update}${removed}|`;
}
