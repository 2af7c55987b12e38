import type { Json, JsonObject } from "./json";

/** What stands before the name of an attribute, so that it may be called as a field is. */
const PREFIX = "attributes.";

/** How an attribute is called in reasons, changes, holds and answers; a field goes by its name. */
export const attributeLabel = (name: string): string => `${PREFIX}${name}`;

export function parseFieldLabel(label: string): { readonly name: string; readonly isAttribute: boolean } {
  const isAttribute = label.startsWith(PREFIX);
  return { name: isAttribute ? label.slice(PREFIX.length) : label, isAttribute };
}

/** The value under a label such as `username` or `attributes.x`; null where there is none. */
export function valueUnder(
  label: string,
  { values, attributes }: { readonly values: JsonObject; readonly attributes: JsonObject },
): Json {
  const { name, isAttribute } = parseFieldLabel(label);
  const within = isAttribute ? attributes : values;
  return Object.hasOwn(within, name) ? (within[name] ?? null) : null;
}
