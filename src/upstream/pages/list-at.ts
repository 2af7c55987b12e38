import { EACH_VALUE } from "../../domain/job";
import { isJsonObject } from "../../domain/json";
import { readPath } from "../http/places";

/**
 * The list of records at a place of a page; behind `*` the values of an object, as of one keyed by id. An empty one, or one whose keys
 * count from 0, some languages write as a list. What is no list comes as it is.
 */
export const listAt = (body: unknown, path: readonly string[]): unknown => {
  if (path.at(-1) !== EACH_VALUE) return readPath(body, path);
  const found = readPath(body, path.slice(0, -1));
  return isJsonObject(found) ? Object.values(found) : found;
};

/** Places of objects at most three levels down whose values are all objects, so that they may be records keyed by id. */
export const keyedObjectsIn = (body: unknown, path: readonly string[] = []): readonly string[] => {
  if (!isJsonObject(body)) return [];
  const values = Object.values(body);
  // One property that holds an object is a wrapper, unless its name is an id.
  const isKeyed = values.length > 1 || /^\d+$/.test(Object.keys(body)[0] ?? "");
  if (isKeyed && values.every(isJsonObject)) return [[...path, EACH_VALUE].join(".")];
  if (path.length === 3) return [];
  return Object.entries(body)
    .slice(0, 50)
    .flatMap(([name, value]) => (isName(name) ? keyedObjectsIn(value, [...path, name]) : []))
    .slice(0, 5);
};

/** Names that may be data, such as addresses, are told to nobody. */
export const isName = (name: string): boolean => /^[A-Za-z_$][\w$-]{0,40}$/.test(name);
