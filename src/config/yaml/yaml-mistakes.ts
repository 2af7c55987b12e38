import {
  type Document,
  type ErrorCode,
  isCollection,
  isScalar,
  Scalar,
  visit,
  type YAMLError,
  type YAMLWarning,
} from "yaml";
import type { SourceText } from "./source-text";
import { CAUSED_BY_TRAPS, QUOTE, trapAround } from "./yaml-traps";

interface Mistake {
  readonly message: string;
  readonly start: number;
  readonly length: number;
  readonly hint: string | null;
  /** Says little by itself: after another mistake it is only an echo of that one. */
  readonly isVague?: boolean;
}

/**
 * What keeps a text from being read as YAML, in the order of the text and in the words of people who know little of YAML.
 * `isReadable` when there is nothing, or only keys that stand twice, which make no guesses of the rest.
 */
export function yamlMistakes(
  source: SourceText,
  document: Document,
): { readonly mistakes: readonly Mistake[]; readonly isReadable: boolean } {
  const parsing = [...document.errors, ...document.warnings];
  const aliases = brokenAliases(document);
  const strange = [...strangeSpaces(source), ...controlCharacters(source)];
  const lineOf = ({ start }: Mistake) => source.position(start).line;
  // They are why the parser stumbles there.
  const explained = new Set(strange.map(lineOf));
  const told = parsing
    .map((error) => explain(error, source, document))
    .filter((mistake) => !explained.has(lineOf(mistake)));
  return {
    mistakes: withoutEchoes([...strange, ...told, ...aliases], source),
    isReadable: [...strange, ...aliases].length === 0 && parsing.every((error) => error.code === "DUPLICATE_KEY"),
  };
}

/** The first mistake on each line; what is vague only when it is the first of all. */
function withoutEchoes(found: readonly Mistake[], source: SourceText): readonly Mistake[] {
  const lines = new Set<number>();
  return found
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, isVague = false }) => {
      const { line } = source.position(start);
      const isEcho = lines.has(line) || (isVague && lines.size > 0);
      lines.add(line);
      return !isEcho;
    });
}

function explain({ code, pos: [start] }: YAMLError | YAMLWarning, source: SourceText, document: Document): Mistake {
  const trap = CAUSED_BY_TRAPS.has(code) ? trapAround(source, start) : null;
  if (trap !== null) return trap;
  const { text } = source;
  if (code === "DUPLICATE_KEY") {
    const at = start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0);
    const key = /^["']?([^"':]*)/.exec(text.slice(at))?.[1]?.trim() ?? "";
    return { message: `\`${key}\` stands here twice`, start: at, length: key.length, hint: "remove one of them" };
  }
  const unclosed = CAUSED_BY_OPEN_BRACKETS.has(code) ? openingBefore(start, document) : null;
  if (unclosed !== null) {
    const opening = text[unclosed] ?? "";
    const comment = /\s(#.*)$/.exec(source.lineAt(unclosed));
    if ("{[".includes(opening) && comment?.[1] !== undefined) {
      const at = source.offset({ line: source.position(unclosed).line, column: comment.index + 2 });
      const message = `\`#\` begins a comment in YAML, so the \`${opening}\` before it is never closed`;
      return { message, start: at, length: comment[1].length, hint: QUOTE };
    }
    return { message: `this \`${opening}\` is never closed`, start: unclosed, length: 1, hint: "close it" };
  }
  if (code === "NON_STRING_KEY" && /^\{?\{/.test(text.slice(start - 1))) {
    const message = "`{{ … }}` is how other tools mark an expression; to YAML it is a map as the name of something";
    return { message, start: start - 1, length: 2, hint: "write the expression alone, quoted if need be: '…'" };
  }
  if (code === "MULTILINE_IMPLICIT_KEY") {
    const isGlued = /^["'\w-]+:\S/.test(text.slice(start));
    const hint = isGlued ? "write `: ` with a space after it" : "write `word: value`";
    return { message: "this line has no `: ` between a word and its value", start, length: 1, hint };
  }
  const beginsLine =
    source
      .lineAt(start)
      .slice(0, source.position(start).column - 1)
      .trim() === "";
  const words = code === "UNEXPECTED_TOKEN" && beginsLine ? INDENTATION : (PLAIN_WORDS[code] ?? UNEXPLAINED);
  const first = words === INDENTATION ? start + (/^ */.exec(text.slice(start))?.[0].length ?? 0) : start;
  const isVague = words === INDENTATION || words === UNEXPLAINED;
  return { message: words[0], start: first, length: 1, hint: words[1], isVague };
}

type Words = readonly [message: string, hint: string];

const UNEXPLAINED: Words = ["this cannot be read as YAML", QUOTE];
const INDENTATION: Words = ["the indentation does not fit the lines above", "align it with its neighbours"];

const PLAIN_WORDS: Partial<Record<ErrorCode, Words>> = {
  TAB_AS_INDENT: ["YAML does not allow tabs as indentation", "indent with spaces"],
  BAD_INDENT: INDENTATION,
  MISSING_CHAR: [
    "something that was opened is not closed here, or a `: ` is missing",
    "close it, or write `word: value`",
  ],
  MULTIPLE_DOCS: ["a second document begins here", "one file holds one document: remove the `---`"],
  BAD_DQ_ESCAPE: [
    "this escape does not exist in double quotes",
    "use single quotes, in which a backslash is a backslash",
  ],
  BLOCK_AS_IMPLICIT_KEY: ["the next line is indented as if it belonged to this value", "indent it like this line"],
  NON_STRING_KEY: ["a map or a list cannot be the name of something", "quote it, if it is meant as text"],
};

const CAUSED_BY_OPEN_BRACKETS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["BAD_INDENT", "MISSING_CHAR"]);

/** Where the innermost bracket or quote was opened that the parser gave up on at `end`; null when there is none. */
function openingBefore(end: number, document: Document): number | null {
  let innermost: number | null = null;
  visit(document, {
    Node(_, node) {
      const isQuoted = isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE);
      const isOpening = isQuoted || (isCollection(node) && node.flow === true);
      if (isOpening && node.range?.[1] === end) innermost = Math.max(innermost ?? 0, node.range[0]);
    },
  });
  return innermost;
}

/** Spaces that look like any other but are none to YAML, as copied from web pages and word processors. */
function strangeSpaces({ text }: SourceText): Mistake[] {
  const found = (pattern: RegExp, place: string, hint: string): Mistake[] =>
    [...text.matchAll(pattern)].map(({ index, 0: spaces }) => ({
      message: `${place} a character that only looks like a space`,
      start: index,
      length: spaces.length,
      hint,
    }));
  return [
    ...found(BEFORE_KEY, "this indentation holds", "delete it and indent with spaces"),
    ...found(BEHIND_KEY, "behind this `:` stands", "delete it and write a space"),
  ];
}

const BEFORE_KEY = /(?<=^[ \t]*)[\u00a0\u2000-\u200b\u202f\u3000\ufeff]+(?=[ \t]*["'\w-]+[ \t]*:)/gm;
const BEHIND_KEY = /(?<=^[ \t]*(?:- )?["'\w-]+:)[\u00a0\u2000-\u200b\u202f\u3000\ufeff]+/gm;

/** What is no text, as editors that failed and files of another encoding leave it; YAML takes it for part of a word. */
function controlCharacters({ text }: SourceText): Mistake[] {
  return [...text.matchAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+/g)].map(({ index, 0: characters }) => {
    const code = characters.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return {
      message: `a control character, U+${code}, stands here, which YAML does not allow`,
      start: index,
      length: characters.length,
      hint: "delete it; when there are many, save the file as UTF-8",
    };
  });
}

/** Aliases of anchors that do not exist, or that lead back into themselves. */
function brokenAliases(document: Document): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      const start = alias.range?.[0] ?? 0;
      const length = alias.source.length + 1;
      if (target === undefined) {
        const message = "a value that starts with `*` is a reference to an anchor in YAML, and there is no such anchor";
        mistakes.push({ message, start, length, hint: QUOTE });
      } else if (ancestors.includes(target)) {
        mistakes.push({ message: "this reference contains itself", start, length, hint: "write the value out" });
      }
    },
  });
  return mistakes;
}
