import type { AST } from "@eslint-community/regexpp";
import { anyCase, type CodeUnits, complement, DIGITS, LINE_ENDS, SPACE, union, unit, WORD } from "./code-units";

/** RE2 repeats nothing more often. */
const MOST_REPEATS = 1000;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
}

/**
 * A regular expression of JavaScript in the language of RE2, with the same matches and groups; null when there is none.
 * Sets of characters are spelled out, so that nothing depends on what RE2 means by `\s` or by case. The text it is
 * matched with holds no surrogates.
 */
export function translateRegex(pattern: AST.Pattern, flags: Flags): string | null {
  return new Translation(flags).alternatives(pattern.alternatives);
}

class Translation {
  readonly #flags: Flags;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  alternatives(alternatives: readonly AST.Alternative[]): string | null {
    return joined(
      alternatives.map(({ elements }) =>
        joined(
          elements.map((element) => this.#element(element)),
          "",
        ),
      ),
      "|",
    );
  }

  #element(element: AST.Element): string | null {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
        return this.#set(element);
      case "CapturingGroup":
        return wrapped("(", this.alternatives(element.alternatives));
      case "Group":
        return element.modifiers === null ? wrapped("(?:", this.alternatives(element.alternatives)) : null;
      case "Quantifier":
        return this.#quantifier(element);
      case "Assertion":
        return this.#assertion(element);
      default:
        return null;
    }
  }

  #quantifier({ element, min, max, greedy }: AST.Quantifier): string | null {
    const most = max === Number.POSITIVE_INFINITY ? min : max;
    // JavaScript forbids a repeat that matches nothing, and forgets the groups of the one before; RE2 does neither.
    if (max === 0 || most > MOST_REPEATS || mayBeEmpty(element) || (max > 1 && forgets(element))) return null;
    const repeated = wrapped("(?:", this.#element(element));
    const times = max === Number.POSITIVE_INFINITY ? `{${min},}` : `{${min},${max}}`;
    return repeated === null ? null : `${repeated}${times}${greedy ? "" : "?"}`;
  }

  #assertion(assertion: AST.Assertion): string | null {
    switch (assertion.kind) {
      case "start":
        return this.#flags.multiline ? null : "\\A";
      case "end":
        return this.#flags.multiline ? null : "\\z";
      case "word":
        return assertion.negate ? "\\B" : "\\b";
      default:
        return null;
    }
  }

  #set(element: AST.Character | AST.CharacterSet | AST.CharacterClass): string | null {
    const set = setOf(element);
    if (set === null) return null;
    const cased = this.#flags.ignoreCase ? this.#anyCase(element, set) : set;
    return cased.length === 0 ? "[^\\x{0}-\\x{10FFFF}]" : `[${cased.map(range).join("")}]`;
  }

  /** A negated class holds what no member of the class equals in another case. */
  #anyCase(element: AST.Character | AST.CharacterSet | AST.CharacterClass, set: CodeUnits): CodeUnits {
    const negated = element.type === "CharacterClass" && element.negate;
    return negated ? complement(anyCase(complement(set))) : anyCase(set);
  }
}

const hex = (code: number): string => `\\x{${code.toString(16)}}`;
const range = ([from, to]: readonly [number, number]): string => `${hex(from)}-${hex(to)}`;

function joined(parts: readonly (string | null)[], separator: string): string | null {
  return parts.some((part) => part === null) ? null : parts.join(separator);
}

const wrapped = (open: string, inner: string | null): string | null => (inner === null ? null : `${open}${inner})`);

type SetNode = AST.Character | AST.CharacterSet | AST.CharacterClass | AST.CharacterClassElement;

function setOf(node: SetNode): CodeUnits | null {
  switch (node.type) {
    case "Character":
      return isSurrogate(node.value) ? null : unit(node.value);
    case "CharacterClassRange":
      return [[node.min.value, node.max.value]];
    case "CharacterSet":
      return setOfEscape(node);
    case "CharacterClass": {
      const sets = (node.elements as readonly SetNode[]).map(setOf);
      if (sets.includes(null)) return null;
      const all = union(sets.filter((set) => set !== null));
      return node.negate ? complement(all) : all;
    }
    default:
      return null;
  }
}

function setOfEscape(node: AST.CharacterSet): CodeUnits | null {
  switch (node.kind) {
    case "any":
      return complement(LINE_ENDS);
    case "digit":
      return node.negate ? complement(DIGITS) : DIGITS;
    case "space":
      return node.negate ? complement(SPACE) : SPACE;
    case "word":
      return node.negate ? complement(WORD) : WORD;
    default:
      return null;
  }
}

const isSurrogate = (code: number): boolean => code >= 0xd800;

/** Whether an element may match without taking a character. */
function mayBeEmpty(element: AST.Element): boolean {
  switch (element.type) {
    case "Assertion":
      return true;
    case "Quantifier":
      return element.min === 0 || mayBeEmpty(element.element);
    case "Group":
    case "CapturingGroup":
      return element.alternatives.some(({ elements }) => elements.every(mayBeEmpty));
    default:
      return false;
  }
}

/** Whether a repeat of an element may leave a group within it unmatched. */
function forgets(element: AST.Element, always = true): boolean {
  switch (element.type) {
    case "CapturingGroup":
      return !always || forgetsWithin(element, always);
    case "Group":
      return forgetsWithin(element, always);
    case "Quantifier":
      return forgets(element.element, always && element.min > 0);
    default:
      return false;
  }
}

const forgetsWithin = ({ alternatives }: AST.Group | AST.CapturingGroup, always: boolean): boolean =>
  alternatives.some(({ elements }) =>
    elements.some((element) => forgets(element, always && alternatives.length === 1)),
  );
