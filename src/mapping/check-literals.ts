import { FIELDS } from "../domain/entities";
import { attributeLabel, parseFieldLabel } from "../domain/field-label";
import { isJsonObject, type Json } from "../domain/json";
import type { ExpressionFinding, FieldRule, Literal, MappingSpec } from "../domain/mapping";
import { suggestion } from "../domain/suggest";
import { COERCIONS, isPresent } from "./coerce";
import { compileValueCheck } from "./entity-schema";
import { FUNCTIONS } from "./jsonata-functions";
import { itemShapeOf, listItems } from "./list-items";
import { type Misfit, misfitOf } from "./misfit";

type Rule = Pick<FieldRule, "name" | "type" | "values">;

/**
 * Values written into a mapping that their field never takes: a `default`, those of a `map`, and what its tests expect. They
 * go the way that a run takes them, so that nothing is refused that it would store.
 */
export function checkLiterals(spec: MappingSpec): readonly ExpressionFinding[] {
  const ruleFor = ruleFinder(spec);
  const rules = [...spec.fields, ...spec.attributes].flatMap((rule) =>
    (rule.literals ?? [])
      .filter(({ value }) => isTaken(value, rule) && !isToldAlready(value, rule))
      .flatMap((literal) => [
        ...findingOf(literal, rule, spec, "records that meet it would be rejected"),
        ...expressionIn(literal, rule, spec),
      ]),
  );
  const tests = spec.tests.flatMap(({ literals = [] }) =>
    literals
      .filter(({ value }) => value !== null)
      .flatMap((literal) => {
        const rule = ruleFor(literal.label);
        return rule === null ? [] : findingOf(literal, rule, spec, "the test can never pass");
      }),
  );
  return [...rules, ...tests];
}

/** The rule that a value under a label has to fit, also of a field that the mapping leaves out; null for what is no field. */
function ruleFinder(spec: MappingSpec): (label: string) => Rule | null {
  const rules = new Map<string, Rule>([
    ["key", { name: "key", type: "key" }],
    ...FIELDS[spec.into].map((field) => [field.name, field] as const),
    ...spec.fields.map((rule) => [rule.name, rule] as const),
    ...spec.attributes.map((rule) => [attributeLabel(rule.name), rule] as const),
  ]);
  return (label) => rules.get(label) ?? null;
}

/** What is not present is no value: then there is the `default`, or nothing. A link's blank key is one all the same. */
const isTaken = (value: Json, rule: FieldRule): boolean =>
  value !== null && (isPresent(value) || value === rule.default || rule.type === "list");

/** What the file's own reader has told: of a closed set of values, of an object, of a list, of a password's `default`. */
const isToldAlready = (value: Json, { type }: FieldRule): boolean =>
  ["enum", "boolean", "password"].includes(type) ||
  isJsonObject(value) ||
  (typeof value === "object" && type !== "list");

function findingOf(
  { label, value, written: { text, at } }: Literal,
  rule: Rule,
  { into }: MappingSpec,
  consequence: string,
): readonly ExpressionFinding[] {
  const field = parseFieldLabel(label).isAttribute ? undefined : FIELDS[into].find(({ name }) => name === label);
  const misfit = misfitOfValue(value, rule, field === undefined ? null : itemShapeOf(field));
  if (misfit === null) return [];
  const what = text === "" ? "this" : `\`${text}\``;
  const message = `\`${label}\` cannot be ${what}, which ${misfit.problem}: ${consequence}`;
  const known = rule.type === "timezone" ? Intl.supportedValuesOf("timeZone") : (rule.values ?? []);
  const hint = suggestion(text, known, null);
  return [{ code: "MAP014", severity: "error", message, at, offset: 0, length: Math.max(1, text.length), hint }];
}

/** `default: $login` gives everybody the text `$login`. */
function expressionIn(
  { value, written: { text, at } }: Literal,
  rule: FieldRule,
  spec: MappingSpec,
): readonly ExpressionFinding[] {
  const name = typeof value === "string" ? /^\$(\w+)(?:$|[.([])/.exec(value)?.[1] : undefined;
  const isKnown = name === "parent" || spec.let.some((one) => one.name === name) || FUNCTIONS.has(name ?? "");
  if (name === undefined || !isKnown) return [];
  const message = `\`${text}\` is no expression here: it is taken as it is written`;
  const hint = value === rule.default ? `as the last of several sources it is one: \`from: […, ${text}]\`` : null;
  return [{ code: "MAP014", severity: "warning", message, at, offset: 0, length: text.length, hint }];
}

function misfitOfValue(value: Json, rule: Rule, shape: ReturnType<typeof itemShapeOf>): Misfit | null {
  try {
    if (shape === null) return compileValueCheck(rule)(COERCIONS[rule.type](value));
    const refuse = (misfit: Misfit): never => {
      throw misfit;
    };
    listItems(value, shape, { translate: (item) => item, onMisfit: refuse });
    return null;
  } catch (error) {
    return misfitOf(error);
  }
}
