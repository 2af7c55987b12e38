import { type AstNode, nodeAt, nodesAt } from "../ast";
import { written } from "./findings";
import { isNoneOf, isOnly, itemOf, mayBe, mostAbsent, ofKind, type Possible, withAbsence } from "./possible";
import type { Scene } from "./scene";
import { kindsInWords, pickHint } from "./words";

/** An operand as it stands in the expression, and what it may be. */
export type Side = readonly [node: AstNode | null, value: Possible];

/** Arithmetic, which fails on whatever is no number. */
export function compute(operator: string, sides: readonly Side[], { findings, expression }: Scene): Possible {
  for (const [node, value] of sides) {
    if (isNoneOf(value, new Set(["number"]))) {
      const message = `\`${operator}\` computes with numbers, but ${written(expression, node)} is ${kindsInWords(value)}`;
      const hint = isOnly(value, "string") ? "`$number(…)` makes a number of a text, `&` joins texts" : null;
      findings.report(expression, [node], { code: "MAP057", message, hint });
    } else reportSpread(node, value, `\`${operator}\` fails on a list`, { findings, expression });
  }
  return withAbsence(ofKind("number"), mostAbsent(...sides.map(([, value]) => value.absence)));
}

/** `&` takes everything, but writes lists and objects as JSON. */
export function concatenate(sides: readonly Side[], scene: Pick<Scene, "findings" | "expression">): Possible {
  const { findings, expression } = scene;
  for (const [node, value] of sides) {
    if (isOnly(value, "array", "object")) {
      const message = `${written(expression, node)} is ${kindsInWords(value)}, which \`&\` writes out as JSON`;
      const hint = mayBe(value, "array") ? 'join its items: `$join(…, ", ")`' : "name a property of it";
      findings.report(expression, [node], { code: "MAP048", severity: "warning", message, hint });
    } else reportSpread(node, value, "`&` writes a list out as JSON", scene);
  }
  return ofKind("string");
}

/** A path over a list gives a list as soon as there are two. */
export function reportSpread(
  node: AstNode | null,
  value: Possible,
  consequence: string,
  { findings, expression }: Pick<Scene, "findings" | "expression">,
  hint?: string,
): void {
  if (value.kinds === null || value.spread !== "many" || !mayBe(value, "array") || isOnly(value, "array")) return;
  const message = `${written(expression, node)} is a list as soon as there are two, and ${consequence}`;
  findings.report(expression, [node], {
    code: "MAP048",
    severity: "warning",
    message,
    hint: hint ?? pickHint(written(expression, node).slice(1, -1), itemOf(value)),
  });
}

/** Texts that mean no to people, and are true to JSONata like every text that is not empty. */
const NO = /^\s*(false|no|n|f|off|0|none|null|inactive|disabled)\s*$/i;

/**
 * What is asked whether it is true: in `and`, `or`, `?:`, a filter, `$not` and `$boolean`.
 *
 * @param isDefault whether it is also what is given when it is true, as in `a ?: b`
 */
export function checkTruth(node: AstNode | null, value: Possible, scene: Scene, isDefault = false): void {
  const { findings, expression } = scene;
  const report = (message: string, hint: string) =>
    findings.report(expression, [node], { code: "MAP055", message, hint });
  if (node?.type === "number") {
    const always = node.value === 0 ? "false" : "true";
    report(`a number by itself is always ${always}: ${written(expression, node)}`, "compare it, or write `in [1, 2]`");
    return;
  }
  const inner = innermost(node);
  if (inner?.type === "binary" && inner.value === "&") {
    const sides = [nodeAt(inner, "lhs"), nodeAt(inner, "rhs")];
    // Joined texts that may both be empty are what `?:` is for.
    if (isDefault && !sides.some(isNeverEmpty)) return;
    const text = written(expression, inner).slice(1, -1);
    findings.report(expression, [inner], {
      code: "MAP055",
      message: `\`&\` joins texts, and every text but the empty one counts as true: \`${text}\``,
      hint: insteadOfMask(sides, text, scene),
    });
    return;
  }
  if (!isOnly(value, "string") || value.constants === null) return;
  if (node?.type === "string") {
    if (node.value === "") return;
    report(`a text by itself is always true: ${written(expression, node)}`, 'compare it, or write `in ["…", "…"]`');
    return;
  }
  const no = value.constants.find((text) => NO.test(String(text)));
  if (no === undefined) return;
  const name = written(expression, node).slice(1, -1);
  report(
    `\`${name}\` is a text, and the text \`"${String(no)}"\` counts as true`,
    `compare it: \`${name} = "${String(value.constants.find((text) => text !== no) ?? "true")}"\``,
  );
}

/** What stands between parentheses; of several the last counts. */
function innermost(node: AstNode | null): AstNode | null {
  const last = node?.type === "block" ? nodesAt(node, "expressions").at(-1) : undefined;
  return last === undefined ? node : innermost(last);
}

/** Texts that are joined may be joined of others. */
const isNeverEmpty = (node: AstNode | null): boolean =>
  node?.type === "number" ||
  (node?.type === "string" && node.value !== "") ||
  (node?.type === "binary" && node.value === "&" && [nodeAt(node, "lhs"), nodeAt(node, "rhs")].some(isNeverEmpty));

/** Names under which numbers are kept whose bits are meant. */
const MASK = /mask|flag|bits|control|uac/i;

/** In other languages `&` is for single bits. */
function insteadOfMask(sides: readonly (AstNode | null)[], text: string, { expression }: Scene): string {
  const mask = sides.find(
    (side) => side?.type === "number" || (side?.type === "string" && /^\d+$/.test(String(side.value))),
  );
  const other = sides.find((side) => side !== mask) ?? null;
  const flags = written(expression, other).slice(1, -1);
  const bit = Number(mask?.value ?? 2);
  const isBit = bit >= 1 && Number.isInteger(Math.log2(bit));
  if (mask === undefined && !MASK.test(text))
    return sides.some(isNeverEmpty) ? "it is never empty: ask for one of its parts" : `compare it: \`(${text}) != ""\``;
  return `bit ${isBit ? bit : 2} is \`${isBit && bit === 1 ? flags : `$floor(${flags} / ${isBit ? bit : 2})`} % 2 = 1\``;
}
