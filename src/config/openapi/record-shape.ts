import { EACH_VALUE } from "../../domain/job";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json";
import {
  ANYTHING,
  bothOf,
  canBe,
  eitherOf,
  type JsonKind,
  kindOfJson,
  orNull,
  type RecordShape,
  type Scalar,
} from "../../domain/record-shape";
import type { ApiDocument } from "./api-document";
import { isBase, Subtypes } from "./subtypes";

/** How many schemas one schema may be composed of; a document that goes on is left alone. */
const MAX_PARTS = 1_000;

/** What the records at `place` of an answer look like; null when the document says nothing of them. */
export function recordShapeAt(document: ApiDocument, answer: JsonObject, place: readonly string[]): RecordShape | null {
  let shape: RecordShape | null = shapeOf(document, answer);
  for (const name of place) shape = shape?.property(name) ?? null;
  if (place.at(-1) !== EACH_VALUE) shape = shape !== null && canBe(shape, "array") ? shape.items() : null;
  const record = shape ?? ANYTHING;
  return record === ANYTHING || !canBe(record, "object") ? null : record;
}

/** What a value is that a schema of OpenAPI 3.0 or 3.1 describes. */
export function shapeOf(document: ApiDocument, schema: unknown): RecordShape {
  const known = new Map<unknown, RecordShape>();
  const subtypes = new Subtypes(document);
  const later = (inner: unknown): RecordShape => {
    const shape = known.get(inner) ?? compose(document, subtypes, inner, later);
    known.set(inner, shape);
    return shape;
  };
  return later(schema);
}

/** A schema and all that it is composed of, its references included. What leads back to itself adds nothing new. */
function compose(
  document: ApiDocument,
  subtypes: Subtypes,
  root: unknown,
  later: (schema: unknown) => RecordShape,
): RecordShape {
  const open = new Set<JsonObject>();
  let parts = 0;
  const compositionOf = (schema: unknown): RecordShape => {
    parts += 1;
    if (!isJsonObject(schema) || open.has(schema) || parts > MAX_PARTS) return ANYTHING;
    open.add(schema);
    const either = (branches: unknown): RecordShape =>
      eitherOf(Array.isArray(branches) ? branches.map(compositionOf) : []);
    const own = bothOf([
      ownShape(schema, later),
      ...(typeof schema.$ref === "string" ? [compositionOf(document.object({ $ref: schema.$ref }))] : []),
      ...(Array.isArray(schema.allOf) ? schema.allOf.map(compositionOf) : []),
      either(schema.oneOf),
      either(schema.anyOf),
    ]);
    const shape = isBase(schema) ? withSubtypes(schema, own) : own;
    open.delete(schema);
    return schema.nullable === true ? orNull(shape) : shape;
  };
  const withSubtypes = (schema: JsonObject, own: RecordShape): RecordShape => {
    const all = [...subtypes.of(schema)];
    // What is composed of this base is of that type, or of one composed of it in turn.
    const entered = all.filter((subtype) => open.has(subtype));
    const left = all.filter((subtype) => entered.every((one) => subtypes.composedOf(one).has(subtype)));
    const shapes = left.map((subtype) => bothOf([own, compositionOf(subtype)]));
    if (all.length === 0 || parts > MAX_PARTS) return bothOf([own, OPEN]);
    return eitherOf(entered.length === 0 ? shapes : [own, ...shapes]);
  };
  return compositionOf(root);
}

/** Of the subtypes of a base that are not known. */
const OPEN: RecordShape = { ...ANYTHING, others: "any" };

/** What a schema says by itself, without those it is composed of. */
function ownShape(schema: JsonObject, later: (schema: unknown) => RecordShape): RecordShape {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const names = new Set(Object.keys(properties));
  const required = Array.isArray(schema.required) ? new Set<Json>(schema.required) : null;
  const { additionalProperties: additional, items } = schema;
  const others = othersIn(schema, names);
  const listed = valuesIn(schema);
  const format = typeof schema.format === "string" ? schema.format : null;
  const kinds = kindsIn(schema, listed);
  if (kinds === null && listed === null && others === "unsaid" && required === null && format === null) return ANYTHING;
  return {
    kinds,
    values: listed?.filter(isScalar) ?? null,
    format,
    names,
    others,
    property(name) {
      if (names.has(name)) return later(properties[name]);
      // What it requires is there, described or not.
      if (others === "none" && required?.has(name) !== true) return null;
      return isJsonObject(additional) ? later(additional) : ANYTHING;
    },
    requires: (name) => (required === null ? null : required.has(name) && !isWriteOnly(properties, name)),
    // Beside `prefixItems` it describes the rest alone.
    items: () => (isJsonObject(items) && schema.prefixItems === undefined ? later(items) : ANYTHING),
  };
}

/** Words by which further properties come in that are not looked into. */
const OPENING = ["patternProperties", "dependentSchemas", "if", "then", "else", "$dynamicRef", "$recursiveRef"];

/** Documents rarely say that what they list is all there is; it is taken so unless they say otherwise. */
function othersIn(schema: JsonObject, names: ReadonlySet<string>): RecordShape["others"] {
  const { additionalProperties: additional, unevaluatedProperties: unevaluated } = schema;
  const isOpen = (said: Json | undefined) => said === true || isJsonObject(said);
  if (isOpen(additional) || isOpen(unevaluated) || OPENING.some((word) => Object.hasOwn(schema, word))) return "any";
  return names.size > 0 || additional === false || unevaluated === false ? "none" : "unsaid";
}

function valuesIn(schema: JsonObject): readonly Json[] | null {
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : null;
}

function kindsIn(schema: JsonObject, listed: readonly Json[] | null): RecordShape["kinds"] {
  const kinds = new Set<JsonKind>();
  for (const type of [schema.type].flat()) {
    const kind = KINDS.get(String(type));
    if (kind !== undefined) kinds.add(kind);
  }
  if (kinds.size === 0 && listed !== null) for (const value of listed) kinds.add(kindOfJson(value));
  if (kinds.size === 0 && isJsonObject(schema.properties)) kinds.add("object");
  if (kinds.size === 0 && isJsonObject(schema.items)) kinds.add("array");
  // A null among the values of 3.0 is how many say `nullable`.
  if (kinds.size > 0 && listed?.includes(null) === true) kinds.add("null");
  return kinds.size === 0 ? null : kinds;
}

const KINDS: ReadonlyMap<string, JsonKind> = new Map([
  ["null", "null"],
  ["boolean", "boolean"],
  ["integer", "number"],
  ["number", "number"],
  ["string", "string"],
  ["object", "object"],
  ["array", "array"],
]);

const isScalar = (value: Json): value is Scalar => value !== null && typeof value !== "object";

/** Answers leave out what can only be written. */
const isWriteOnly = (properties: JsonObject, name: string): boolean => {
  const property = properties[name];
  return isJsonObject(property) && property.writeOnly === true;
};
