import type { Expression } from "../../domain/mapping";
import { type AstNode, nodeAt, nodesAt } from "../ast";
import { type Findings, written } from "./findings";

const TRUTHS = new Set(["and", "or", "=", "!=", "<", "<=", ">", ">=", "in"]);

/**
 * An expression that gives true or false and nothing else, for a field of text: everybody would be called "true". A property
 * that happens to be true or false is no such mistake.
 *
 * @param wanted what the field takes, in words
 */
export function checkTruthAsText(wanted: string, expression: Expression, whole: AstNode, findings: Findings): void {
  const [inner, ...more] = whole.type === "block" ? nodesAt(whole, "expressions") : [];
  const ast = inner !== undefined && more.length === 0 ? inner : whole;
  if (ast.type !== "binary" || !TRUTHS.has(String(ast.value))) return;
  findings.report(expression, [], {
    code: "MAP058",
    severity: "warning",
    message: `${wanted}, but this is true or false: it would read "true" or "false"`,
    hint: ast.value === "or" ? firstOf(expression, ast) : 'choose a text: `… ? "…" : "…"`, or translate it with `map`',
  });
}

/** What was meant by `or`: the list form of a field. */
function firstOf(expression: Expression, ast: AstNode): string {
  const parts = alternatives(ast).map((node) => written(expression, node).slice(1, -1));
  const example = parts.every((part) => /^\$?[\w.]+$/.test(part)) ? `: \`[${parts.join(", ")}]\`` : " of sources";
  return `for the first that is there write a list${example}`;
}

const alternatives = (ast: AstNode): readonly AstNode[] =>
  ast.type === "binary" && ast.value === "or"
    ? ["lhs", "rhs"].flatMap((side) => {
        const node = nodeAt(ast, side);
        return node === null ? [] : alternatives(node);
      })
    : [ast];
