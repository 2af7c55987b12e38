import type { Code } from "../../domain/error-codes";
import type { Expression, ExpressionFinding } from "../../domain/mapping";
import type { AstNode } from "../ast";
import { isNode, nodesOf } from "../ast";

/** What to say about a part of an expression. */
export interface Remark {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | null;
  readonly severity?: ExpressionFinding["severity"];
}

/** Gathers what is found in one mapping. The same is told once, however often its place is passed. */
export class Findings {
  readonly all: ExpressionFinding[] = [];
  readonly #told = new Set<string>();

  /** @param nodes what the caret underlines: a node, or all of those given; none for the whole expression */
  report(expression: Expression, nodes: readonly unknown[], remark: Remark): void {
    const [start, end] = nodes.length === 0 ? [0, expression.text.length] : spanOf(expression.text, nodes);
    const { code, message, hint = null, severity = "error" } = remark;
    const at = `${expression.at.file}:${expression.at.line}:${expression.at.column}:${start}:${code}:${message}`;
    if (this.#told.has(at)) return;
    this.#told.add(at);
    this.all.push({
      code,
      severity,
      message,
      at: expression.at,
      offset: start,
      length: Math.max(1, end - start),
      hint,
    });
  }
}

/** Where the tokens of some nodes begin and end in the text. */
function spanOf(text: string, nodes: readonly unknown[]): readonly [number, number] {
  let [start, end] = [text.length, 0];
  for (const node of nodesOf(nodes)) {
    if (node.position === undefined) continue;
    const length = tokenLength(text, node);
    start = Math.min(start, node.position - length);
    end = Math.max(end, node.position);
  }
  return start < end ? [Math.max(0, start), end] : [0, text.length];
}

/** As written: quotes, backquotes, the `$` of a variable and escapes are part of it. */
function tokenLength(text: string, node: AstNode): number {
  const end = node.position ?? 0;
  const value = typeof node.value === "number" ? String(Math.abs(node.value)) : String(node.value ?? "");
  if (node.type === "variable") return value.length + 1;
  const closing = text[end - 1];
  if ((node.type === "string" || node.type === "name") && (closing === '"' || closing === "'" || closing === "`")) {
    return end - openingOf(text, end - 1, closing);
  }
  if (node.type === "number") return /[\d.eE+]*$/.exec(text.slice(0, end))?.[0].length ?? 1;
  return text.slice(0, end).endsWith(value) && value !== "" ? value.length : 1;
}

/** The quote that opens what the quote at `close` closes; escaped ones do not. */
function openingOf(text: string, close: number, quote: string): number {
  for (let at = close - 1; at >= 0; at--) {
    if (text[at] !== quote) continue;
    const slashes = /\\*$/.exec(text.slice(0, at))?.[0].length ?? 0;
    if (quote === "`" || slashes % 2 === 0) return at;
  }
  return close;
}

/** A node as it is written, shortened; for messages. */
export function written(expression: Expression, node: unknown): string {
  if (!isNode(node)) return "this";
  const [start, end] = spanOf(expression.text, [node]);
  const closing = expression.text.slice(end).match(/^\s*[)\]}]+/)?.[0] ?? "";
  const text = balanced(expression.text.slice(start, end) + closing).replaceAll(/\s*\n\s*/g, " ");
  return `\`${text.length > 60 ? `${text.slice(0, 57)}…` : text}\``;
}

/** The text without brackets at its end that nothing in it opens. */
function balanced(text: string): string {
  let open = 0;
  for (const [index, char] of [...text].entries()) {
    if ("([{".includes(char)) open += 1;
    if (")]}".includes(char)) open -= 1;
    if (open < 0) return [...text].slice(0, index).join("").trimEnd();
  }
  return text;
}
