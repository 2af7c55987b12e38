import { isJsonList, type Json, type JsonObject } from "../../domain/json";
import type { RecordShape } from "../../domain/record-shape";
import type { Dependencies } from "./dependencies";
import { MadeUpValues, PLAIN_WORDS } from "./made-up-values";

export interface Given {
  readonly record: JsonObject;
  readonly parent: JsonObject | null;
}

/** What the API's document says of a record, and of its parent; null where there is none. */
export interface Shapes {
  readonly record: RecordShape | null;
  readonly parent: RecordShape | null;
}

/** What is known of records without looking into them: what the mapping says, and what the API's document does. */
type Known = Dependencies & { readonly shapes: Shapes };

/**
 * A record, and its parent's, with every value that could say who somebody is replaced by a made-up one of the same shape, the
 * same one by the same throughout. A property's name is such a value, too, where nobody but the record says it: some systems
 * list people by their logins. The same record gives the same result, from which nothing of it can be told.
 *
 * @param known what the mapping tells apart stays, and so do the names that are said
 * @param attempt from 0: another one gives other values
 */
export function pseudonymise(given: Given, known: Known, attempt: number): Given {
  const values = new MadeUpValues(textsOf(given, known), known, randomBy(attempt));
  const made = (value: Json, name: string, shape: RecordShape | null): Json => {
    if (typeof value === "string") return values.text(value);
    if (typeof value === "number") return values.number(value, name);
    if (typeof value !== "object" || value === null) return value;
    if (isJsonList(value)) return value.map((item) => made(item, name, shape?.items() ?? null));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        isSaid(key, known, shape) ? key : values.text(key),
        made(inner, key, shape?.property(key) ?? null),
      ]),
    );
  };
  return {
    record: made(given.record, "", known.shapes.record) as JsonObject,
    parent: made(given.parent, "", known.shapes.parent) as JsonObject | null,
  };
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
export function survivors(real: Given, made: Given, known: Known): readonly string[] {
  const { values, parts } = known;
  const said = textsOf(made, known).map((text) => text.toLowerCase());
  const texts = new Set(textsOf(real, known).map((text) => text.trim().toLowerCase()));
  const isTelling = (text: string): boolean =>
    text.length >= SHORTEST_TELLING &&
    /[\p{L}\p{N}]/u.test(text) &&
    !values.has(text) &&
    !PLAIN_WORDS.has(text) &&
    text !== OF_DOMAINS &&
    !parts.some((part) => text.includes(part.toLowerCase()));
  return [...texts].filter((text) => isTelling(text) && said.some((one) => one.includes(text)));
}

const SHORTEST_TELLING = 4;
/** Stands in made-up addresses, whatever the real ones are. */
const OF_DOMAINS = "example";

const textsOf = ({ record, parent }: Given, known: Known): readonly string[] => [
  ...textsIn(record, known, known.shapes.record),
  ...textsIn(parent, known, known.shapes.parent),
];

/** Texts and numbers, and the names of properties that nobody says. */
function* textsIn(value: Json, known: Known, shape: RecordShape | null): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "number") yield String(value);
  else if (typeof value !== "object" || value === null) return;
  else if (isJsonList(value)) for (const item of value) yield* textsIn(item, known, shape?.items() ?? null);
  else
    for (const [name, inner] of Object.entries(value)) {
      if (!isSaid(name, known, shape)) yield name;
      yield* textsIn(inner, known, shape?.property(name) ?? null);
    }
}

/** Whether the mapping says the name, or the API's document has it here. */
const isSaid = (name: string, { names }: Known, shape: RecordShape | null): boolean =>
  names.has(name) || shape?.names.has(name) === true;

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
