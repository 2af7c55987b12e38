import type { FieldRule } from "../../domain/mapping";
import type { FieldTrace } from "../../domain/trace";
import { isPresent, textOf } from "../coerce";

/** Which entry of a field's `map` a value meets; null when it meets none. Explains the engine, which does this by itself. */
export function lookUp({ map }: FieldRule, value: unknown): FieldTrace["mapped"] {
  if (map === null || !isPresent(value) || typeof value === "object") return null;
  const from = textOf(value);
  const entry = Object.hasOwn(map.entries, from) ? map.entries[from] : undefined;
  if (entry !== undefined) return { from, to: entry, by: "entry" };
  return map.fallback === undefined ? null : { from, to: map.fallback, by: "fallback" };
}
