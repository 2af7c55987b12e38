import { type Document, type ErrorCode, isMap, isScalar, parseDocument, visit } from "yaml";
import type { Problem } from "../domain/errors";
import { Entry, type FileCodes, type YamlFile } from "./entry";
import { maskSecrets } from "./mask-secrets";
import { SourceText } from "./source-text";

/** Parses one YAML 1.2 document. Null when it cannot be read, with the reasons in `problems`. */
export function parseYaml(file: string, text: string, codes: FileCodes, problems: Problem[]): Entry | null {
  const plain = text.replace(/^\uFEFF/, "");
  const document = parseDocument(plain, { prettyErrors: false, version: "1.2", logLevel: "error" });
  const source = new SourceText(file, plain, maskSecrets(plain, document));
  const yaml: YamlFile = { source, document, codes, problems, expressions: [] };

  const mistakes = [...syntaxMistakes(yaml), ...brokenAliases(yaml)];
  const lines = new Set<number>();
  for (const mistake of mistakes.sort((a, b) => a.start - b.start)) {
    const problem = source.problem({ code: codes.syntax, ...mistake });
    // What follows on the same line, and what has no explanation of its own, is an echo of the first mistake.
    const isEcho = lines.has(problem.line) || (lines.size > 0 && mistake.message === UNEXPLAINED);
    if (!isEcho) problems.push(problem);
    lines.add(problem.line);
  }
  // A key that stands twice leaves everything else readable; any other mistake makes guesses of what follows.
  const duplicates = document.errors.filter((error) => error.code === "DUPLICATE_KEY").length;
  if (mistakes.length > duplicates) return null;

  const unusable = whyUnusable(document);
  if (unusable !== null) {
    problems.push(source.problem({ code: codes.syntax, message: unusable, start: 0, length: 1 }));
    return null;
  }
  return new Entry(yaml, "", document.contents, null);
}

function whyUnusable(document: Document): string | null {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return "the file is empty";
  if (!isMap(contents)) return "the file must be a map of words to values";
  try {
    document.toJS();
    return null;
  } catch {
    // The only thing left that the library refuses: a few lines of aliases can stand for gigabytes.
    return "the references to anchors in this file multiply without bounds";
  }
}

interface Mistake {
  readonly message: string;
  readonly start: number;
  readonly length: number;
  readonly hint: string | null;
}

/** What follows a mistake of YAML in practice is an expression that should have been quoted. */
const QUOTE = "quote the whole value: '…'";

function syntaxMistakes({ source, document }: YamlFile): Mistake[] {
  return [...document.errors, ...document.warnings].map(({ code, pos: [start] }) => {
    const value = valueAround(source, start);
    const trap = value === null ? null : trapIn(value.text);
    if (value !== null && trap !== null && CAUSED_BY_TRAPS.has(code)) {
      return { message: trap, start: value.start, length: value.text.length, hint: QUOTE };
    }
    if (code === "DUPLICATE_KEY") {
      const key = /^["']?([^"':]*)/.exec(source.text.slice(start))?.[1]?.trim() ?? "";
      return { message: `\`${key}\` stands here twice`, start, length: key.length, hint: "remove one of them" };
    }
    const [message, hint] = PLAIN_WORDS[code] ?? [UNEXPLAINED, QUOTE];
    return { message, start, length: 1, hint };
  });
}

const UNEXPLAINED = "this cannot be read as YAML";

const CAUSED_BY_TRAPS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "BLOCK_AS_IMPLICIT_KEY",
  "BLOCK_IN_FLOW",
  "UNEXPECTED_TOKEN",
  "BAD_SCALAR_START",
  "BAD_ALIAS",
  "BAD_INDENT",
  "TAG_RESOLVE_FAILED",
  "MISSING_CHAR",
]);

const PLAIN_WORDS: Partial<Record<ErrorCode, readonly [message: string, hint: string]>> = {
  TAB_AS_INDENT: ["YAML does not allow tabs as indentation", "indent with spaces"],
  BAD_INDENT: [
    "the indentation does not fit the lines above, or a bracket is not closed",
    "align it with its neighbours, or close the bracket",
  ],
  MISSING_CHAR: ["something that was opened is not closed here, or a `:` is missing", "close it"],
  MULTIPLE_DOCS: ["a second document begins here", "one file holds one document: remove the `---`"],
  BAD_DQ_ESCAPE: [
    "this escape does not exist in double quotes",
    "use single quotes, in which a backslash is a backslash",
  ],
  BLOCK_AS_IMPLICIT_KEY: ["a map cannot begin in the middle of a line", "begin it on the next line, indented"],
};

/** The value of the `key: value` on the line around an offset, or of the `- value`. */
function valueAround(source: SourceText, offset: number): { text: string; start: number } | null {
  const { line, column } = source.position(offset);
  const text = source.lineAt(offset);
  const openings = [...text.matchAll(/(?:^\s*-|[\w"'$-]\s*:)\s+(?=\S)/g)].map((match) => match.index + match[0].length);
  // The innermost value that begins at or before the mistake; one that begins right at a `?` or `:` belongs to its trap.
  const begins = openings.filter((opening) => opening < column);
  const first = begins.find((opening) => trapIn(text.slice(opening)) !== null) ?? begins.at(-1);
  if (first === undefined) return null;
  return { text: text.slice(first).trimEnd(), start: source.offset({ line, column: first + 1 }) };
}

/** How an unquoted expression changes its meaning in YAML. */
function trapIn(value: string): string | null {
  const opening = STARTS[value[0] ?? ""];
  if (opening !== undefined && (!"{[\"'".includes(value[0] ?? "") || continuesAfterItsBracket(value))) {
    return `a value that starts with \`${value[0]}\` is ${opening} in YAML`;
  }
  if (/^["'{[]/.test(value)) return null;
  if (/\s\?\s.*\s:\s/.test(value)) return "`a ? b : c` means something else in YAML when it is not quoted";
  if (/\S:\s/.test(value)) return "an unquoted value cannot hold `: `, which begins a new key in YAML";
  if (/^[^,}]*\[/.test(value)) return "an unquoted value between `{` and `}` cannot hold `[`";
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

/** Aliases of anchors that do not exist, or that lead back into themselves. */
function brokenAliases({ document }: YamlFile): Mistake[] {
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
