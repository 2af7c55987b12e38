import { isJsonObject } from "./json";

/** What stands in a record at a path of property names; undefined where the path ends early or leads into a list. */
export function valueAt(record: unknown, path: readonly string[]): unknown {
  let found = record;
  for (const name of path) found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}
