import type { Scalar } from "../../domain/record-shape";
import { nearest, suggestion } from "../../domain/suggest";
import type { AstNode } from "../ast";
import { written } from "./findings";
import { reportSpread, type Side } from "./operators";
import {
  constant,
  isNoneOf,
  isOnly,
  itemOf,
  type Kind,
  mayBe,
  mostAbsent,
  type Possible,
  TRUTH,
  UNKNOWN,
  withAbsence,
} from "./possible";
import type { Scene } from "./scene";
import { kindsInWords } from "./words";

const ORDERED: ReadonlySet<Kind> = new Set(["number", "string"]);

/** `=`, `!=`, `in`, `<`, `<=`, `>` and `>=`. What can never be equal, or fails, is reported. */
export function compare(operator: string, sides: readonly Side[], scene: Scene): Possible {
  const [left, right] = sides;
  if (left === undefined || right === undefined) return UNKNOWN;
  if (operator === "in") {
    checkEquality(operator, left, [right[0], itemOf(right[1])], scene);
    return TRUTH;
  }
  if (operator === "=" || operator === "!=") {
    checkEquality(operator, left, right, scene);
    return decided(operator, left[1], right[1]);
  }
  checkOrder(operator, left, right, scene);
  return withAbsence(TRUTH, mostAbsent(left[1].absence, right[1].absence));
}

/** Two constants compare the same for every record. */
function decided(operator: string, { constants: left }: Possible, { constants: right }: Possible): Possible {
  if (left?.length !== 1 || right?.length !== 1) return TRUTH;
  return constant((left[0] === right[0]) === (operator === "="));
}

function checkEquality(operator: string, left: Side, right: Side, scene: Scene): void {
  const [[leftNode, one], [rightNode, other]] = [left, right];
  if (one.kinds === null || other.kinds === null || one.kinds.size === 0 || other.kinds.size === 0) return;
  const always = operator === "!=" ? "always true" : "never true";
  if (isNoneOf(one, other.kinds)) {
    const { message, hint } = unequalKinds(operator, left, right, scene);
    scene.findings.report(scene.expression, [leftNode, rightNode], {
      code: "MAP056",
      message: `${message}: the comparison is ${always}`,
      hint,
    });
    return;
  }
  if (operator !== "in") {
    for (const [[node, value], against] of [
      [left, other],
      [right, one],
    ] as const) {
      if (mayBe(against, "array") || value.spread !== "many") continue;
      const hint = `ask for it in the list: \`… in ${written(scene.expression, node).slice(1, -1)}\``;
      reportSpread(node, value, "a list equals no single value", scene, hint);
    }
  }
  if (isScalar(one) && isScalar(other)) checkConstants(always, left, right, scene);
}

const isScalar = (value: Possible): boolean =>
  isOnly(value, "string", "number", "boolean", "array", "null") && !isOnly(value, "array");

function unequalKinds(
  operator: string,
  left: Side,
  right: Side,
  { expression, keepsNulls }: Scene,
): { readonly message: string; readonly hint: string | null } {
  const [[literalNode, literal], [node, value]] = isLiteral(left[0]) ? [left, right] : [right, left];
  const name = written(expression, node);
  const message = `${name} is ${kindsInWords(value)}, ${written(expression, literalNode)} is ${kindsInWords(literal)}`;
  if (isOnly(literal, "null") && !keepsNulls) {
    return {
      message: `nulls are removed before an expression sees the record, so ${name} is never null`,
      hint: `ask whether it is there: \`$not($exists(${name.slice(1, -1)}))\``,
    };
  }
  if (operator !== "in" && isOnly(value, "array"))
    return { message, hint: `ask for it in the list: \`… in ${name.slice(1, -1)}\`` };
  const [only] = literal.constants?.length === 1 ? literal.constants : [];
  const meant = only === undefined ? null : inKindOf(value, only);
  return { message, hint: meant === null ? null : `write \`${meant}\`` };
}

/** A constant as what it is compared with would have it: `"true"` as `true`, `5` as `"5"`. */
function inKindOf(value: Possible, literal: Scalar): string | null {
  if (isOnly(value, "boolean"))
    return /^\s*(true|false)\s*$/i.test(String(literal)) ? String(literal).trim().toLowerCase() : null;
  if (isOnly(value, "number"))
    return Number.isFinite(Number(literal)) && String(literal).trim() !== "" ? String(Number(literal)) : null;
  return isOnly(value, "string") ? JSON.stringify(String(literal)) : null;
}

const isLiteral = (node: AstNode | null): boolean => node !== null && ["string", "number", "value"].includes(node.type);

/** Constants none of which is on the other side. In a list each of its own counts. */
function checkConstants(always: string, left: Side, right: Side, scene: Scene): void {
  const [[, one], [, other]] = [left, right];
  if (one.constants === null || other.constants === null) return;
  const literals = [left, right].filter(([node]) => node !== null && readsNothing(node));
  if (literals.length === 2) return;
  for (const [literal, { constants }] of literals) {
    const compared = literal === left[0] ? right : left;
    const unknown = (constants ?? []).filter((text) => compared[1].constants?.includes(text) !== true);
    const consequence = unknown.length === constants?.length ? `: the comparison is ${always}` : "";
    for (const text of unknown) reportUnknown({ text, node: nodeOf(literal, text) }, compared, consequence, scene);
  }
}

function reportUnknown(
  { text, node: place }: { readonly text: Scalar; readonly node: AstNode | null },
  [node, value]: Side,
  consequence: string,
  { findings, expression }: Scene,
): void {
  const known = (value.constants ?? []).map(String);
  const name = written(expression, node);
  findings.report(expression, [place], {
    code: "MAP052",
    // A name close to one of the document's is a slip; a document may also be behind its API.
    severity: nearest(String(text), known) === null ? "warning" : "error",
    message: `\`${String(text)}\` is none of the values of ${name}${consequence}`,
    hint: suggestion(String(text), known),
  });
}

/** The item of a list that holds this text. */
function nodeOf(node: AstNode | null, text: Scalar): AstNode | null {
  const items: unknown = node === null ? null : Reflect.get(node, "expressions");
  const found = Array.isArray(items) ? items.find((item: AstNode) => item.value === text) : undefined;
  return (found as AstNode | undefined) ?? node;
}

/** A literal, or a list of them. */
function readsNothing(node: AstNode): boolean {
  if (isLiteral(node)) return true;
  const items: unknown = Reflect.get(node, "expressions");
  return node.type === "unary" && node.value === "[" && Array.isArray(items) && items.every(isLiteral);
}

function checkOrder(operator: string, left: Side, right: Side, scene: Scene): void {
  const { findings, expression } = scene;
  for (const [node, value] of [left, right]) {
    if (isNoneOf(value, ORDERED)) {
      const message = `\`${operator}\` compares numbers or texts, but ${written(expression, node)} is ${kindsInWords(value)}`;
      findings.report(expression, [node], { code: "MAP057", message });
      return;
    }
    reportSpread(node, value, `\`${operator}\` fails on a list`, scene);
  }
  const [[leftNode, one], [rightNode, other]] = [left, right];
  if (one.kinds === null || other.kinds === null || !isNoneOf(one, other.kinds)) return;
  const [l, r] = [written(expression, leftNode), written(expression, rightNode)];
  findings.report(expression, [leftNode, rightNode], {
    code: "MAP057",
    message: `\`${operator}\` fails on values of two kinds: ${l} is ${kindsInWords(one)}, ${r} is ${kindsInWords(other)}`,
    hint: isOnly(one, "string") || isOnly(other, "string") ? "`$number(…)` makes a number of a text" : null,
  });
}
