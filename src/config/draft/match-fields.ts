import { type EntityName, FIELDS, type FieldSpec } from "../../domain/entities";
import type { Json } from "../../domain/json";
import { canBe } from "../../domain/record-shape";
import type { DraftedField, Read } from "./drafted";
import { ATTRIBUTE_WORDS, CONTACT_LISTS, FIELD_WORDS, PERSONAL_FIELDS, PLAIN_CONTAINERS } from "./field-words";
import { isFlag, isList, isText, pathText, type RecordField } from "./record-fields";
import { plainName, snakeCase } from "./words";

/** Fields of ours, but status and lists, that a record has something for, by name and type. */
export function matchFields(entity: EntityName, fields: readonly RecordField[]): readonly DraftedField[] {
  return FIELDS[entity].flatMap((spec) => {
    const [best, ...others] = candidatesFor(entity, spec, fields);
    const contact = CONTACT_LISTS[spec.name];
    if (best === undefined) return (contact && contactFrom(spec, contact, fields)) ?? [];
    const all = spec.name === "name" ? [best, ...others].slice(0, 2) : [best];
    return [
      {
        name: spec.name,
        from: all.map(({ path }) => pathText(path)),
        words: wordsFor(spec, best),
        reads: all.map((field) => readOf(spec.name, field)),
        sureness: "likely" as const,
        comment: commentFor(spec),
      },
    ];
  });
}

/** Record fields that have a field's name, the likeliest first. */
export function candidatesFor(
  entity: EntityName,
  spec: Pick<FieldSpec, "name" | "type">,
  fields: readonly RecordField[],
): readonly RecordField[] {
  const words = FIELD_WORDS[entity][spec.name] ?? [];
  return (
    fields
      // What is the same in every record, such as its `type`, says nothing of one.
      .filter((field) => fitsType(spec.type, field) && field.shape.values?.length !== 1)
      .map((field) => ({ field, rank: rankOf(field.path, words) }))
      .filter(({ rank }) => rank !== -1)
      .sort((a, b) => a.rank - b.rank || a.field.path.length - b.field.path.length)
      .map(({ field }) => field)
  );
}

/** Where a path's name stands among words; -1 for one that says nothing, or is about something else. */
function rankOf(path: readonly string[], words: readonly string[]): number {
  const names = path.map(plainName);
  const nested = words.indexOf(names.slice(-2).join("."));
  const isOwn = (holders: readonly string[]) => holders.every(isPlainContainer);
  if (names.length > 1 && nested !== -1 && isOwn(path.slice(0, -2))) return nested;
  return isOwn(path.slice(0, -1)) ? words.indexOf(names.at(-1) ?? "") : -1;
}

/** SCIM keeps the enterprise's properties under the name of their schema. */
const isPlainContainer = (name: string): boolean => PLAIN_CONTAINERS.has(plainName(name)) || name.startsWith("urn:");

function fitsType(type: FieldSpec["type"], { shape }: RecordField): boolean {
  switch (type) {
    case "boolean":
      return isFlag(shape);
    case "list":
    case "enum":
      return false;
    case "text":
    case "timestamp":
    case "key":
      return isText(shape);
    default:
      return isText(shape) && canBe(shape, "string");
  }
}

function wordsFor(spec: FieldSpec, field: RecordField): Readonly<Record<string, Json>> {
  const isSaidToBeTime = /^date/.test(field.shape.format ?? "") || field.shape.kinds?.has("string") === false;
  return {
    ...(spec.required ? { required: true } : {}),
    ...(PERSONAL_FIELDS.has(spec.name) ? { pii: true } : {}),
    // A typing error there must not keep anybody from signing in; a wrong end of access must.
    ...(["locale", "timezone"].includes(spec.name) ||
    (spec.type === "timestamp" && !isSaidToBeTime && !VALIDITY.has(spec.name))
      ? { invalid: "drop" }
      : {}),
    ...(spec.name === "changed_at" ? { compare: false } : {}),
    ...(spec.type === "boolean" && !field.always ? { default: false } : {}),
  };
}

const VALIDITY: ReadonlySet<string> = new Set(["valid_from", "valid_until"]);

const commentFor = ({ name }: FieldSpec): string | null =>
  name === "changed_at" ? "stored, but no change by itself" : null;

export const readOf = (field: string, { path, shape }: RecordField): Read => ({ path, shape, field });

/** `emails: [{ value, primary }]`, `phones: ["…"]`: the primary one, else the first. */
function contactFrom(
  spec: FieldSpec,
  words: readonly string[],
  fields: readonly RecordField[],
): readonly DraftedField[] | null {
  const list = fields.find(({ path, shape }) => isList(shape) && rankOf(path, words) !== -1);
  if (list === undefined) return null;
  const items = list.shape.items();
  const at = pathText(list.path);
  const value = [...items.names].find((name) =>
    /^(?:value|address|email|mail|number|phone|emailaddress)$/.test(plainName(name)),
  );
  if (items.names.size > 0 && value === undefined) return null;
  const primary = [...items.names].find((name) => /^(?:is)?primary$/.test(plainName(name)));
  const isMarked = primary !== undefined && isFlag(items.property(primary) ?? items);
  const first = `${at}[0]${value === undefined ? "" : `.${pathText([value])}`}`;
  const marked = value === undefined || !isMarked ? [] : [`${at}[${pathText([primary])}=true][0].${pathText([value])}`];
  const item = { path: value === undefined ? [] : [value], beside: isMarked ? { [primary]: true } : {} };
  return [
    {
      name: spec.name,
      from: [...marked, first],
      words: { pii: true },
      sureness: "likely",
      comment: null,
      reads: [{ ...readOf(spec.name, list), item }],
    },
  ];
}

/** Leftovers worth keeping under names of their own. */
export function matchAttributes(fields: readonly RecordField[]): readonly DraftedField[] {
  const found = fields.filter((field) => rankOf(field.path, ATTRIBUTE_WORDS) !== -1 && isText(field.shape));
  const names = new Set<string>();
  return found.flatMap((field) => {
    const name = snakeCase(field.path.at(-1) ?? "");
    if (names.has(name)) return [];
    names.add(name);
    const isNumber = field.shape.kinds !== null && !field.shape.kinds.has("string");
    return [
      {
        name,
        from: [pathText(field.path)],
        words: isNumber ? { type: "number" } : {},
        sureness: "likely" as const,
        reads: [readOf(`attributes.${name}`, field)],
        comment: null,
      },
    ];
  });
}
