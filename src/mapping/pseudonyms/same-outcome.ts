import { attributeLabel } from "../../domain/field-label";
import type { Json } from "../../domain/json";
import type { Mapped, MappedRecord, MappingSpec } from "../../domain/mapping";

/**
 * How the outcome of a made-up record differs from the real one's in more than made-up values; null when it does not. What the
 * mapping decides (a status, a boolean, what is there at all, how many) must be the same; texts may differ. Never says a value.
 */
export function outcomeDifference(real: Mapped, made: Mapped, spec: MappingSpec): string | null {
  if (real.outcome !== made.outcome) return `it is ${PAST[made.outcome]} instead of ${PAST[real.outcome]}`;
  if (real.outcome === "record" && made.outcome === "record") return recordDifference(real, made, spec);
  if (real.outcome === "rejected" && made.outcome === "rejected")
    return real.field === made.field && real.code === made.code
      ? null
      : `it is rejected for \`${made.field ?? "the record"}\` (${made.code}) instead of \`${real.field ?? "the record"}\` (${real.code})`;
  if (real.outcome === "link" && made.outcome === "link")
    return (real.scope === null) === (made.scope === null)
      ? null
      : "it is held within an org, or not, unlike the real one";
  return real.outcome === "skipped" && made.outcome === "skipped" && real.because !== made.because
    ? `it is left out by ${made.because} instead of ${real.because}`
    : null;
}

const PAST = { record: "mapped", link: "mapped", rejected: "rejected", skipped: "left out" } as const;

function recordDifference(real: MappedRecord, made: MappedRecord, spec: MappingSpec): string | null {
  const decided = new Set(
    spec.fields.filter(({ map, type }) => map !== null || type === "enum").map(({ name }) => name),
  );
  for (const [name, value] of Object.entries(real.values)) {
    const other = made.values[name] ?? null;
    if ((value === null) !== (other === null))
      return `\`${name}\` is ${other === null ? "absent" : "there"}, unlike the real one's`;
    if ((decided.has(name) || typeof value === "boolean") && value !== other) return `\`${name}\` is another one`;
  }
  for (const { field, items } of real.lists) {
    const others = made.lists.find((list) => list.field === field)?.items ?? [];
    if (items.length !== others.length) return `\`${field}\` has ${others.length} items instead of ${items.length}`;
  }
  for (const name of new Set([...Object.keys(real.attributes), ...Object.keys(made.attributes)]))
    if (shapeOf(real.attributes[name]) !== shapeOf(made.attributes[name]))
      return `\`${attributeLabel(name)}\` has another shape`;
  return real.dropped.join() === made.dropped.join() ? null : "other fields are dropped";
}

/** Kinds of values, without names of properties: those may be made up. */
function shapeOf(value: Json | undefined): string {
  if (value === undefined) return "absent";
  if (typeof value !== "object" || value === null) return typeof value === "boolean" ? String(value) : typeof value;
  return `${Array.isArray(value) ? "list" : "map"}(${Object.values(value).map(shapeOf).join()})`;
}
