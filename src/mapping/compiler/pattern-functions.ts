import { bail, charge, paid } from "./fuel";
import type { Pattern, PatternMatch } from "./regex";
import { type Marked, newSequence } from "./sequences";
import { isLimit } from "./text-functions";

/** The matches of a text one after the other. JSONata fails on an empty one that is not the first. */
function* matchesOf(pattern: Pattern, text: string): Generator<PatternMatch> {
  let found = pattern.exec(text, 0);
  for (let first = true; found !== null; first = false) {
    if (!first && found.match === "") bail();
    yield found;
    // An empty match does not move on, so what follows it is the same again.
    found = found.end >= text.length ? null : pattern.exec(text, found.end);
  }
}

export function containsPattern(pattern: Pattern, text: unknown): boolean | undefined {
  if (text === undefined) return undefined;
  return typeof text === "string" ? pattern.exec(text, 0) !== null : bail();
}

export function matchPattern(pattern: Pattern, text: unknown, _regex: unknown, limit: unknown): Marked | undefined {
  if (!(text === undefined || typeof text === "string") || !isLimit(limit)) return bail();
  if (text === undefined) return undefined;
  const result = newSequence();
  if (limit !== undefined && !(limit > 0)) return result;
  for (const { match, start, groups } of matchesOf(pattern, text)) {
    if (limit !== undefined && result.length >= limit) break;
    result.push({ match, index: start, groups });
  }
  return result;
}

export function splitPattern(pattern: Pattern, text: unknown, _regex: unknown, limit: unknown): string[] | undefined {
  if (!(text === undefined || typeof text === "string") || !isLimit(limit)) return bail();
  if (text === undefined) return undefined;
  const pieces: string[] = [];
  if (limit !== undefined && !(limit > 0)) return pieces;
  let begin = 0;
  for (const { start, end } of matchesOf(pattern, text)) {
    if (limit !== undefined && pieces.length >= limit) return pieces;
    pieces.push(text.slice(begin, start));
    begin = end;
  }
  if (limit === undefined || pieces.length < limit) pieces.push(text.slice(begin));
  return pieces;
}

export function replacePattern(
  pattern: Pattern,
  text: unknown,
  _regex: unknown,
  replacement: unknown,
  limit: unknown,
): string | undefined {
  if (typeof replacement !== "string") return bail();
  return replaceBy(pattern, text, (found) => filledIn(replacement, found), limit);
}

/** `$replace` with a function of a match, which must give a text. */
export function replaceBy(
  pattern: Pattern,
  text: unknown,
  substitute: (found: PatternMatch) => unknown,
  limit: unknown,
): string | undefined {
  if (!(text === undefined || typeof text === "string") || !isLimit(limit)) return bail();
  if (text === undefined) return undefined;
  if (limit !== undefined && !(limit > 0)) return text;
  let result = "";
  let position = 0;
  let count = 0;
  for (const found of matchesOf(pattern, text)) {
    if (limit !== undefined && count >= limit) break;
    const replaced = substitute(found);
    if (typeof replaced !== "string") return bail();
    charge(1 + replaced.length);
    result += text.slice(position, found.start) + replaced;
    position = found.end;
    count += 1;
  }
  return count === 0 ? text : paid(result + text.slice(position));
}

/** `$$` is a dollar, `$0` the match, `$1` a group: as many digits are read as the number of groups has, if such a group is. */
function filledIn(replacement: string, { match, groups }: PatternMatch): string {
  if (!replacement.includes("$")) return replacement;
  let text = "";
  let position = 0;
  for (let dollar = replacement.indexOf("$"); dollar >= 0; dollar = replacement.indexOf("$", position)) {
    charge(1);
    text += replacement.slice(position, dollar);
    position = dollar + 1;
    const next = replacement.charAt(position);
    if (next === "$" || next === "0") {
      text += next === "$" ? "$" : match;
      position += 1;
      continue;
    }
    const group = groupAt(replacement, position, groups.length);
    if (Number.isNaN(group)) text += "$";
    else {
      text += groups[group - 1] ?? "";
      position += String(group).length;
    }
    charge(text.length);
  }
  return text + replacement.slice(position);
}

function groupAt(replacement: string, position: number, groups: number): number {
  const digits = groups === 0 ? 1 : Math.floor(Math.log(groups) * Math.LOG10E) + 1;
  const group = Number.parseInt(replacement.slice(position, position + digits), 10);
  return digits > 1 && group > groups ? Number.parseInt(replacement.slice(position, position + digits - 1), 10) : group;
}
