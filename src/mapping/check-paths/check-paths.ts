import jsonata from "jsonata";
import type { Expression, ExpressionFinding, FieldRule, MappingSpec } from "../../domain/mapping";
import { ANYTHING, type RecordShape } from "../../domain/record-shape";
import { type AstNode, astOf } from "../ast";
import { checkCondition } from "./check-condition";
import { checkField, type ReadSource } from "./check-field";
import { Findings } from "./findings";
import { isOnly, ofShape, type Possible, UNKNOWN } from "./possible";
import { Names, Scene } from "./scene";
import { walk } from "./walk";

/** What is known of a stream's records and of those of its parent; null for nothing. */
export interface Shapes {
  readonly record: RecordShape | null;
  readonly parent: RecordShape | null;
}

/**
 * Mistakes in a mapping's expressions and in its job's `deletes` that show when its records are known: paths they do
 * not have, lists taken for values, values nobody expects, comparisons that are never true. What is wrong whatever the
 * records are is found without knowing them. Expressions that do not parse are passed over.
 */
export function checkPaths(
  spec: MappingSpec,
  deletes: Expression | null,
  shapes: Shapes,
): readonly ExpressionFinding[] {
  const findings = new Findings();
  const record = ofShape(shapes.record ?? ANYTHING, spec.keepNulls);
  const root: Possible = isOnly(record, "object") ? record : { ...record, kinds: new Set(["object"]) };
  const top = new Names();
  top.bind("parent", ofShape(shapes.parent ?? ANYTHING, spec.keepNulls));
  const lets = top.within();

  const read = (expression: Expression, names: Names): { readonly ast: AstNode; readonly value: Possible } | null => {
    const ast = parsed(expression);
    if (ast === null) return null;
    return { ast, value: walk(ast, root, names.within(), new Scene(expression, root, findings, spec.keepNulls)) };
  };
  const readSource: ReadSource = (expression) => read(expression, lets)?.value ?? UNKNOWN;
  const condition = (word: "skip" | "deletes", expression: Expression | null, names: Names): void => {
    const found = expression === null ? null : read(expression, names);
    if (expression !== null && found !== null) checkCondition(word, expression, found, findings);
  };

  for (const { name, expression } of spec.let) lets.bind(name, read(expression, lets)?.value ?? UNKNOWN);
  const fields = spec.key === null ? spec.fields : [keyRule(spec.key), ...spec.fields];
  for (const rule of fields) checkField(rule, spec.into, readSource, findings);
  for (const rule of spec.attributes) checkField(rule, null, readSource, findings);
  condition("skip", spec.skip, lets);
  condition("deletes", deletes, top);
  return findings.all;
}

function parsed(expression: Expression): AstNode | null {
  try {
    return astOf(jsonata(expression.text));
  } catch {
    return null;
  }
}

/** The key is read like a field that is required. */
const keyRule = (key: Expression): FieldRule => ({
  name: "key",
  at: key.at,
  from: [{ kind: "expression", expression: key }],
  type: "key",
  required: true,
  map: null,
  default: undefined,
  pii: false,
  invalid: "reject",
  compare: true,
});
