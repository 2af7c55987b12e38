import type { Json } from "../../domain/json";

const LONGEST_TEXT = 200;
const LONGEST_LIST = 5;
const MOST_PROPERTIES = 12;
const DEEPEST = 4;

/** A value cut down to what a person looks at; what was left out is told in its place. */
export function shortened(value: Json, depth = 0): Json {
  if (typeof value === "string") return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}…`;
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEEPEST) return "…";
  if (Array.isArray(value)) {
    const more = value.length - LONGEST_LIST;
    const items = value.slice(0, LONGEST_LIST).map((item: Json) => shortened(item, depth + 1));
    return more > 0 ? [...items, `… and ${more} more`] : items;
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, MOST_PROPERTIES)
    .map(([name, item]): [string, Json] => [name, shortened(item, depth + 1)]);
  return Object.fromEntries(
    entries.length > MOST_PROPERTIES ? [...kept, ["…", `${entries.length - MOST_PROPERTIES} more`]] : kept,
  );
}
