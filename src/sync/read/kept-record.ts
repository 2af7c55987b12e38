import type { KeepRaw } from "../../domain/job";
import { isJsonList, type Json, type JsonObject } from "../../domain/json";
import type { MappedLink } from "../../domain/mapping";
import { looksLikePasswordHash } from "../../domain/password-hashes";
import { isNamedLikeSecret } from "../../domain/secret-names";

/** The record as it may be kept: without the paths of `redact` and without what looks like a secret. Copied where it differs. */
export function keptRecord(record: JsonObject, { redact }: KeepRaw): JsonObject {
  return withoutPaths(record, redact) as JsonObject;
}

/** A link as people read it, and what it is kept under. */
export const linkName = ({ left, right, scope }: Pick<MappedLink, "left" | "right" | "scope">): string =>
  `${left} -> ${right}${scope === null ? "" : ` in ${scope}`}`;

type Paths = readonly (readonly string[])[];

/** @param paths from here on; one of a single name takes that property away */
function withoutPaths(value: Json, paths: Paths): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isJsonList(value)) {
    const items = value.map((item) => withoutPaths(item, paths));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const kept: [string, Json][] = [];
  let differs = false;
  for (const [name, inner] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    if (below.some((path) => path.length === 0) || isSecret(name, inner)) {
      differs = true;
      continue;
    }
    const left = withoutPaths(inner, below);
    differs ||= left !== inner;
    kept.push([name, left]);
  }
  // `fromEntries` defines, so that a property named `__proto__` stays plain data.
  return differs ? Object.fromEntries(kept) : value;
}

const isSecret = (name: string, value: Json): boolean =>
  (typeof value === "string" && looksLikePasswordHash(value)) ||
  (isNamedLikeSecret(name) && (typeof value === "string" || (typeof value === "object" && value !== null)));
