import { FIELDS, type FieldSpec } from "../domain/entities";
import { attributeLabel } from "../domain/field-label";
import type { Json } from "../domain/json";
import type { Expression, FieldRule, Source } from "../domain/mapping";
import { PASSWORD_FORMATS, type PasswordFormat } from "../domain/passwords";
import { suggestion } from "../domain/suggest";
import { oneOf } from "./check-shape";
import type { Entry } from "./yaml/entry";

type RuleType = FieldRule["type"];

/** What an attribute may be; it becomes neither a link nor a column, so it has no key and no closed set of values. */
const ATTRIBUTE_TYPES: readonly RuleType[] = ["text", "email", "boolean", "timestamp", "number", "list", "any"];

const RULE_TYPES: ReadonlySet<string> = new Set([
  ...ATTRIBUTE_TYPES,
  ...Object.values(FIELDS).flatMap((fields) => fields.map((field) => field.type)),
]);

/** One field (`spec`) or one attribute (null) of a mapping, with every short form written out. */
export function readFieldRule(entry: Entry, spec: FieldSpec | null): FieldRule {
  const options = entry.isMap ? entry : null;
  const type = readType(options?.get("type") ?? null, spec);
  const literals = options === null ? [] : literalsOf(options);
  const rule: FieldRule = {
    name: entry.name,
    at: entry.keyPosition,
    from: readSources(entry),
    type,
    ...(spec?.values === undefined ? {} : { values: spec.values }),
    ...(type === "password" ? { formats: readFormats(options?.get("format") ?? null) } : {}),
    required: readRequired(options?.get("required") ?? null, spec),
    map: readMap(options?.get("map") ?? null),
    default: options?.get("default")?.value ?? undefined,
    ...(literals.length === 0 ? {} : { literals: literals.map((literal) => literal.literal(labelOf(entry, spec))) }),
    pii: options?.get("pii")?.boolean() ?? false,
    invalid: options?.get("invalid")?.text() === "drop" ? "drop" : "reject",
    compare: readCompare(options?.get("compare") ?? null, spec),
  };
  if (options !== null) checkOptions(options, rule, spec);
  return rule;
}

const labelOf = ({ name }: Entry, spec: FieldSpec | null): string => (spec === null ? attributeLabel(name) : name);

const literalsOf = (options: Entry): readonly Entry[] =>
  [options.get("default"), ...(options.get("map")?.entries() ?? [])].filter((value) => value !== null);

function readSources(entry: Entry): readonly Source[] {
  const from = entry.isMap ? (entry.get("from") ?? entry) : entry;
  return (from.isList ? from.items() : [from]).flatMap(readSource);
}

function readSource(entry: Entry): readonly Source[] {
  if (!entry.isMap) {
    const expression = entry.expression();
    return expression === null ? [] : [{ kind: "expression", expression }];
  }
  const parts = entry.get("join")?.items() ?? [];
  if (parts.length === 0) return [];
  const isExpression = (part: Expression | null) => part !== null;
  return [
    {
      kind: "join",
      parts: parts.map((part) => part.expression()).filter(isExpression),
      with: entry.get("with")?.text() ?? " ",
    },
  ];
}

/** A field has the type it is stored as; a text may also be told to be an email address. */
function readType(entry: Entry | null, spec: FieldSpec | null): RuleType {
  const own: RuleType = spec?.type ?? "any";
  const written = entry?.text() as RuleType | null | undefined;
  if (entry === null || written == null) return own;
  const fitting = spec === null ? ATTRIBUTE_TYPES : own === "text" ? (["text", "email"] as const) : [own];
  if ((fitting as readonly string[]).includes(written)) return written;
  // What is no type at all, the schema has told about.
  if (!RULE_TYPES.has(written)) return own;
  const message =
    spec === null
      ? `an attribute cannot have the type \`${written}\`; it can be ${oneOf(ATTRIBUTE_TYPES)}`
      : `\`${spec.name}\` has the type ${oneOf(fitting)}, not \`${written}\``;
  entry.report({ message, hint: spec === null ? suggestion(written, ATTRIBUTE_TYPES, null) : "remove `type`" });
  return own;
}

/** One, or a list. What is no format at all, the schema has told about. */
function readFormats(entry: Entry | null): readonly PasswordFormat[] {
  const written = entry === null ? [] : entry.isList ? entry.items() : [entry];
  return written.flatMap((one) => PASSWORD_FORMATS.filter((format) => format === one.text()));
}

function readRequired(entry: Entry | null, spec: FieldSpec | null): boolean {
  const written = entry?.boolean() ?? null;
  if (spec?.required === true && written === false) {
    entry?.report({
      message: `\`${spec.name}\` is always required`,
      hint: "remove `required`, or give it a `default`",
    });
  }
  return spec?.required === true || written === true;
}

/** Who may sign in, and whose password is another one: that must not wait for something else of the person to change. */
const DECIDES_LOGINS: readonly (FieldSpec | null)[] = FIELDS.users.filter(({ name }) =>
  ["status", "valid_from", "valid_until", "password_changed_at"].includes(name),
);

function readCompare(entry: Entry | null, spec: FieldSpec | null): boolean {
  const compare = entry?.boolean() ?? true;
  if (!compare && DECIDES_LOGINS.includes(spec))
    entry?.report({
      message: `\`${spec?.name}\` decides who may sign in, so a difference is always a change`,
      hint: "remove `compare`",
    });
  return compare;
}

function readMap(entry: Entry | null): FieldRule["map"] {
  if (entry === null) return null;
  const { _: fallback, ...entries } = (entry.isMap ? entry.value : {}) as Readonly<Record<string, Json>>;
  const names = entry.entries().filter(({ name }) => name !== "_");
  return { entries, fallback, names: names.map((name) => name.keyExpression()) };
}

function checkOptions(options: Entry, rule: FieldRule, spec: FieldSpec | null): void {
  const { from, join } = { from: options.get("from"), join: options.get("join") };
  // `from:userName`, for want of a space, is told as that.
  const isGlued = options.entries().some(({ name }) => name.startsWith("from:"));
  if (from === null && join === null && !isGlued && options.get("default") === null) {
    options.report({
      code: options.file.codes.missing,
      message: `\`from\` is missing: nothing says where \`${rule.name}\` comes from`,
      atKey: true,
    });
  }
  if (from !== null && join !== null) {
    join.report({ message: "`from` and `join` are two sources", hint: "write a list under `from`", atKey: true });
  }
  if (join === null && options.get("with") !== null) {
    options.get("with")?.report({ message: "`with` belongs to `join`", hint: "remove it", atKey: true });
  }
  for (const value of literalsOf(options)) checkValue(value, rule, spec);
  for (const value of options.get("map")?.entries() ?? []) checkNothing(value, rule);
}

/** A value of `map` that is none leaves the field empty. */
function checkNothing(entry: Entry, { name, required, default: instead }: FieldRule): void {
  if (entry.value !== null || entry.isRemainder) return;
  if (entry.isGlued) {
    const [value = "", ...rest] = entry.name.split(":");
    const hint = `write a space behind the colon: \`${value}: ${rest.join(":").trim()}\``;
    entry.report({ message: `\`${entry.name}\` is a name without a value`, hint, atKey: true });
  } else if (required && instead === undefined) {
    const message = `\`${name}\` is required, and \`${entry.name}\` gives it nothing: such records would be rejected`;
    entry.report({ message, hint: "write the value behind the colon", atKey: true });
  }
}

/** `0049`, `1.10` and `0x1F` are 49, 1.1 and 31 in YAML: where a text is meant, that is not what was written. */
function warnOfDigits(entry: Entry, type: RuleType): void {
  const { value } = entry;
  const written = entry.written() ?? "";
  if (typeof value !== "number" || type === "number" || written === String(value)) return;
  const message = `\`${written}\` is the number ${value}`;
  entry.report({ severity: "warning", message, hint: `quote it to keep it as it is written: "${written}"` });
}

/**
 * A `default` or a value of `map` that the field could never hold would reject every record that meets it. Formats are told by
 * those who bring values into them.
 */
function checkValue(entry: Entry, { name, type }: FieldRule, spec: FieldSpec | null): void {
  if (entry.value === null) return;
  for (const one of entry.isList ? entry.items() : [entry]) warnOfDigits(one, type);
  const written = entry.written() ?? "";
  if (spec?.values !== undefined && !spec.values.includes(written)) {
    const message = `\`${name}\` cannot be \`${written}\`; it is ${oneOf(spec.values)}`;
    entry.report({ message, hint: suggestion(written, spec.values, null) });
  } else if (type === "boolean" && entry.boolean() === null) {
    entry.report({ message: `\`${name}\` is true or false, not ${written === "" ? "a list" : `\`${written}\``}` });
  } else if (entry.isList && type !== "list" && type !== "any") {
    entry.report({ message: `\`${name}\` is one value, not a list` });
  }
}
