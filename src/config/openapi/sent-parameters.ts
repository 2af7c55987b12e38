import { isJsonObject, type JsonObject } from "../../domain/json";
import { partsOf, propertiesOf, type References } from "./schema-parts";

/** Query parameters as a request names them. */
export interface SentParameters {
  readonly parameters: readonly JsonObject[];
  /** What names begin with that are not listed; the empty text where any other may be sent. */
  readonly openPrefixes: readonly string[];
}

/**
 * A parameter as it is sent: of an object in the query each property is a parameter of its own, `size` or `page[size]`
 * (OpenAPI 3, "Style Values"). Servers made with Spring describe their paging so.
 */
export function sentParameters(document: References, parameter: JsonObject): SentParameters {
  const { in: place, name, style = "form", explode = style === "form", required } = parameter;
  const parts = partsOf(document, document.object(parameter.schema));
  const properties = Object.entries(propertiesOf(parts));
  const isObject = properties.length > 0 || parts.some(({ type }) => type === "object");
  const isSpread = style === "deepObject" || (style === "form" && explode === true);
  if (place !== "query" || !isObject || !isSpread) return { parameters: [parameter], openPrefixes: [] };
  const needed = required === true ? parts.flatMap((part) => (Array.isArray(part.required) ? part.required : [])) : [];
  const isOpen = ({ additionalProperties: others }: JsonObject) => others === true || isJsonObject(others);
  const isDeep = style === "deepObject";
  return {
    parameters: properties.map(([property, schema]) => ({
      ...parameter,
      name: isDeep ? `${String(name)}[${property}]` : property,
      required: needed.includes(property),
      schema: document.object(schema),
    })),
    openPrefixes: properties.length > 0 && !parts.some(isOpen) ? [] : [isDeep ? `${String(name)}[` : ""],
  };
}
