import type { Expression, FieldRule, MappingSpec } from "../../domain/mapping";
import { type AstNode, isNode, nodesOf, treeOf } from "../ast";
import { expressionsOf } from "../source-expressions";

/** What a mapping knows of its records' values: what must stay for it to do the same. All texts in lower case. */
export interface Dependencies {
  /** Whole values that it tells apart: keys of a `map`, texts and numbers in expressions, values of an enum. */
  readonly values: ReadonlySet<string>;
  /** Texts that it looks for within values. */
  readonly parts: readonly string[];
  /** Property names that it reads, not in lower case. */
  readonly names: ReadonlySet<string>;
  /** Properties whose numbers it compares. */
  readonly compared: ReadonlySet<string>;
}

/** Shorter texts, such as separators, stand in too many values for nothing. */
const SHORTEST_PART = 3;
const COMPARISONS: ReadonlySet<unknown> = new Set(["=", "!=", "<", "<=", ">", ">=", "in"]);

/** @param ofJob by which the job says that a record is gone */
export function dependenciesOf(spec: MappingSpec, ofJob: readonly Expression[]): Dependencies {
  const rules = [...spec.fields, ...spec.attributes];
  const nodes = allExpressions(spec, ofJob).flatMap(({ text }) => [...nodesOf(treeOf(text))]);
  const literals = nodes.flatMap(literalOf);
  return {
    values: new Set([...rules.flatMap(valuesOf), ...literals].map((text) => text.trim().toLowerCase())),
    parts: literals.filter((text) => text.length >= SHORTEST_PART && /[\p{L}\p{N}]/u.test(text)),
    names: new Set([...nodes.flatMap(nameOf), ...literals]),
    compared: new Set(nodes.filter(isComparison).flatMap((node) => [...nodesOf(node)].flatMap(nameOf))),
  };
}

const allExpressions = (spec: MappingSpec, ofJob: readonly Expression[]): readonly Expression[] => [
  ...ofJob,
  ...[spec.key, spec.skip].filter((expression) => expression !== null),
  ...spec.let.map(({ expression }) => expression),
  ...[...spec.fields, ...spec.attributes].flatMap(({ from }) => from.flatMap(expressionsOf)),
];

const valuesOf = ({ map, values = [] }: FieldRule): readonly string[] => [
  ...values,
  ...Object.keys(map?.entries ?? {}),
];

/** Of a regular expression the runs of letters and digits that it looks for. */
function literalOf({ type, value }: AstNode): readonly string[] {
  if (type === "string" || type === "number") return [String(value)];
  if (type !== "regex") return [];
  return (sourceOf(value) ?? "").replace(/\\./g, " ").match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}

const sourceOf = (value: unknown): string | null =>
  typeof value === "object" && value !== null && "source" in value ? String(value.source) : null;

const nameOf = ({ type, value }: AstNode): readonly string[] => (type === "name" ? [String(value)] : []);

const isComparison = (node: unknown): node is AstNode =>
  isNode(node) && node.type === "binary" && COMPARISONS.has(node.value);
