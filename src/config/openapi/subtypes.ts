import { isJsonObject, type JsonObject } from "../../domain/json";
import { lazily } from "../../domain/lazily";
import type { ApiDocument } from "./api-document";

/** Which schemas of a document are subtypes of others, by `allOf` and by the `mapping` of a discriminator. */
export class Subtypes {
  /** By schema, those whose `allOf` names it. */
  readonly #composed = lazily(() => this.#compositions());

  constructor(private readonly document: ApiDocument) {}

  /** Those of a base, theirs included. A mapping only adds names: every schema composed of the base has its own (OpenAPI 3.0.3, 4.7.25). */
  of(base: JsonObject): ReadonlySet<JsonObject> {
    return new Set([...mappedBy(base).map((ref) => this.document.object({ $ref: ref })), ...this.composedOf(base)]);
  }

  /** All that are composed of a schema, however many steps away. */
  composedOf(schema: JsonObject): ReadonlySet<JsonObject> {
    const found = new Set<JsonObject>([schema]);
    for (const one of found) for (const next of this.#composed().get(one) ?? []) found.add(next);
    found.delete(schema);
    return found;
  }

  #compositions(): ReadonlyMap<JsonObject, readonly JsonObject[]> {
    const { root } = this.document;
    // Those of Swagger 2.0 stand under `definitions`.
    const schemas = [this.document.object(root.components).schemas, root.definitions].filter(isJsonObject);
    const composed = new Map<JsonObject, JsonObject[]>();
    for (const schema of schemas.flatMap((named) => Object.values(named)).filter(isJsonObject)) {
      for (const part of Array.isArray(schema.allOf) ? schema.allOf : []) {
        const base = this.document.object(part);
        composed.set(base, [...(composed.get(base) ?? []), schema]);
      }
    }
    return composed;
  }
}

/** A schema whose records are those of its subtypes, which it need not list. */
export const isBase = ({ discriminator, oneOf, anyOf }: JsonObject): boolean =>
  // Swagger 2.0 names the property alone.
  (isJsonObject(discriminator) || typeof discriminator === "string") && oneOf === undefined && anyOf === undefined;

function mappedBy({ discriminator }: JsonObject): readonly string[] {
  const mapping = isJsonObject(discriminator) && isJsonObject(discriminator.mapping) ? discriminator.mapping : {};
  const refs = Object.values(mapping).filter((ref) => typeof ref === "string");
  return refs.map((ref) => (ref.includes("/") ? ref : `#/components/schemas/${ref}`));
}
