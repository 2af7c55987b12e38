import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node, Scalar } from "yaml";
import type { Code } from "../../domain/error-codes";
import type { Problem } from "../../domain/errors";
import type { Json } from "../../domain/json";
import type { Expression, Literal, Position } from "../../domain/mapping";
import { openBracketIn, openBrackets } from "./open-brackets";
import { ScalarPlaces } from "./scalar-places";
import type { SourceText } from "./source-text";

/** The codes a kind of file reports its mistakes under. */
export interface FileCodes {
  readonly syntax: Code;
  readonly unknown: Code;
  readonly missing: Code;
  readonly value: Code;
}

export const JOB_CODES: FileCodes = { syntax: "CFG002", unknown: "CFG003", missing: "CFG004", value: "CFG005" };
export const MAPPING_CODES: FileCodes = { syntax: "MAP010", unknown: "MAP011", missing: "MAP013", value: "MAP014" };

/** A YAML file with the places of everything in it. Mistakes found in it, by whomever, gather in `problems`. */
export interface YamlFile {
  readonly source: SourceText;
  readonly document: Document;
  readonly codes: FileCodes;
  readonly problems: Problem[];
  /** Every expression read so far by where it begins, for those who find mistakes inside one. */
  readonly expressions: Map<number, ScalarPlaces>;
  /** Where values begin that are not even of the shape they must have. */
  readonly misshapen: Set<number>;
}

/** What to say about an entry, and about which part of it. */
export interface Remark {
  readonly message: string;
  readonly hint?: string | null;
  /** Without it: the file's code for a value that does not fit. */
  readonly code?: Code;
  readonly severity?: "error" | "warning";
  /** The key instead of the value. */
  readonly atKey?: boolean;
  /** Only this part of the value, in characters of the value. */
  readonly part?: { readonly index: number; readonly length: number };
}

/**
 * One value in a YAML file together with where it stands. Readers ask it for what they expect and get null for anything else:
 * the schema has told about that already.
 */
export class Entry {
  readonly #node: Node | null;

  constructor(
    readonly file: YamlFile,
    /** The key it stands under, or its number in a list; empty for the whole file. */
    readonly name: string,
    node: Node | null,
    private readonly keyNode: Node | null,
    private readonly parent: Entry | null,
  ) {
    this.#node = isAlias(node) ? (node.resolve(file.document) ?? null) : node;
  }

  get value(): Json {
    return this.#node === null ? null : (this.#node.toJS(this.file.document) as Json);
  }

  /** Entries of a map, in the order of the file. */
  entries(): readonly Entry[] {
    if (!isMap(this.#node)) return [];
    return this.#node.items.map(
      ({ key, value }) =>
        new Entry(this.file, String(isScalar(key) ? key.value : key), value as Node | null, key as Node | null, this),
    );
  }

  items(): readonly Entry[] {
    if (!isSeq(this.#node)) return [];
    return this.#node.items.map((item, index) => new Entry(this.file, String(index), item as Node | null, null, this));
  }

  get(name: string): Entry | null {
    return this.entries().find((entry) => entry.name === name) ?? null;
  }

  /** The entry at a path of names and numbers, or the last one on the way to it. */
  reach(path: readonly string[]): Entry {
    const [first, ...rest] = path;
    const next = first === undefined ? null : (this.get(first) ?? this.items()[Number(first)] ?? null);
    return next === null ? this : next.reach(rest);
  }

  text(): string | null {
    return isScalar(this.#node) && typeof this.#node.value === "string" ? this.#node.value : null;
  }

  number(): number | null {
    return isScalar(this.#node) && typeof this.#node.value === "number" ? this.#node.value : null;
  }

  boolean(): boolean | null {
    return isScalar(this.#node) && typeof this.#node.value === "boolean" ? this.#node.value : null;
  }

  /** Text, number or boolean as it is written, so that `true` and `1` can be expressions and query values. */
  written(): string | null {
    if (!isScalar(this.#node) || this.#node.value === null) return null;
    return typeof this.#node.value === "string" ? this.#node.value : (this.#node.source ?? String(this.#node.value));
  }

  expression(): Expression | null {
    const text = this.written();
    if (text === null || text === "" || this.isRemainder) return null;
    if (this.isCutOff) {
      const opening = openBracketIn(text);
      if (!this.#hasRemainder && opening !== null) {
        const message = `this \`${text[opening]}\` is never closed`;
        this.report({ code: "MAP040", message, hint: "close it", part: { index: opening, length: 1 } });
        return null;
      }
      this.report({ message: "a comma between brackets ends this value", hint: "quote the whole expression: '…'" });
      return null;
    }
    this.#warnOfComment();
    return this.#place(text, this.#node);
  }

  /** `orders #$i` is read as `orders`: behind a space YAML takes `#` for a comment, which nobody would write so. */
  #warnOfComment(): void {
    const { source } = this.file;
    const end = this.#node?.range?.[1] ?? 0;
    const comment = this.isPlain ? /^[ \t]+(#\$\w+.*)/.exec(source.text.slice(end)) : null;
    if (comment?.[1] === undefined) return;
    const message = `\`${comment[1].trim()}\` is a comment in YAML, no part of the expression`;
    const start = end + comment[0].indexOf("#");
    const { codes, problems } = this.file;
    problems.push(
      source.problem({
        code: codes.value,
        severity: "warning",
        message,
        start,
        length: comment[1].trimEnd().length,
        hint: "quote the whole expression: '…'",
      }),
    );
  }

  /** The key, as a text in which mistakes can be placed. */
  keyExpression(): Expression {
    return this.#place(this.name, this.keyNode);
  }

  /** The value, for those who know whether it fits. */
  literal(label: string): Literal {
    return { label, value: this.value, written: this.#place(this.written() ?? "", this.#node) };
  }

  #place(text: string, node: Node | null): Expression {
    const places = placesOf(this.file.source.text, node, text, this.parent?.isFlow);
    this.file.expressions.set(places.start, places);
    return { text, at: this.file.source.position(places.start) };
  }

  /** As `$substring(a` in `{ from: $substring(a, 0, 3) }`, where commas separate what they should not. */
  get isCutOff(): boolean {
    return this.parent?.isFlow === true && this.isPlain && openBrackets(this.written() ?? "") > 0;
  }

  /** Whether the rest of what a comma cut off is there: without it a bracket is only not closed. */
  get #hasRemainder(): boolean {
    return [...(this.parent?.entries() ?? []), ...(this.parent?.items() ?? [])].some(({ isRemainder }) => isRemainder);
  }

  /** As `true:active` in `{true:active}`: to YAML, which wants a space behind the colon, that is a name without even a colon. */
  get isGlued(): boolean {
    const { keyNode } = this;
    // Behind a colon of its own, as in `urn:x:none:`, there is an empty value instead of no value.
    return this.#node === null && isScalar(keyNode) && keyNode.type === Scalar.PLAIN && this.name.includes(":");
  }

  /** As ` 0` and `3)` there: what a comma cut off from a value before it. */
  get isRemainder(): boolean {
    const { parent } = this;
    if (parent?.isFlow !== true) return false;
    const looksCut = parent.isMap ? this.value === null : openBrackets(this.written() ?? "") < 0;
    return looksCut && [...parent.entries(), ...parent.items()].some((sibling) => sibling.isCutOff);
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  /** Written with brackets: `{…}` or `[…]`. */
  get isFlow(): boolean {
    return isCollection(this.#node) && this.#node.flow === true;
  }

  /** Whether the value may be a secret, which no message may name. */
  get isHidden(): boolean {
    const range = this.#node?.range;
    return range != null && this.file.source.isHidden(range[0], range[1]);
  }

  /** Neither quoted nor a block of text. */
  get isPlain(): boolean {
    return isScalar(this.#node) && this.#node.type === Scalar.PLAIN;
  }

  get hasAnchor(): boolean {
    return isScalar(this.#node) && this.#node.anchor !== undefined;
  }

  /** Where the value begins: behind an opening quote, and in a block of text at its first character. */
  get position(): Position {
    return this.file.source.position(this.#start);
  }

  get keyPosition(): Position {
    return this.file.source.position(this.#keySpan()[0]);
  }

  /** The line on which the entry stands, as messages may show it. */
  get line(): string {
    return this.file.source.lineAt(this.keyNode?.range?.[0] ?? this.#start);
  }

  /** Once its shape has been told, whatever else is wrong with the value would be the same mistake. */
  markMisshapen(): void {
    this.file.misshapen.add(this.#valueSpan()[0]);
  }

  report({ message, hint = null, code, severity = "error", atKey = false, part }: Remark): void {
    const { source, codes, problems, misshapen } = this.file;
    if (!atKey && misshapen.has(this.#valueSpan()[0])) return;
    const [start, length] = atKey ? this.#keySpan() : part ? this.#partSpan(part) : this.#valueSpan();
    const problem = source.problem({ code: code ?? codes.value, severity, message, start, length, hint });
    const known = problems.some(
      (other) => other.line === problem.line && other.column === problem.column && other.message === problem.message,
    );
    if (!known) problems.push(problem);
  }

  get #start(): number {
    const node = this.#node ?? this.keyNode;
    return isScalar(this.#node) ? firstOf(this.file.source.text, this.#node) : (node?.range?.[0] ?? 0);
  }

  #keySpan(): readonly [number, number] {
    // The whole file has no key; its first one stands for it.
    const first = isMap(this.#node) ? (this.#node.items[0]?.key as Node | undefined) : undefined;
    const range = (this.keyNode ?? first)?.range;
    return range ? [range[0], range[1] - range[0]] : [this.#start, 1];
  }

  #valueSpan(): readonly [number, number] {
    const range = this.#node?.range;
    if (!range || range[1] <= range[0]) return this.keyNode?.range ? this.#keySpan() : [this.#start, 1];
    // A long map or list is pointed at by its key.
    const isLong = this.file.source.text.slice(range[0], range[1]).trimEnd().includes("\n");
    return isLong && this.keyNode?.range && isCollection(this.#node)
      ? this.#keySpan()
      : [range[0], range[1] - range[0]];
  }

  #partSpan({ index, length }: { index: number; length: number }): readonly [number, number] {
    return placesOf(this.file.source.text, this.#node, this.text() ?? "").span(index, length);
  }
}

function placesOf(text: string, node: Node | null, value: string, isInFlow = false): ScalarPlaces {
  const [start, end] = node?.range ?? [0, 0];
  if (!isScalar(node)) return new ScalarPlaces(text, start, end, undefined, value);
  return new ScalarPlaces(text, firstOf(text, node), isQuoted(node) ? end - 1 : end, node.type, value, isInFlow);
}

const isQuoted = ({ type }: Scalar): boolean => type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;

/** Where a scalar begins: behind an opening quote, and in a block of text at its first character. */
function firstOf(text: string, node: Scalar): number {
  const start = node.range?.[0] ?? 0;
  if (isQuoted(node)) return start + 1;
  if (node.type !== Scalar.BLOCK_FOLDED && node.type !== Scalar.BLOCK_LITERAL) return start;
  const body = text.indexOf("\n", start) + 1;
  const first = body + (/^\s*/.exec(text.slice(body))?.[0].length ?? 0);
  return first < (node.range?.[1] ?? 0) ? first : start;
}
