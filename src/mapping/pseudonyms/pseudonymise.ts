import { isJsonList, type Json, type JsonObject } from "../../domain/json";
import type { Dependencies } from "./dependencies";
import { looksLikeValue, MadeUpValues } from "./made-up-values";

export interface Given {
  readonly record: JsonObject;
  readonly parent: JsonObject | null;
}

/**
 * A record, and its parent's, with every value that could say who somebody is replaced by a made-up one of the same shape, the
 * same one by the same throughout. The same record gives the same result, from which nothing of it can be told.
 *
 * @param dependencies what the mapping tells apart, which stays
 * @param attempt from 0: another one gives other values
 */
export function pseudonymise({ record, parent }: Given, dependencies: Dependencies, attempt: number): Given {
  const texts = [...textsIn(record), ...textsIn(parent)];
  const values = new MadeUpValues(texts, dependencies, randomBy(attempt));
  const made = (value: Json, name: string): Json => {
    if (typeof value === "string") return values.text(value);
    if (typeof value === "number") return values.number(value, name);
    if (typeof value !== "object" || value === null) return value;
    if (isJsonList(value)) return value.map((item) => made(item, name));
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [values.name(key), made(inner, key)]));
  };
  return { record: made(record, "") as JsonObject, parent: made(parent, "") as JsonObject | null };
}

/** Only what the mapping reads: properties whose names it says, with all that is in them where it says none of that. */
export const onlyRead = ({ record, parent }: Given, { names }: Dependencies): Given => ({
  record: readIn(record, names) as JsonObject,
  parent: readIn(parent, names) as JsonObject | null,
});

/**
 * Texts of the real values that can still be read in the made-up ones; only those long enough to say something, and not what
 * the mapping says itself.
 */
export function survivors(real: Given, made: Given, { values, parts, names }: Dependencies): readonly string[] {
  const isNew = (name: string): boolean => !names.has(name);
  const said = [...textsIn(made.record, isNew), ...textsIn(made.parent, isNew)].map((text) => text.toLowerCase());
  const texts = new Set([...textsIn(real.record), ...textsIn(real.parent)].map((text) => text.trim().toLowerCase()));
  const isTelling = (text: string): boolean =>
    text.length >= SHORTEST_TELLING &&
    /[\p{L}\p{N}]/u.test(text) &&
    !values.has(text) &&
    !parts.some((part) => text.includes(part.toLowerCase()));
  return [...texts].filter((text) => isTelling(text) && said.some((one) => one.includes(text)));
}

const SHORTEST_TELLING = 4;

/** Texts and numbers, and the names of properties, as far as they are wanted. */
function* textsIn(value: Json, isWanted: (name: string) => boolean = looksLikeValue): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "number") yield String(value);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      if (!isJsonList(value) && isWanted(name)) yield name;
      yield* textsIn(inner, isWanted);
    }
}

function readIn(value: Json, names: ReadonlySet<string>): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isJsonList(value)) return value.map((item) => readIn(item, names));
  const read = Object.entries(value).filter(([name]) => names.has(name));
  return Object.fromEntries(read.map(([name, inner]) => [name, hasNamed(inner, names) ? readIn(inner, names) : inner]));
}

/** Whether the objects next in it have a property that the mapping names. */
function hasNamed(value: Json, names: ReadonlySet<string>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isJsonList(value)) return value.some((item) => hasNamed(item, names));
  return Object.keys(value).some((name) => names.has(name));
}

/** Mulberry32: small, and the same on every machine. */
function randomBy(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
