import type { AST } from "@eslint-community/regexpp";

/**
 * A bound on the ways a backtracking engine may try to match a text of n characters from all of its places:
 * choices × (n + 1) ^ degree.
 */
export interface Bound {
  readonly choices: number;
  readonly degree: number;
}

/**
 * The bound of a regular expression, or null when there is none so simple. Every quantifier over a piece of fixed
 * length adds a number of repeats to choose, at most n + 1; every alternative multiplies the choices; and the match may
 * begin anywhere. A quantifier over anything that has a choice itself has no such bound.
 */
export function boundRegex({ alternatives }: AST.Pattern): Bound | null {
  const bound = ofAlternatives(alternatives);
  return bound === null ? null : { ...bound, degree: bound.degree + 1 };
}

function ofAlternatives(alternatives: readonly AST.Alternative[]): Bound | null {
  let choices = 0;
  let degree = 0;
  for (const { elements } of alternatives) {
    const bound = ofSequence(elements);
    if (bound === null) return null;
    choices += bound.choices;
    degree = Math.max(degree, bound.degree);
  }
  return { choices, degree };
}

function ofSequence(elements: readonly AST.Element[]): Bound | null {
  let choices = 1;
  let degree = 0;
  for (const element of elements) {
    const bound = ofElement(element);
    if (bound === null) return null;
    choices *= bound.choices;
    degree += bound.degree;
  }
  return { choices, degree };
}

function ofElement(element: AST.Element): Bound | null {
  switch (element.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
      return { choices: 1, degree: 0 };
    case "Group":
    case "CapturingGroup":
      return ofAlternatives(element.alternatives);
    case "Quantifier":
      if (element.max === 1) return plusOne(ofElement(element.element));
      return isFixed(element.element) ? { choices: 1, degree: 1 } : null;
    case "Assertion":
      return element.kind === "lookahead" || element.kind === "lookbehind" ? null : { choices: 1, degree: 0 };
    default:
      return null;
  }
}

const plusOne = (bound: Bound | null): Bound | null =>
  bound === null ? null : { ...bound, choices: bound.choices + 1 };

/** Matches in one way only, and never nothing. */
function isFixed(element: AST.Element): boolean {
  switch (element.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
      return true;
    case "Group":
    case "CapturingGroup": {
      const [only, ...others] = element.alternatives;
      return only !== undefined && others.length === 0 && only.elements.length > 0 && only.elements.every(isFixed);
    }
    default:
      return false;
  }
}
