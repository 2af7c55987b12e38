import type { ErrorObject, ValidateFunction } from "ajv";
import type { Code } from "../domain/error-codes";
import { CODES } from "../domain/error-codes";
import { isJsonObject } from "../domain/json";
import { listed, nearest, suggestion } from "../domain/suggest";
import { validatorOf } from "./shapes";
import type { Entry, Remark } from "./yaml/entry";
import { CHOICE } from "./yaml/yaml-traps";

/** What our schemas say beside JSON Schema, under `x-understudy`, so that a mistake can be told in the words of the file. */
interface Words {
  /** What the keys of this map stand in. */
  readonly in?: string;
  /** What the keys of this map are, where that says more. */
  readonly noun?: string;
  /** What the value should be. */
  readonly expects?: string;
  /** Words that will mean something later. */
  readonly planned?: readonly string[];
  /** By word, the hint for one that stands in another place. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** The hint when no word is similar. */
  readonly otherwise?: string;
  /** What needs the required words. */
  readonly of?: string;
  /** The code of the mistake, instead of the file's own. */
  readonly code?: string;
}

/** Checks a job file against its published schema and reports every mistake in plain words. */
export const checkJobShape = (root: Entry): void => report(root, validatorOf("job"));

/** The same for what stands under `schedule:` alone. */
export const checkScheduleShape = (entry: Entry): void => report(entry, validatorOf("schedule"));

/** The same for what stands under `notify:` alone. */
export const checkNotifyShape = (entry: Entry): void => report(entry, validatorOf("notify"));

/** The same for a job file of which only what logins take counts. */
export const checkLoginShape = (root: Entry): void => report(root, validatorOf("login"));

/** The same for a mapping file. */
export const checkMappingShape = (root: Entry): void => report(root, validatorOf("mapping"));

function report(root: Entry, validate: ValidateFunction): void {
  if (validate(root.value)) return;
  const errors = validate.errors ?? [];
  const told = errors
    .filter((one) => !isMistypedElsewhere(one, errors))
    .map((error) => translate(error, root.reach(error.instancePath.split("/").slice(1).map(unescapePointer))))
    .filter((said) => said !== null)
    .filter(({ entry }) => !entry.isRemainder);
  for (const { entry, remark } of told) entry.report(remark);
  for (const { entry, remark } of told) if (remark.atKey !== true) entry.markMisshapen();
}

/** A required word that is missing because it is mistyped is one mistake, not two. */
const isMistypedElsewhere = ({ keyword, instancePath, params }: ErrorObject, errors: readonly ErrorObject[]): boolean =>
  keyword === "required" &&
  errors.some(
    (other) =>
      other.keyword === "additionalProperties" &&
      other.instancePath === instancePath &&
      (isChoice(String(other.params.additionalProperty)) ||
        gluedTo([String(params.missingProperty)], String(other.params.additionalProperty)) !== null ||
        nearest(String(other.params.additionalProperty), [String(params.missingProperty)]) !== null),
  );

/** The known word in `from:userName`, which is one word to YAML for want of a space. */
function gluedTo(known: readonly string[], word: string): string | null {
  const end = word.indexOf(":");
  return end > 0 && known.includes(word.slice(0, end)) ? word.slice(0, end) : null;
}

/** `- a ? b : c` is a map to YAML, whose key is `a ? b`. */
const isChoice = (word: string): boolean => /\s\?\s/.test(word);

const unescapePointer = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

type Said = { readonly entry: Entry; readonly remark: Remark };

/** Null for errors that only repeat another: the branches around the keyword that really failed. */
function translate(error: ErrorObject, entry: Entry): Said | null {
  const schema: unknown = error.parentSchema;
  const words = (isJsonObject(schema) ? (schema["x-understudy"] ?? {}) : {}) as Words;
  const translation = TRANSLATIONS[error.keyword];
  if (translation === undefined) return null;
  const code = words.code !== undefined && words.code in CODES ? { code: words.code as Code } : {};
  return translation({ error, entry, words, schema: isJsonObject(schema) ? schema : {}, code });
}

interface Context {
  readonly error: ErrorObject;
  readonly entry: Entry;
  readonly words: Words;
  readonly schema: { readonly [key: string]: unknown };
  readonly code: { readonly code?: Code };
}

const TRANSLATIONS: Readonly<Record<string, (context: Context) => Said>> = {
  additionalProperties: unknownWord,
  required: missingWord,
  type: wrongType,
  enum: notAllowed,
  const: notExpected,
  pattern: notExpected,
  minLength: empty,
  minItems: empty,
  minProperties: empty,
  minimum: outOfRange,
  maximum: outOfRange,
};

function unknownWord({ error, entry, words, schema, code }: Context): Said {
  const word = String(error.params.additionalProperty);
  const at = entry.get(word) ?? entry;
  if (words.planned?.includes(word)) return { entry: at, remark: planned(`\`${word}\``, true) };
  if (isChoice(word)) return { entry: at, remark: { ...CHOICE, code: entry.file.codes.syntax, atKey: true } };
  const known = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  const message =
    words.noun === undefined
      ? `unknown key \`${word}\`${words.in === undefined ? "" : ` in ${words.in}`}`
      : `\`${word}\` is not ${words.noun}`;
  const glued = gluedTo(known, word);
  const hint =
    word === "<<"
      ? MERGE
      : glued !== null
        ? `write a space behind the colon: \`${glued}: ${word.slice(glued.length + 1)}\``
        : (words.elsewhere?.[word] ?? suggestion(word, known, words.otherwise));
  return { entry: at, remark: { message, hint, code: code.code ?? entry.file.codes.unknown, atKey: true } };
}

const MERGE = "merge keys are not part of YAML 1.2: write the words out";

/** Says that something will be supported, but is not yet. */
export const planned = (what: string, atKey = false): Remark => ({
  code: "CFG006",
  message: `${what} is planned, not yet supported; remove it for now`,
  atKey,
});

function missingWord({ error, entry, words, schema }: Context): Said {
  const word = String(error.params.missingProperty);
  const title = String(schema.title ?? "map");
  const isNamed = !/^\d*$/.test(entry.name);
  const who = words.of ?? (isNamed ? entry.name : null);
  const message = `\`${word}\` is missing: ${who === null ? `${entry.name === "" ? "the" : "this"} ${title}` : `\`${who}\``} needs it`;
  return { entry, remark: { message, code: entry.file.codes.missing, atKey: true } };
}

function wrongType({ error, entry, words }: Context): Said {
  const types = [error.params.type].flat().map(String);
  const expects = words.expects ?? listedTypes(types);
  if (entry.value === null) {
    const hint = swallowed(entry);
    return { entry, remark: { message: `${called(entry)} is empty; it must be ${expects}`, hint, atKey: true } };
  }
  // What is merged in stands elsewhere.
  if (entry.name === "<<")
    return { entry, remark: { message: "`<<` is a word like any other", hint: MERGE, atKey: true } };
  const text = entry.text();
  const wouldFit = types.includes("boolean") ? /^(?:true|false)$/ : /^-?\d+(?:\.\d+)?$/;
  const isQuoted = text !== null && !entry.isPlain && !types.includes("string") && wouldFit.test(text);
  const isLoneItem = types.length === 1 && types[0] === "array" && entry.isFlow === false && entry.isMap === false;
  const hint =
    entry.isFlow && types.includes("string")
      ? bracketHint(entry, expects)
      : isQuoted
        ? "remove the quotes"
        : isLoneItem
          ? "a list stands between `[` and `]`"
          : null;
  return { entry, remark: { message: `${called(entry)} must be ${expects}, not ${kindOf(entry)}`, hint } };
}

/** Why a value that somebody wrote is not there. */
function swallowed(entry: Entry): string | null {
  if (entry.hasAnchor) return "a value that starts with `&` is an anchor in YAML: quote the expression";
  return entry.line.split(`${entry.name}:`)[1]?.trimStart().startsWith("#")
    ? "a value that starts with `#` is a comment in YAML: quote the expression"
    : null;
}

/** `{key}` is a template as well as a map. */
function bracketHint(entry: Entry, expects: string): string | null {
  const isExpression = /\bexpression\b/.test(expects);
  const isTemplate = entry.isMap && entry.entries().length === 1 && entry.entries()[0]?.value === null;
  if (!isExpression && !isTemplate) return null;
  const bracket = entry.isMap ? "`{` is a map" : "`[` is a list";
  return `a value that starts with ${bracket} in YAML: ${isExpression ? "if it is an expression, quote it" : "quote it"}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a map",
  array: "a list",
  null: "empty",
};

const listedTypes = (types: readonly string[]) => types.map((type) => TYPE_WORDS[type] ?? type).join(" or ");

function kindOf(entry: Entry): string {
  if (entry.isMap) return "a map";
  if (entry.isList) return "a list";
  if (entry.isHidden) return "the value given";
  const written = entry.written() ?? "";
  return entry.text() === null || entry.isPlain ? `\`${written}\`` : `the text \`${written}\``;
}

const called = (entry: Entry) => (/^\d*$/.test(entry.name) ? "this" : `\`${entry.name}\``);

function notAllowed({ entry, words, schema }: Context): Said {
  const allowed = (Array.isArray(schema.enum) ? schema.enum : []).map(String);
  const value = entry.written() ?? "";
  if (words.planned?.includes(value)) return { entry, remark: planned(`\`${entry.name}: ${value}\``) };
  if (entry.value === null)
    return { entry, remark: { message: `${called(entry)} is empty`, hint: suggestion("", allowed), atKey: true } };
  const message = `${called(entry)} cannot be ${kindOf(entry)}${allowed.length === 1 ? `; only \`${allowed[0]}\`` : ""}`;
  return {
    entry,
    remark: { message, hint: suggestion(value, allowed, allowed.length === 1 ? null : words.otherwise) },
  };
}

function notExpected({ error, entry, words }: Context): Said {
  // `propertyNames` reports about the key, which is no value of its own.
  const key = error.propertyName === undefined ? null : entry.get(error.propertyName);
  const expects = words.expects ?? `\`${String(error.params.allowedValue ?? "something else")}\``;
  if (key !== null) {
    const message = `\`${key.name}\` cannot be a name here; it must be ${expects}`;
    return { entry: key, remark: { message, atKey: true } };
  }
  return { entry, remark: { message: `${called(entry)} must be ${expects}, not ${kindOf(entry)}` } };
}

function empty({ entry, words }: Context): Said {
  const expects = words.expects === undefined ? "" : `; it must be ${words.expects}`;
  return { entry, remark: { message: `${called(entry)} is empty${expects}` } };
}

function outOfRange({ error, entry }: Context): Said {
  const limit = `${error.keyword === "minimum" ? "at least" : "at most"} ${String(error.params.limit)}`;
  return { entry, remark: { message: `${called(entry)} must be ${limit}, not ${kindOf(entry)}` } };
}

/** Used by readers for what no schema can say. */
export const oneOf = (words: readonly string[]) => listed(words, "or");
