import { FIELDS, type Into } from "../../domain/entities";
import type { Expression, FieldRule } from "../../domain/mapping";
import type { Scalar } from "../../domain/record-shape";
import { listed, suggestion } from "../../domain/suggest";
import { type AstNode, nodesOf } from "../ast";
import { checkTruthAsText } from "./check-truth-as-text";
import type { Findings } from "./findings";
import { type Absence, isNoneOf, isOnly, itemOf, type Kind, leastAbsent, mayBe, type Possible } from "./possible";
import { kindsInWords, pickHint } from "./words";

/** What an expression may give, to records that are not left out as well. What is wrong within it is reported elsewhere. */
export type ReadSource = (expression: Expression) => Omit<Found, "expression">;

interface Found {
  readonly expression: Expression;
  /** Null for what does not parse. */
  readonly ast: AstNode | null;
  readonly value: Possible;
  /** What records give that are not left out. */
  readonly mapped: Possible;
  /** The same without those of which nobody can tell. */
  readonly surely: Possible;
}

/**
 * Whether a field can take what its sources may give: kinds, lists, values, and whether anything is there at all.
 *
 * @param into null for an attribute
 */
export function checkField(rule: FieldRule, into: Into | null, read: ReadSource, findings: Findings): void {
  const seen: Found[] = [];
  const absences: Absence[] = [];
  for (const source of rule.from) {
    if (source.kind === "expression") {
      const found = { expression: source.expression, ...read(source.expression) };
      seen.push(found);
      absences.push(found.mapped.absence);
      continue;
    }
    const parts = source.parts.map((expression) => ({ expression, ...read(expression) }));
    for (const part of parts) checkOne({ ...rule, type: "text", map: null }, part, findings);
    absences.push(leastAbsent(...parts.map(({ mapped }) => mapped.absence)));
  }
  const isLink = into !== null && rule.type === "list";
  for (const found of seen) {
    const isFit = isLink
      ? checkItems(rule, into, found, findings)
      : rule.type === "list" || checkOne(rule, found, findings);
    if (isFit) checkValues(rule, found, findings);
  }
  checkNames(rule, seen, findings);
  checkPresence(rule, absences, findings);
}

const SCALARS: ReadonlySet<Kind> = new Set(["string", "number", "boolean"]);
const TAKES: Readonly<Record<Exclude<FieldRule["type"], "any" | "list">, ReadonlySet<Kind>>> = {
  text: SCALARS,
  email: SCALARS,
  locale: SCALARS,
  timezone: SCALARS,
  enum: SCALARS,
  boolean: new Set(["string", "boolean"]),
  timestamp: new Set(["string", "number"]),
  key: new Set(["string", "number"]),
  number: new Set(["string", "number"]),
  password: new Set(["string"]),
};

/** An `enum` is told of by its values. */
const TEXTS: ReadonlySet<FieldRule["type"]> = new Set(["text", "email", "locale", "timezone"]);

const WANTED: Readonly<Record<keyof typeof TAKES, string>> = {
  text: "a text",
  email: "an address",
  locale: "a locale",
  timezone: "a time zone",
  enum: "a text",
  boolean: "true or false",
  timestamp: "a time",
  key: "a text or a whole number",
  number: "a number",
  password: "a text",
};

/** A field of one value. False when what it is given has been reported. */
function checkOne(rule: FieldRule, { expression, ast, value }: Found, findings: Findings): boolean {
  const { name, type, map } = rule;
  if (type === "any" || type === "list") return true;
  const takes = map === null ? TAKES[type] : SCALARS;
  const wanted = `\`${name}\` takes ${map === null ? WANTED[type] : "one value through its `map`"}`;
  if (isOnly(value, "array", "null") && mayBe(value, "array")) {
    const message = `${wanted}, but this is a list`;
    findings.report(expression, [], { code: "MAP048", message, hint: pickHint(expression.text, itemOf(value)) });
    return false;
  }
  if (isNoneOf(value, new Set<Kind>([...takes, "null", "array"]))) {
    const message = `${wanted}, but this is ${kindsInWords(value)}`;
    findings.report(expression, [], { code: "MAP058", message, hint: propertyHint(expression, value) });
    return false;
  }
  if (ast !== null && map === null && TEXTS.has(type)) checkTruthAsText(wanted, expression, ast, findings);
  if (value.kinds?.has("array") !== true || value.spread !== "many") return true;
  const message = `${wanted}, but this is a list as soon as there are two: those records are rejected`;
  findings.report(expression, [], {
    code: "MAP048",
    severity: "warning",
    message,
    hint: pickHint(expression.text, itemOf(value)),
  });
  return true;
}

/** A property that stands for an object, with the path to it. */
function propertyHint({ text }: Expression, value: Possible): string | null {
  if (!isOnly(value, "object", "null") || !/^[\w$.]+$/.test(text)) return null;
  const name = ["id", "key", "value", "name"].find((candidate) => value.members.names.has(candidate));
  return `name a property of it${name === undefined ? "" : `: \`${text}.${name}\``}`;
}

/** A list of links holds the keys of its other end; for roles held within an org also `{ role, org }`. */
function checkItems(rule: FieldRule, into: Into, { expression, value }: Found, findings: Findings): boolean {
  const item = itemOf(value);
  const isScoped = into === "users" && rule.name === "roles";
  const isObject = isOnly(item, "object", "null");
  const fits = isScoped && (item.members.isOpen || item.members.names.has("role"));
  if (rule.map !== null || (!isNoneOf(item, new Set(["string", "number", "null"])) && !isObject)) return true;
  if (isObject && fits) return true;
  const refers = FIELDS[into].find((field) => field.name === rule.name)?.refers ?? "records";
  const message = `\`${rule.name}\` takes keys of ${refers}, but these are ${isObject ? "objects" : `each ${kindsInWords(item)}`}`;
  findings.report(expression, [], { code: "MAP058", message, hint: propertyHint(expression, item) });
  return false;
}

/** Values the API has and the field does not. */
function checkValues(rule: FieldRule, { expression, ast, mapped, surely }: Found, findings: Findings): void {
  const { map } = rule;
  const takes = map === null ? ownValuesOf(rule) : Object.keys(map.entries);
  if (takes === null || map?.fallback !== undefined) return;
  const missingIn = (value: Possible): readonly string[] => {
    const constants = value.kinds === null ? null : (rule.type === "list" ? itemOf(value) : value).constants;
    const texts = [...new Set(constants?.map((text) => String(text)))].filter((text) => text.trim() !== "");
    return texts.filter((text) => !takes.includes(map === null ? text.trim() : text));
  };
  const sure = missingIn(surely);
  const missing = sure.length > 0 ? sure : missingIn(mapped);
  if (missing.length === 0) return;
  const unless = sure.length > 0 ? "" : ", unless `skip` or `deletes` leaves them out";
  const [which, are] = [shortened(missing), missing.length === 1 ? "is" : "are"];
  const place = map === null ? `${are} none that \`${rule.name}\` takes` : `${are} not in its \`map\``;
  const whose = missing.every((text) => isWritten(ast, text)) ? "" : " of the API";
  const like = map === null && missing.length === 1 && whose === "" ? suggestion(missing[0] ?? "", takes) : null;
  findings.report(expression, [], {
    code: "MAP050",
    severity: rule.invalid === "drop" || sure.length === 0 ? "warning" : "error",
    message: `${which}${whose} ${place}: such records are ${rule.invalid === "drop" ? "left without it" : "rejected"}${unless}`,
    hint:
      map === null
        ? (like ?? "translate them with `map`")
        : `add ${missing.length === 1 ? "it" : "them"}, or \`_: …\` for all others`,
  });
}

/** Whether an expression itself holds a text, so that it is the author's and not the API's. */
const isWritten = (ast: AstNode | null, text: string): boolean =>
  ast !== null && [...nodesOf(ast)].some(({ type, value }) => type === "string" && value === text);

function ownValuesOf({ type, values }: FieldRule): readonly string[] | null {
  if (type === "enum") return values ?? null;
  return type === "boolean" ? ["true", "false", "True", "False", "TRUE", "FALSE"] : null;
}

const shortened = (texts: readonly string[]): string =>
  texts.length > 6 ? `${listed(texts.slice(0, 5)).replace(" and ", ", ")} and ${texts.length - 5} more` : listed(texts);

/** Names in `map` that no source ever gives. */
function checkNames({ map, type }: FieldRule, seen: readonly Found[], findings: Findings): void {
  if (map === null || seen.length === 0) return;
  const values = seen.map(({ value }) => (type === "list" ? itemOf(value) : value));
  if (values.some(({ kinds, constants }) => kinds === null || constants === null)) return;
  const known = [...new Set(values.flatMap(({ constants }) => constants ?? []).map((text: Scalar) => String(text)))];
  for (const name of map.names.filter(({ text }) => !known.includes(text))) {
    findings.report(name, [], {
      code: "MAP051",
      severity: "warning",
      message: `\`${name.text}\` is none of the values the API has here`,
      hint: suggestion(name.text, known),
    });
  }
}

/** Whether a required field may find nothing in any of its sources. */
function checkPresence(rule: FieldRule, absences: readonly Absence[], findings: Findings): void {
  const [first] = rule.from;
  if (!rule.required || rule.default !== undefined || first === undefined) return;
  if (leastAbsent(...absences) !== "possible") return;
  const expression = first.kind === "join" ? first.parts[0] : first.expression;
  if (expression === undefined) return;
  findings.report(expression, [], {
    code: "MAP049",
    severity: "warning",
    message: `\`${rule.name}\` is required, but this may be absent: such records are rejected`,
    hint: rule.name === "key" ? null : "add a source that is always there, or a `default`",
  });
}
