import type { Expression, ExpressionFinding, FieldRule, MappingSpec } from "../../domain/mapping";
import { ANYTHING, type RecordShape } from "../../domain/record-shape";
import { type AstNode, treeOrNull } from "../ast";
import { checkCondition, type Reading } from "./check-condition";
import { checkField, type ReadSource } from "./check-field";
import { Findings } from "./findings";
import { narrowed } from "./narrow";
import { ofShape, type Possible, UNKNOWN } from "./possible";
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
  const record = ofRecord(shapes.record, spec.keepNulls);
  const names = new Names();
  names.bind("parent", ofRecord(shapes.parent, spec.keepNulls));
  const whole = new Reader(record, names.within(), spec, findings);
  const deletion = deletes === null ? null : new Reader(record, names, { ...spec, let: [] }, findings).read(deletes);
  const skipping = spec.skip === null ? null : whole.read(spec.skip);

  // What is left out needs no value; what is wrong inside an expression has been told by then.
  const lets = treesOf(spec.let);
  const { possible, sure } = narrowed(record, [
    ...(deletion?.ast == null ? [] : [{ condition: deletion.ast, lets: new Map() }]),
    ...(skipping?.ast == null ? [] : [{ condition: skipping.ast, lets }]),
  ]);
  const readerOf = (left: Possible) =>
    left === record ? whole : new Reader(left, names.within(), spec, new Findings());
  const [mapped, surely] = [readerOf(possible), readerOf(sure)];
  const readSource: ReadSource = (expression) => {
    const { ast, value } = whole.read(expression);
    const given = (reader: Reader) => (reader === whole ? value : reader.read(expression).value);
    return { ast, value, mapped: given(mapped), surely: given(surely) };
  };
  const fields = spec.key === null ? spec.fields : [keyRule(spec.key), ...spec.fields];
  for (const rule of fields) checkField(rule, spec.into, readSource, findings);
  for (const rule of spec.attributes) checkField(rule, null, readSource, findings);
  if (spec.skip !== null && skipping !== null) checkCondition("skip", spec.skip, skipping, findings);
  if (deletes !== null && deletion !== null) checkCondition("deletes", deletes, deletion, findings);
  return findings.all;
}

/** By name; what does not parse is none. */
const treesOf = (lets: MappingSpec["let"]): ReadonlyMap<string, AstNode> =>
  new Map(
    lets.flatMap(({ name, expression }) => {
      const ast = treeOrNull(expression.text);
      return ast === null ? [] : [[name, ast]];
    }),
  );

/** Records are objects; of what is no object a run says so itself. */
const ofRecord = (shape: RecordShape | null, keepNulls: boolean): Possible => ({
  ...ofShape(shape ?? ANYTHING, keepNulls),
  kinds: new Set(["object"]),
  absence: "never",
});

/** What the expressions of one mapping give for one kind of record. */
class Reader {
  constructor(
    private readonly record: Possible,
    private readonly names: Names,
    private readonly spec: MappingSpec,
    private readonly findings: Findings,
  ) {
    for (const { name, expression } of spec.let) names.bind(name, this.read(expression).value);
  }

  /** `ast` is null for what does not parse. */
  read(expression: Expression): Reading {
    const ast = treeOrNull(expression.text);
    if (ast === null) return { ast, value: UNKNOWN };
    const scene = new Scene(expression, this.record, this.findings, this.spec.keepNulls);
    return { ast, value: walk(ast, this.record, this.names.within(), scene) };
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
