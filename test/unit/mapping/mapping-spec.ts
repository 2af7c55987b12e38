import { FIELDS, type FieldType, type Into } from "../../../src/domain/entities";
import type { Json } from "../../../src/domain/json";
import type { Expression, FieldRule, MappingSpec, Source } from "../../../src/domain/mapping";

type ShortSource = string | { readonly join: readonly string[]; readonly with: string };

interface ShortRule {
  readonly from: ShortSource | readonly ShortSource[];
  readonly type?: FieldRule["type"];
  readonly values?: readonly string[];
  readonly required?: boolean;
  readonly map?: Readonly<Record<string, Json>>;
  readonly default?: Json;
  readonly invalid?: "reject" | "drop";
}

/** A mapping as its author would write it. */
export interface ShortSpec {
  readonly into?: Into;
  readonly key?: string | null;
  readonly skip?: string;
  readonly let?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string | ShortRule>>;
  readonly attributes?: Readonly<Record<string, string | ShortRule>>;
  readonly keepNulls?: boolean;
}

const FILE = "mappings/acme/users.yaml";

/** The spec that the files' parser makes of it, every expression at line 1, column 1. */
export function mappingSpec(short: ShortSpec): MappingSpec {
  const into = short.into ?? "users";
  const typeOf = (name: string): FieldType => FIELDS[into].find((field) => field.name === name)?.type ?? "text";
  return {
    file: FILE,
    into,
    key: short.key === null ? null : expression(short.key ?? "id"),
    skip: short.skip === undefined ? null : expression(short.skip),
    let: Object.entries(short.let ?? {}).map(([name, text]) => ({
      name,
      at: expression(name).at,
      expression: expression(text),
    })),
    fields: Object.entries(short.fields ?? {}).map(([name, rule]) => {
      const values = FIELDS[into].find((field) => field.name === name)?.values;
      return fieldRule(name, rule, typeOf(name), values);
    }),
    attributes: Object.entries(short.attributes ?? {}).map(([name, rule]) => fieldRule(name, rule, "any", undefined)),
    keepNulls: short.keepNulls ?? false,
    tests: [],
  };
}

export const expression = (text: string): Expression => ({ text, at: { file: FILE, line: 1, column: 1 } });

function fieldRule(
  name: string,
  short: string | ShortRule,
  type: FieldRule["type"],
  values: readonly string[] | undefined,
): FieldRule {
  const rule: ShortRule = typeof short === "string" ? { from: short } : short;
  const { _: fallback, ...entries } = rule.map ?? {};
  const allowed = rule.values ?? values;
  return {
    name,
    at: { file: FILE, line: 1, column: 1 },
    from: (isList(rule.from) ? rule.from : [rule.from]).map(source),
    type: rule.type ?? type,
    ...(allowed === undefined ? {} : { values: allowed }),
    required: rule.required ?? false,
    map: rule.map === undefined ? null : { entries, fallback, names: Object.keys(entries).map(expression) },
    default: rule.default,
    pii: false,
    invalid: rule.invalid ?? "reject",
    compare: true,
  };
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

const source = (short: ShortSource): Source =>
  typeof short === "string"
    ? { kind: "expression", expression: expression(short) }
    : { kind: "join", parts: short.join.map(expression), with: short.with };
