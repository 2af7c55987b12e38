import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { RE2JS } from "re2js";
import { type Bound, boundRegex } from "./bound-regex";
import { charge } from "./fuel";
import { BAIL, OUT_OF_FUEL } from "./outcomes";
import { Refusal } from "./refusal";
import { translateRegex } from "./translate-regex";

export interface PatternMatch {
  readonly match: string;
  /** In UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

/** A regular expression whose work is bounded, in the length of the text alone. */
export interface Pattern {
  /** The first match at `from` or behind it. Throws `OutOfFuel`, or `Bail` for a text it cannot answer for. */
  exec(text: string, from: number): PatternMatch | null;
}

/** Ways of matching that JavaScript's own engine may try: about a millisecond. */
const MOST_TRIES = 100_000;
/** Its tries for a unit of fuel. */
const TRIES_A_UNIT = 8;
/** What RE2 costs for a character, its automaton keeping groups; each of the automaton's instructions costs one more. */
const UNITS_A_CHARACTER = 24;
/** Characters of a pattern: what is longer takes long to be compiled. */
const LONGEST = 2_000;

/**
 * Matches short texts with JavaScript's own engine where its work is bounded, and others with RE2, whose work is linear.
 * Refuses what neither can do.
 */
export function patternOf(regex: RegExp, position: number): Pattern {
  if (!(regex instanceof RegExp)) throw new Refusal("a regular expression before `?:`", position);
  if (regex.source.length > LONGEST) throw new Refusal("a regular expression this long", position);
  const tree = parsed(regex, position);
  const bound = boundRegex(tree);
  const linear = linearOf(tree, regex);
  if (bound === null && linear === null)
    throw new Refusal("a regular expression that may backtrack without bound", position);
  const native = new RegExp(regex.source, regex.flags);
  return {
    exec(text, from) {
      const triesHere = bound === null ? Number.POSITIVE_INFINITY : triesFromOnePlace(bound, text.length - from);
      if (triesHere * (text.length - from + 1) <= MOST_TRIES) {
        const found = nativeMatch(native, text, from);
        // Only what lies before the match was tried; the next search begins behind it.
        charge(1 + (triesHere * ((found?.start ?? text.length) - from + 1)) / TRIES_A_UNIT);
        return found;
      }
      if (linear === null) throw OUT_OF_FUEL;
      charge((1 + text.length) * (UNITS_A_CHARACTER + linear.programSize()));
      return linearMatch(linear, text, from);
    },
  };
}

/** The bound counts the places where a match may begin as one power of the length. */
const triesFromOnePlace = ({ choices, degree }: Bound, length: number): number =>
  choices * (length + 1) ** (degree - 1);

function parsed(regex: RegExp, position: number): AST.Pattern {
  try {
    return new RegExpParser().parsePattern(regex.source, undefined, undefined, { unicode: false });
  } catch {
    throw new Refusal("a regular expression of this kind", position);
  }
}

function linearOf(tree: AST.Pattern, { ignoreCase, multiline }: RegExp): RE2JS | null {
  const text = translateRegex(tree, { ignoreCase, multiline });
  if (text === null) return null;
  try {
    return RE2JS.compile(text);
  } catch {
    // Such as repeats within repeats, which RE2 would have to write out.
    return null;
  }
}

function nativeMatch(regex: RegExp, text: string, from: number): PatternMatch | null {
  regex.lastIndex = from;
  const found = regex.exec(text);
  if (found === null) return null;
  const [match, ...groups] = found;
  return { match, start: found.index, end: found.index + match.length, groups };
}

const SURROGATE = /[\ud800-\udfff]/;

function linearMatch(regex: RE2JS, text: string, from: number): PatternMatch | null {
  // RE2 sees characters, JavaScript without the flag `u` halves of them.
  if (SURROGATE.test(text)) throw BAIL;
  const matcher = regex.matcher(text);
  if (from > text.length || !matcher.find(from)) return null;
  const groups: (string | undefined)[] = [];
  for (let group = 1; group <= matcher.groupCount(); group += 1) groups.push(matcher.group(group) ?? undefined);
  return { match: matcher.group() ?? "", start: matcher.start(), end: matcher.end(), groups };
}
