import { isJsonObject, type JsonObject } from "../../domain/json";
import type { ApiDocument } from "./api-document";
import { partsOf, propertiesOf } from "./schema-parts";

/** How deep a list of records is looked for; deeper ones belong to a record. */
const MAX_DEPTH = 3;

/** Every place in an answer that holds a list of objects, without looking into the objects themselves. */
export function recordLists(document: ApiDocument, answer: JsonObject): readonly (readonly string[])[] {
  const walk = (schema: JsonObject, path: readonly string[]): readonly (readonly string[])[] => {
    const parts = partsOf(document, schema);
    const items = parts.map((part) => part.items).find(isJsonObject);
    if (items !== undefined) return isObjectSchema(document, items) ? [path] : [];
    if (path.length >= MAX_DEPTH) return [];
    return Object.entries(propertiesOf(parts)).flatMap(([name, property]) =>
      walk(document.object(property), [...path, name]),
    );
  };
  return walk(document.object(answer), []);
}

/** Whether an answer can hold something at `path`: null when it can, else the name it does not have and those beside it. */
export function missingName(
  document: ApiDocument,
  answer: JsonObject,
  path: readonly string[],
): { readonly name: string; readonly known: readonly string[] } | null {
  let schema = document.object(answer);
  for (const name of path) {
    const parts = partsOf(document, schema);
    const properties = propertiesOf(parts);
    const known = Object.keys(properties);
    // What lists no properties, or says that there are others, may hold anything.
    const isOpen = parts.some((part) => part.additionalProperties === true || isJsonObject(part.additionalProperties));
    const isList = parts.some((part) => part.type === "array");
    if (!(name in properties)) {
      if (isOpen || (known.length === 0 && !isList)) return null;
      return { name, known };
    }
    schema = document.object(properties[name]);
  }
  return null;
}

/** Whether something at a place is declared to be no list. */
export function isNoList(document: ApiDocument, answer: JsonObject, path: readonly string[]): boolean {
  let schema = document.object(answer);
  for (const name of path) schema = document.object(propertiesOf(partsOf(document, schema))[name]);
  const types = partsOf(document, schema).flatMap((part) => part.type ?? []);
  return types.length > 0 && !types.includes("array");
}

function isObjectSchema(document: ApiDocument, items: JsonObject): boolean {
  const parts = partsOf(document, document.object(items));
  const types = parts.flatMap((part) => part.type ?? []);
  return types.includes("object") || parts.some((part) => isJsonObject(part.properties)) || types.length === 0;
}
