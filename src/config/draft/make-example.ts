import { isJsonObject, type Json, type JsonObject } from "../../domain/json";
import { kindOfJson, type RecordShape } from "../../domain/record-shape";
import type { ApiDocument } from "../openapi/api-document";
import { partsOf, propertiesOf } from "../openapi/schema-parts";
import type { DraftedMapping, ListOperation, Read } from "./drafted";
import { statusFor } from "./guess-status";

/** A record to test a mapping with, and for child streams its parent's. */
export interface Example {
  readonly given: JsonObject;
  readonly parent: JsonObject | null;
}

/** Nobody's: what is written about a person is never taken from a document. */
const PERSON: Readonly<Record<string, string>> = {
  username: "robin.example",
  email: "robin@example.com",
  display_name: "Robin Example",
  given_name: "Robin",
  family_name: "Example",
  phone: "+1 555 0100",
};

const USUAL: Readonly<Record<string, Json>> = {
  title: "Engineer",
  locale: "en-GB",
  timezone: "Europe/Berlin",
  name: "Accounting",
  description: "What accounting needs",
  resource: "invoice",
  action: "approve",
  role: "r-7",
  permission: "p-7",
  org: "o-7",
  user: "u-7",
  key: "k-42",
  roles: "r-7",
  orgs: "o-7",
  permissions: "p-7",
  members: "u-7",
  parent: "o-1",
  "attributes.department": "Finance",
  "attributes.division": "Services",
};

/** A document's example may be a whole essay. */
const LONGEST_TEXT = 60;

/**
 * Records that hold just what a mapping reads: first with the document's own examples, then made up from types and listed
 * values alone, for documents whose examples do not fit their own schemas.
 */
export function examplesFor(
  document: ApiDocument,
  mapping: DraftedMapping,
  list: ListOperation,
  parentList: ListOperation | null,
): readonly Example[] {
  const said = (from: ListOperation) => exampleOf(document, from);
  const key: readonly Read[] = mapping.key === null ? [] : [{ ...mapping.key, field: "key" }];
  const reads = [...key, ...[...mapping.fields, ...mapping.attributes].flatMap((field) => field.reads)];
  const make = (own: Said, above: Said): Example => ({
    given: recordWith(reads, own),
    parent: parentList === null ? null : recordWith(mapping.parent, above),
  });
  const nothing: Said = () => undefined;
  return [make(said(list), parentList === null ? nothing : said(parentList)), make(nothing, nothing)];
}

type Said = (path: readonly string[]) => Json | undefined;

function recordWith(reads: readonly Read[], said: Said): JsonObject {
  const record: Record<string, Json> = {};
  for (const read of reads) place(record, read.path, sampleOf(read, said));
  return record;
}

function place(record: Record<string, Json>, path: readonly string[], value: Json): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) record[name] = value;
  else {
    const inner = Object.hasOwn(record, name) ? record[name] : undefined;
    const next: Record<string, Json> = isJsonObject(inner) ? { ...inner } : {};
    place(next, rest, value);
    record[name] = next;
  }
}

function sampleOf(read: Read, said: Said): Json {
  const { item, shape } = read;
  if (read.sample !== undefined) return read.sample;
  if (item === undefined) return scalarFor(read, shape, PERSON[read.field] === undefined ? said(read.path) : undefined);
  const inner = item.path.reduce<RecordShape | null>((at, name) => at?.property(name) ?? null, shape.items());
  const value = scalarFor(read, inner ?? shape.items(), undefined);
  if (item.path.length === 0) return [value];
  const entry: Record<string, Json> = { ...item.beside };
  place(entry, item.path, value);
  return [entry];
}

function scalarFor({ field }: Read, shape: RecordShape, said: Json | undefined): Json {
  const fits = (value: Json) => shape.kinds === null || shape.kinds.has(kindOfJson(value));
  const listed = shape.values?.find((value) => field !== "status" || statusFor(String(value)) === "active");
  if (listed !== undefined) return listed;
  if (shape.values?.[0] !== undefined) return shape.values[0];
  if (said !== undefined && isShort(said) && fits(said)) return said;
  if (shape.kinds?.has("boolean") === true && !fits("")) return field === "privileged";
  if (shape.kinds?.has("number") === true && !fits("")) return /_(?:at|from|until)$/.test(field) ? 1_768_464_000 : 42;
  if (shape.format === "date") return "2026-01-15";
  if (/_(?:at|from|until)$/.test(field) || shape.format === "date-time") return "2026-01-15T08:00:00.000Z";
  if (shape.format === "uuid") return "5b0c7e62-9d1f-4a57-8a53-3f0d6c1e2a41";
  if (field === "status") return "active";
  return PERSON[field] ?? USUAL[field] ?? "4711";
}

const isShort = (value: Json): boolean =>
  typeof value === "string"
    ? value.trim() !== "" && value.length <= LONGEST_TEXT && !/[\p{Cc}@]/u.test(value)
    : typeof value === "number" || typeof value === "boolean";

/** What a document shows of a list's first record, in an example of the answer or of single properties. */
function exampleOf(document: ApiDocument, { operation, place }: ListOperation): Said {
  const media = document.media(operation.details) ?? {};
  const examples = Object.values(document.object(media.examples)).map((example) => document.object(example).value);
  const whole = [media.example, ...examples, document.object(media.schema).example].find(
    (value) => value !== undefined,
  );
  let shown: unknown = whole;
  for (const name of place) shown = isJsonObject(shown) ? shown[name] : undefined;
  const first = Array.isArray(shown) ? shown[0] : undefined;
  return (path) => valueAt(first, path) ?? propertyExample(document, operation.answer ?? {}, [...place, null, ...path]);
}

function valueAt(record: unknown, path: readonly string[]): Json | undefined {
  let value = record;
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value === undefined || value === null ? undefined : (value as Json);
}

/** The example of one property; null in a path stands for the items of a list. */
function propertyExample(
  document: ApiDocument,
  schema: JsonObject,
  path: readonly (string | null)[],
): Json | undefined {
  const [name, ...rest] = path;
  const parts = partsOf(document, document.object(schema));
  if (name === undefined) {
    const [part] = parts.filter((one) => one.example !== undefined || Array.isArray(one.examples));
    return part?.example ?? (Array.isArray(part?.examples) ? part.examples[0] : undefined);
  }
  const inner = name === null ? parts.map((part) => part.items).find(isJsonObject) : propertiesOf(parts)[name];
  return isJsonObject(inner) ? propertyExample(document, inner, rest) : undefined;
}
