import { isDeepStrictEqual } from "node:util";
import { Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, visit } from "yaml";
import { Failure } from "../../domain/errors";
import type { MappingTest } from "../../domain/mapping";
import { YAML_OPTIONS } from "./parse-yaml";
import { SourceText } from "./source-text";

export interface AppendedTest {
  /** The whole file. */
  readonly text: string;
  /** Of the new test, from 1. */
  readonly line: number;
}

/** Longer maps and lists stand on lines of their own. */
const LONGEST_FLOW = 60;

/** A test as one item of a list, its lines indented by so much. */
export function testText(test: Omit<MappingTest, "at">, indent = ""): string {
  const document = new Document([test], { ...YAML_OPTIONS, aliasDuplicateObjects: false });
  visit(document, {
    Collection(key, node, path) {
      const isInner = path.length > 2 && key !== "key";
      if (isInner && JSON.stringify(node.toJS(document)).length <= LONGEST_FLOW) node.flow = true;
    },
  });
  // Texts of several lines are quoted: what is indented further stays what it is.
  const text = document.toString({ lineWidth: 0, blockQuote: false });
  return text.replace(/^(?=.)/gm, indent);
}

/**
 * Adds a test at the end of a mapping file's `tests:`; everything else stays as it is, to the letter.
 *
 * @throws Failure KEP004 when there is no place where a test could be put
 */
export function appendTest(file: string, text: string, test: Omit<MappingTest, "at">): AppendedTest {
  const document = parseDocument(text, YAML_OPTIONS);
  const { contents } = document;
  if (!isMap(contents) || contents.flow === true || document.errors.length > 0)
    throw noPlace(file, text, 0, "the file is no block of words");
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "tests") as Pair<Node, Node> | undefined;
  const { before, block, after } = placed(file, text, pair, test);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const appended = `${before}${block.replace(/\n/g, eol)}${after}`;
  if (!isFaithful(appended, [...testsOf(text), test]))
    throw noPlace(file, text, before.length, "what would be written is not read as it is meant");
  return { text: appended, line: before.split("\n").length + (pair === undefined ? 1 : 0) };
}

interface Placed {
  readonly before: string;
  readonly block: string;
  readonly after: string;
}

function placed(file: string, text: string, pair: Pair<Node, Node> | undefined, test: Omit<MappingTest, "at">): Placed {
  if (pair === undefined) return at(text, text.length, `tests:\n${testText(test, "  ")}`);
  const { key, value } = pair;
  if (value === null || (isScalar(value) && value.value === null))
    return at(text, endOfLine(text, key.range?.[1] ?? 0), testText(test, "  "));
  if (!isSeq(value)) throw noPlace(file, text, value.range?.[0] ?? 0, "`tests` is no list");
  const [start, end] = value.range ?? [0, 0];
  if (value.items.length === 0) {
    // `[]` goes, a comment behind it stays.
    const emptied = `${text.slice(0, start).trimEnd()}${text.slice(end)}`;
    return at(emptied, endOfLine(emptied, key.range?.[1] ?? 0), testText(test, "  "));
  }
  if (value.flow === true) throw noPlace(file, text, start, "`tests` is written between brackets");
  const indent = /[^\n]*$/.exec(text.slice(0, start))?.[0] ?? "";
  return at(text, endOfLine(text, end), testText(test, indent));
}

/** The block on lines of its own, from an offset that begins a line or ends the text. */
function at(text: string, offset: number, block: string): Placed {
  const before = text.slice(0, offset);
  return { before: before === "" || before.endsWith("\n") ? before : `${before}\n`, block, after: text.slice(offset) };
}

/** Where the next line begins; `offset` itself when it begins one. */
function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** What is written must be read again as it was meant. */
const isFaithful = (text: string, expected: readonly unknown[]): boolean =>
  Buffer.from(text).toString("utf8") === text &&
  parseDocument(text, YAML_OPTIONS).errors.length === 0 &&
  isDeepStrictEqual(testsOf(text), expected);

function testsOf(text: string): readonly unknown[] {
  const { tests }: { readonly tests?: unknown } = parseDocument(text, YAML_OPTIONS).toJS() ?? {};
  return Array.isArray(tests) ? tests : [];
}

const noPlace = (file: string, text: string, offset: number, because: string): Failure => {
  const { line, column } = new SourceText(file, text).position(offset);
  return new Failure(
    "KEP004",
    `${file}:${line}:${column}: no test can be added here: ${because}; nothing was written`,
    {
      fix: "write `tests:` as a list, each test beginning with `- it:`; or print the new one with --print",
    },
  );
};
