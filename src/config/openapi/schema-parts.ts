import { isJsonObject, type JsonObject } from "../../domain/json";

/** A document, as far as its references go. */
export interface References {
  /** What stands at a value, behind any number of references. */
  readonly object: (value: unknown) => JsonObject;
}

/** A schema and all it is composed of. */
export function partsOf(document: References, schema: JsonObject): readonly JsonObject[] {
  const parts = new Set<JsonObject>();
  const add = (part: JsonObject) => {
    if (parts.has(part)) return;
    parts.add(part);
    for (const branch of [part.allOf, part.oneOf, part.anyOf].flat())
      if (isJsonObject(branch)) add(document.object(branch));
  };
  add(schema);
  return [...parts];
}

/** The properties of all parts of a schema together. */
export function propertiesOf(parts: readonly JsonObject[]): JsonObject {
  return Object.assign({}, ...parts.map((part) => (isJsonObject(part.properties) ? part.properties : {})));
}
