import { isJsonList, isJsonObject, type Json } from "../../domain/json";
import type { MappingSpec } from "../../domain/mapping";
import { looksLikePasswordHash } from "../../domain/password-hashes";
import { placesIn, type ReadPlace } from "../paths-read";
import { A_PASSWORD } from "../settle-password";
import { expressionsOf } from "../source-expressions";

/** Hides hashes of passwords in what stands at a place of a record: from everybody, whatever else they may see. */
export type HidePasswords = (value: Json, at: ReadPlace) => Json;

/** What the mapping reads as a password is hidden where it stands, and what looks like a hash wherever it stands. */
export function hidingPasswords(spec: MappingSpec): HidePasswords {
  const places = passwordPlaces(spec);
  const hide = (value: Json, at: ReadPlace): Json => {
    if (isJsonList(value)) return value.map((item) => hide(item, at));
    if (isJsonObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, hide(item, { ...at, names: [...at.names, name] })]),
      );
    if (typeof value !== "string") return value;
    return looksLikePasswordHash(value) || places.some((place) => holds(place, at)) ? A_PASSWORD : value;
  };
  return hide;
}

/** Where the mapping reads passwords. */
export const passwordPlaces = ({ fields, let: lets }: MappingSpec): readonly ReadPlace[] =>
  fields
    .filter(({ type }) => type === "password")
    .flatMap(({ from }) => from.flatMap(expressionsOf))
    .flatMap((expression) => placesIn(expression, lets));

/** Whether what stands at `at` is at the place or inside it. The whole record is no place: it is more than anybody marked. */
export const holds = (place: ReadPlace, at: ReadPlace): boolean =>
  place.root === at.root && place.names.every((name, index) => at.names[index] === name);
