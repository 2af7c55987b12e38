import type { ReadPlace } from "../paths-read";

/** What stands at a place, for people: over a list what every item has there. Undefined when nothing has. */
export function readPlace(root: unknown, { names }: ReadPlace): unknown {
  let values: readonly unknown[] = [root];
  let isMany = false;
  for (const name of names) {
    isMany ||= values.some(Array.isArray);
    const objects = isMany ? values.flat(Number.POSITIVE_INFINITY) : values;
    values = objects.flatMap((object) => propertyOf(object, name));
  }
  return isMany && values.length > 0 ? values : values[0];
}

/** In a list of its own, or none; inherited properties do not count. */
function propertyOf(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return [];
  return [Reflect.get(value, name)];
}
