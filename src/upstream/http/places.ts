import type { Place } from "../../domain/job";

/** By name in lower case; a header sent more than once is a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What stands at a path of property names; undefined where the path ends early. Inherited properties do not count. */
export const readPath = (value: unknown, path: readonly string[]): unknown => {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
};

/** A header that was sent more than once reads as a list with commas (RFC 9110, 5.3). */
export const readHeader = (headers: AnswerHeaders, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(", ") : value;
};

export const readPlace = (place: Place, body: unknown, headers: AnswerHeaders): unknown =>
  place.in === "body" ? readPath(body, place.path) : readHeader(headers, place.name);

/** A place as people write it, for messages. */
export const placeName = (place: Place): string =>
  place.in === "body" ? `\`${place.path.join(".")}\`` : `the header \`${place.name}\``;
