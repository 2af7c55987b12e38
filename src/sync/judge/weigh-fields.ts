import { grouped } from "../../domain/grouped";
import type { Limits } from "../../domain/job";
import type { Json } from "../../domain/json";
import type { DriftFrom, FieldDrift } from "../../domain/weighing";
import { exceeds, leastOver, percent, type Verdict } from "./safeguard";

/** Fewer records with the same new value than this say nothing as a share. */
export const FIELD_FROM = 10;
/** A field with more distinct values is no enumeration, and a new value in it is nothing unusual. */
const WORDS_AT_MOST = 20;
/** Nor is one in which nearly everybody has a value of their own. */
const HOLDERS_A_WORD = 3;
const VALUES_NAMED = 3;
const LONGEST_NAMED = 40;

/** From how many records on that take one value, or lose theirs, there may be a verdict. @param before records there were */
export const worthWeighing = (before: number, { flips, unseen }: Limits): DriftFrom => ({
  given: Math.max(FIELD_FROM, leastOver(before, Math.min(flips, unseen))),
  emptied: FIELD_FROM,
});

/**
 * Judges what updates do to one field: whether it loses its value, takes one and the same value, or takes one that nobody had,
 * for too many at once. A field that nobody had until now is not judged, for its first values are no drift.
 *
 * @param isShown whether values of the field may be told
 */
export function weighField(drift: FieldDrift, limits: Limits, isShown: boolean): Verdict | null {
  const { entity, field, value, count, before, filled, changed } = drift;
  if (filled === 0 || count < FIELD_FROM) return null;
  const held = { entity, field, count: changed, holds: { what: "field", field } } as const;
  const of = (whole: number): string => `\`${field}\` of ${grouped(count)} of ${grouped(whole)} ${entity}`;
  const from = isShown ? fromText(drift) : "";
  if (value === null) {
    if (!exceeds(count, filled, limits.emptied)) return null;
    const message = `${of(filled)} would lose its value${from} (limit ${percent(limits.emptied)})`;
    return { ...held, rule: "emptied", of: filled, message };
  }
  const to = isShown ? `\`${valueText(value)}\`` : "one and the same value";
  if (exceeds(count, before, limits.flips)) {
    const message = `${of(before)} would become ${to}${from} (limit ${percent(limits.flips)})`;
    return { ...held, rule: "flips", of: before, message };
  }
  if (isUnseenWord(drift) && exceeds(count, before, limits.unseen)) {
    const message = `${of(before)} would become ${to}, which nobody had before${from} (limit ${percent(limits.unseen)})`;
    return { ...held, rule: "unseen", of: before, message };
  }
  return null;
}

const isUnseenWord = ({ seen, distinct, filled }: FieldDrift): boolean =>
  !seen && distinct <= WORDS_AT_MOST && filled >= distinct * HOLDERS_A_WORD;

/** "; until now `active` 190, `locked` 10" */
function fromText({ from }: FieldDrift): string {
  const named = from
    .slice(0, VALUES_NAMED)
    .map(({ value, count }) => `${value === null ? "none" : `\`${valueText(value)}\``} ${grouped(count)}`);
  const others = from.length > VALUES_NAMED ? ", others" : "";
  return named.length === 0 ? "" : `; until now ${named.join(", ")}${others}`;
}

function valueText(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST_NAMED ? text : `${[...text].slice(0, LONGEST_NAMED).join("")}…`;
}
