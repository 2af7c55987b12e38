import type { Chance } from "./chance";
import { leaf, list, type Tree, tree } from "./tree";

/**
 * A regular expression literal, of what people write and of what trips an engine: empty matches, groups that took no part,
 * classes. Two loops at most and none within another: the reference must come to an end on it.
 */
export function randomRegex(chance: Chance): Tree {
  const flags = leaf(chance.one(["", "", "", "i", "m", "im"]));
  return tree`/${alternatives({ chance, depth: 2, loops: { left: 2 } })}/${flags}`;
}

interface Spot {
  readonly chance: Chance;
  readonly depth: number;
  readonly loops: { left: number };
}

function alternatives(spot: Spot): Tree {
  const sequence = (): Tree =>
    list(
      Array.from({ length: 1 + spot.chance.below(3) }, () => quantified(spot)),
      "",
    );
  return spot.chance.percent(75) ? sequence() : list([sequence(), sequence()], "|");
}

function quantified(spot: Spot): Tree {
  const { chance, loops } = spot;
  if (chance.percent(15)) return leaf(chance.one(["^", "$", "\\b", "\\B"]));
  if (loops.left === 0 || chance.percent(55))
    return tree`${atom(spot)}${leaf(chance.one(["", "", "", "?", "??", "{2}"]))}`;
  loops.left -= 1;
  return tree`${atom({ ...spot, loops: { left: 0 } })}${leaf(chance.one(["*", "+", "*?", "+?", "{1,}", "{0,2}"]))}`;
}

function atom(spot: Spot): Tree {
  const { chance, depth } = spot;
  const inner = (): Tree => alternatives({ ...spot, depth: depth - 1 });
  return chance.way<Tree>([
    [
      8,
      () =>
        leaf(chance.one(["a", "b", "x", "A", ",", "1", "@", " ", "\\.", "\\-", "ß", "\\/", "\\t", "\\x41", "\\u00e9"])),
    ],
    [4, () => leaf(chance.one([".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S"]))],
    [
      4,
      () => leaf(chance.one(["[a-c]", "[^,]", "[a-z0-9._]", "[\\w.]", "[^\\s]", "[A-Z]", "[,;]", "[^a-z]", "[\\d-]"])),
    ],
    [depth > 0 ? 3 : 0, () => tree`(${inner()})`],
    [depth > 0 ? 1 : 0, () => tree`(?:${inner()})`],
    [1, () => leaf(chance.one(["(?=a)", "(?!b)", "\\1", "[]", "[^]", "(?<n>a)"]))],
  ]);
}
