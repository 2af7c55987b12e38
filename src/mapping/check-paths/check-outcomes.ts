import type { WayExpressions } from "../../domain/login-expressions";
import type { ExpressionFinding } from "../../domain/mapping";
import { ANYTHING, type JsonKind, type RecordShape } from "../../domain/record-shape";
import { type AstNode, nodeAt, nodesAt, plainPathOf, treeOrNull } from "../ast";
import { readsNothing } from "./check-condition";
import { Findings } from "./findings";
import { isNoneOf, isOnly, ofShape, type Possible, withAbsence } from "./possible";
import { Names, Scene } from "./scene";
import { walk } from "./walk";
import { kindsInWords } from "./words";

const CONSEQUENCES: Readonly<Record<string, string>> = {
  success: "everybody would be let in",
  disabled: "everybody would count as disabled",
};

/**
 * Mistakes in what decides about an answer that show whatever the customer's system sends, for the kinds of `status`, `headers` and
 * `login` are always known. What does not parse is told elsewhere, and so are names that are never there.
 */
export function checkOutcomes({ expressions, conditions }: WayExpressions): readonly ExpressionFinding[] {
  const findings = new Findings();
  const answer = withAbsence(ofShape(ANSWER, false), "never");
  for (const expression of expressions) {
    const ast = treeOrNull(expression.text);
    if (ast === null) continue;
    const value = walk(ast, answer, new Names(), new Scene(expression, answer, findings, false));
    const condition = conditions.find((one) => one.expression === expression);
    if (condition === undefined) continue;
    checkDecision(condition, value, readsNothing(ast), findings);
    // In the others it is a way to ask whether there is anything.
    if (condition.word === "success")
      for (const operand of bareOperands(ast)) warnOfTruth(operand, condition, findings);
  }
  return findings.all.filter(({ code, severity }) => code !== "MAP047" || severity === "error");
}

/** What `and` and `or` stand between that is read as it came: JSONata takes any text for true there, `"false"` as well. */
function bareOperands(node: AstNode): readonly AstNode[] {
  if (node.type === "block") return nodesAt(node, "expressions").flatMap(bareOperands);
  if (node.type !== "binary" || (node.value !== "and" && node.value !== "or")) return [];
  return [nodeAt(node, "lhs"), nodeAt(node, "rhs")].flatMap((operand) => {
    if (operand === null) return [];
    return plainPathOf(operand) === null ? bareOperands(operand) : [operand];
  });
}

function warnOfTruth(operand: AstNode, { expression }: WayExpressions["conditions"][number], findings: Findings): void {
  const path = plainPathOf(operand)?.names.join(".") ?? "";
  findings.report(expression, [operand], {
    code: "MAP054",
    severity: "warning",
    message: `\`${path}\` counts as true here whatever text it is, "false" as well`,
    hint: `compare it: \`${path} = true\``,
  });
}

function checkDecision(
  { word, expression }: WayExpressions["conditions"][number],
  value: Possible,
  isConstant: boolean,
  findings: Findings,
): void {
  if (isNoneOf(value, new Set(["boolean"]))) {
    const message = `\`${word}\` must be true or false, but this is ${kindsInWords(value)}: it is never the answer`;
    const name = expression.text.trim();
    const hint = isOnly(value, "string", "number") && !isConstant ? `compare it: \`${name} = …\`` : null;
    findings.report(expression, [], { code: "MAP054", message, hint });
  } else if (isConstant && value.constants?.length === 1 && value.constants[0] === true && word in CONSEQUENCES) {
    const message = `\`${word}\` is true for every answer: ${CONSEQUENCES[word]}`;
    findings.report(expression, [], { code: "MAP053", message, hint: "e.g. `status = 200`" });
  }
}

/** An object with these members, and others of a kind, or of none that is known. */
const objectOf = (members: Readonly<Record<string, RecordShape>>, others: RecordShape): RecordShape => ({
  ...ANYTHING,
  kinds: new Set(["object"]),
  names: new Set(Object.keys(members)),
  others: "any",
  property: (name) => (Object.hasOwn(members, name) ? (members[name] ?? ANYTHING) : others),
  requires: () => null,
});

const ofKind = (kind: JsonKind): RecordShape => ({ ...ANYTHING, kinds: new Set([kind]) });

const TEXT = ofKind("string");
const HEADERS = objectOf({}, TEXT);
const ANSWER = objectOf({ status: ofKind("number"), headers: HEADERS, body: ANYTHING, login: TEXT }, ANYTHING);
