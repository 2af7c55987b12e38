import type { ErrorCode } from "yaml";
import type { SourceText } from "./source-text";

/** In practice a YAML mistake here is an expression that should have been quoted. */
export const QUOTE = "quote the whole value: '…'";

export const CHOICE = { message: "`a ? b : c` means something else in YAML when it is not quoted", hint: QUOTE };

/** Errors of the parser that an unquoted expression brings about. */
export const CAUSED_BY_TRAPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "BLOCK_AS_IMPLICIT_KEY",
  "BLOCK_IN_FLOW",
  "UNEXPECTED_TOKEN",
  "BAD_SCALAR_START",
  "BAD_ALIAS",
  "BAD_INDENT",
  "TAG_RESOLVE_FAILED",
  "MISSING_CHAR",
]);

interface Trap {
  readonly message: string;
  readonly start: number;
  readonly length: number;
  readonly hint: string;
}

/** The unquoted value around an offset whose meaning YAML changes, and how; null when no value there does that. */
export function trapAround(source: SourceText, offset: number): Trap | null {
  const { line, column } = source.position(offset);
  const text = source.lineAt(offset);
  // The innermost value that begins at or before the mistake; one that begins right at a `?` or `:` belongs to its trap.
  const openings = [...text.matchAll(/(?:^\s*-|[\w"'$-]\s*:)\s+(?=\S)/g)].map((match) => match.index + match[0].length);
  for (const begin of openings.filter((opening) => opening < column).reverse()) {
    const item = text[begin] === "[" ? itemTrap(source, line, begin, column) : null;
    if (item !== null) return item;
    const value = valueAt(text, begin);
    const message = trapIn(value) ?? (isInBrackets(text, begin) ? trapInBrackets(value) : null);
    if (message === null) continue;
    const hint = value.includes("${") ? "quote it" : QUOTE;
    return { message, start: source.offset({ line, column: begin + 1 }), length: value.length, hint };
  }
  return null;
}

/** The first item of a list in brackets that should have been quoted: the list itself, quoted, would be another value. */
function itemTrap(source: SourceText, line: number, list: number, column: number): Trap | null {
  for (const { begin, value } of itemsAt(source.lineAt(source.offset({ line, column: 1 })), list)) {
    if (begin >= column) return null;
    const isUnquoted = !/^["'{[]/.test(value);
    const cut = isUnquoted ? /[[\]{},]/.exec(value)?.[0] : undefined;
    const message =
      trapIn(value) ?? (cut === undefined ? null : `an unquoted value between \`[\` and \`]\` cannot hold \`${cut}\``);
    const start = source.offset({ line, column: begin + 1 });
    if (message !== null) return { message, start, length: value.length, hint: QUOTE };
  }
  return null;
}

/** The items of the list that opens at `list`, as their author meant them: brackets and quotes within them hold together. */
function* itemsAt(line: string, list: number): Generator<{ readonly begin: number; readonly value: string }> {
  let [begin, depth] = [list + 1, 0];
  for (const { index, 0: sign } of line.matchAll(/"[^"]*"|'[^']*'|[([{}\]),]/g)) {
    if (index <= list || (sign === "," && depth > 0)) continue;
    const ends = sign === "," || (depth === 0 && ")]}".includes(sign));
    if (ends) {
      const item = line.slice(begin, index);
      yield { begin: begin + item.length - item.trimStart().length, value: item.trim() };
      begin = index + 1;
    }
    if (ends && sign !== ",") return;
    if ("([{".includes(sign)) depth += 1;
    if (")]}".includes(sign)) depth -= 1;
  }
}

/** The value that begins at `begin`; between brackets an unquoted one ends at the next comma or brace. */
function valueAt(line: string, begin: number): string {
  const rest = line.slice(begin);
  const isUnquoted = !/^["'{[]/.test(rest);
  const inBrackets = /^(?:\$\{[^}]*\}|"[^"]*"|[^,}])*/.exec(rest)?.[0] ?? rest;
  return (isInBrackets(line, begin) && isUnquoted ? inBrackets : rest).trimEnd();
}

const isInBrackets = (line: string, begin: number): boolean => /[{[][^}\]]*$/.test(line.slice(0, begin));

/** What ends an unquoted value between brackets before its time. */
function trapInBrackets(value: string): string | null {
  if (value.includes("${")) return "an unquoted value between `{` and `}` cannot hold `${`";
  if (/^[^,}]*\[/.test(value)) return "an unquoted value between `{` and `}` cannot hold `[`";
  const isCut = /^[^"'{[]*\([^)]*$/.test(value);
  return isCut ? "between `{` and `}` an unquoted value ends at the next `,`, `{` or `}`" : null;
}

/** How an unquoted expression changes its meaning in YAML. */
function trapIn(value: string): string | null {
  const opening = STARTS[value[0] ?? ""];
  if (opening !== undefined && (!"{[\"'".includes(value[0] ?? "") || continuesAfterItsBracket(value))) {
    return `a value that starts with \`${value[0]}\` is ${opening} in YAML`;
  }
  if (/^["'{[]/.test(value)) return null;
  if (/\s\?\s.*\s:\s/.test(value)) return CHOICE.message;
  if (/^[-?:](\s|$)/.test(value)) return `a value that starts with \`${value[0]} \` begins something else in YAML`;
  if (/\S:(\s|$)/.test(value)) return "an unquoted value cannot hold `: `, which begins a new key in YAML";
  return null;
}

const STARTS: Readonly<Record<string, string>> = {
  "{": "a map",
  "[": "a list",
  '"': "a quoted text that ends at the next quote",
  "'": "a quoted text that ends at the next quote",
  "*": "a reference to an anchor",
  "&": "an anchor",
  "!": "a tag",
  "|": "a block of text that begins on the next line",
  ">": "a block of text that begins on the next line",
  "@": "reserved",
  "`": "reserved",
  "%": "a directive",
};

/** Whether something stands behind the bracket or quote that a value begins with, as in `{"a": 1}.a` or `"x" & y`. */
function continuesAfterItsBracket(value: string): boolean {
  const close = { "{": "}", "[": "]" }[value[0] ?? ""] ?? value[0] ?? "";
  const rest = value.slice(value.indexOf(close, 1) + 1);
  return value.indexOf(close, 1) > 0 && /^\s*[^\s,}\]#]/.test(rest);
}
