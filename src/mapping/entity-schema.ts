import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { FIELDS } from "../domain/entities";
import type { Json } from "../domain/json";
import type { FieldRule, MappingSpec } from "../domain/mapping";
import { isStorable } from "../domain/storable";
import type { Draft, Section } from "./draft";
import { Misfit } from "./misfit";
import type { RejectCode } from "./reject-codes";

/** What does not fit, and where in the draft. */
export interface Fault {
  readonly section: Exclude<Section, "passwords">;
  readonly name: string;
  readonly misfit: Misfit;
}

/** A property's schema, and what to say when a value fails it. */
type PropertySchema = Readonly<Record<string, unknown>>;

const failing = (code: RejectCode, problem: string, schema: PropertySchema): PropertySchema => ({
  ...schema,
  misfit: { code, problem },
});

const text = (code: RejectCode, problem: string, format: string): PropertySchema =>
  failing(code, problem, { type: "string", format });

/** What its coercion gives fits, or there is none. */
const coerced = (code: RejectCode, problem: string, type: string): PropertySchema => failing(code, problem, { type });

const TYPE_SCHEMAS: Readonly<Record<FieldRule["type"], PropertySchema>> = {
  text: text("MAP026", "holds a NUL character or half of a surrogate pair, which cannot be stored", "storable"),
  email: text("MAP022", "is not an email address", "email"),
  locale: text("MAP022", "is not a language tag such as `en-GB`", "locale"),
  timezone: text("MAP022", "is not an IANA time zone such as `Europe/Berlin`", "timezone"),
  timestamp: coerced("MAP022", "is not a time such as `2026-03-01T08:00:00Z`", "string"),
  enum: text("MAP026", "cannot be stored", "storable"),
  boolean: coerced("MAP021", "is neither true nor false", "boolean"),
  number: coerced("MAP021", "is not a number", "number"),
  key: coerced("MAP025", "is not a key", "string"),
  list: { type: "array" },
  any: {},
  // Told apart before: it rejects nobody.
  password: {},
};

/** `listItems` made the items. */
const LINKS: PropertySchema = { type: "array" };

/** Texts whose check is remembered. */
const MAX_REMEMBERED = 2_000;

/**
 * Compiles the check a mapped record must pass as a whole: its entity's schema, generated from `FIELDS`, narrowed by the
 * rules of the mapping. The function returns the first fault, or null.
 */
export function compileSchema(spec: MappingSpec): (draft: Draft) => Fault | null {
  const validate = validatorOf<Draft>(schemaOf(spec));
  return (draft) => {
    if (validate(draft)) return null;
    const [error] = validate.errors ?? [];
    if (error === undefined) throw new Error("a failed validation without an error");
    return faultOf(error);
  };
}

/** The same of one value alone, after its coercion: what does not fit in it, or null. */
export function compileValueCheck(rule: Pick<FieldRule, "type" | "values">): (value: Json) => Misfit | null {
  const validate = validatorOf<Json>(valueSchema({ ...rule, required: false }));
  return (value) => {
    if (validate(value)) return null;
    const { code, problem } = annotationOf(validate.errors?.[0]?.parentSchema);
    return new Misfit(code, problem);
  };
}

/** Schemas that are kept compiled: those of some jobs, which are the same in every run. */
const MAX_COMPILED = 100;
const compiled = new Map<string, ValidateFunction>();

function validatorOf<T>(schema: PropertySchema): ValidateFunction<T> {
  const name = JSON.stringify(schema);
  const known = compiled.get(name);
  if (known !== undefined) return known as ValidateFunction<T>;
  // The schema is ours: to check it against its own meta schema, and to optimize its code, costs more than either saves.
  const quick = { meta: false, validateSchema: false, code: { optimize: false } } as const;
  const ajv = new Ajv({ allErrors: false, verbose: true, strict: true, allowUnionTypes: true, ...quick });
  ajv.addFormat("storable", isStorable);
  ajv.addFormat("email", isEmail);
  ajv.addFormat("locale", isLocale);
  ajv.addFormat("timezone", isTimezone);
  ajv.addKeyword("misfit");
  const validate = ajv.compile<T>(schema);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(name, validate);
  return validate;
}

/** The JSON Schema of a draft: values, lists and attributes. */
function schemaOf(spec: MappingSpec): PropertySchema {
  const linked = new Set(FIELDS[spec.into].filter((field) => field.links !== undefined).map((field) => field.name));
  const lists = spec.fields.filter((rule) => linked.has(rule.name));
  const values = spec.fields.filter((rule) => !linked.has(rule.name) && rule.type !== "password");
  const needed = FIELDS[spec.into].filter((field) => field.required).map((field) => field.name);
  const sections: Readonly<Record<Exclude<Section, "passwords">, PropertySchema>> = {
    values: section(values, valueSchema, [
      ...needed,
      ...values.filter((rule) => rule.required).map((rule) => rule.name),
    ]),
    lists: section(lists, (rule) => atLeastOne(rule, LINKS), []),
    attributes: section(
      spec.attributes,
      valueSchema,
      spec.attributes.filter((rule) => rule.required).map((rule) => rule.name),
    ),
  };
  return { type: "object", required: Object.keys(sections), properties: sections };
}

function section(
  rules: readonly FieldRule[],
  schemaFor: (rule: FieldRule) => PropertySchema,
  required: readonly string[],
): PropertySchema {
  return {
    type: "object",
    required: [...new Set(required)],
    properties: Object.fromEntries(rules.map((rule) => [rule.name, schemaFor(rule)])),
  };
}

function valueSchema(rule: Pick<FieldRule, "type" | "values" | "required">): PropertySchema {
  const schema = atLeastOne(rule, TYPE_SCHEMAS[rule.type]);
  if (rule.values === undefined) return schema;
  return failing("MAP023", `is none of ${rule.values.map((value) => `\`${value}\``).join(", ")}`, {
    ...schema,
    enum: rule.values,
  });
}

const atLeastOne = (rule: Pick<FieldRule, "required">, schema: PropertySchema): PropertySchema =>
  rule.required && schema.type === "array" ? failing("MAP020", "is missing", { ...schema, minItems: 1 }) : schema;

function faultOf(error: ErrorObject): Fault {
  const [, sectionName = "", name = ""] = error.instancePath.split("/").map(unescapePointer);
  if (error.keyword === "required") {
    const missing: unknown = error.params.missingProperty;
    return { section: sectionOf(sectionName), name: String(missing), misfit: new Misfit("MAP020", "is missing") };
  }
  const { code, problem } = annotationOf(error.parentSchema);
  return { section: sectionOf(sectionName), name, misfit: new Misfit(code, problem) };
}

function annotationOf(schema: ErrorObject["parentSchema"]): { code: RejectCode; problem: string } {
  return schema?.misfit ?? { code: "MAP021", problem: "is of the wrong kind" };
}

const sectionOf = (name: string): Fault["section"] => (name === "lists" || name === "attributes" ? name : "values");

const unescapePointer = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~");

const EMAIL = addFormats.get("email") as RegExp;

/** Limited, which keeps the format's regular expression, quadratic at worst, quick. */
const isEmail = (text: string): boolean => text.length <= 320 && EMAIL.test(text);

const isLocale = remembering((tag) => Intl.getCanonicalLocales(tag));

/** Offsets such as `+01:00` are no zones, though newer engines take them for some. */
const isTimezone = remembering((name) => {
  if (!/^[A-Za-z]/.test(name)) throw new RangeError("not a zone");
  return new Intl.DateTimeFormat("en", { timeZone: name });
});

/** Whether `attempt` succeeds with a text that is short, as all that fit are. It costs more than all else about a record and there are few answers: they are kept. */
function remembering(attempt: (text: string) => unknown): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    if (text.length > 100) return false;
    const answer = known.get(text) ?? passes(() => attempt(text));
    if (known.size < MAX_REMEMBERED) known.set(text, answer);
    return answer;
  };
}

function passes(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
