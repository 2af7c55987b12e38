import { attributeLabel } from "../../domain/field-label";
import { isJsonList, isJsonObject, type Json, type JsonObject } from "../../domain/json";
import type { MappingSpec } from "../../domain/mapping";
import { type IsPersonal, maskPersonal, maskText, maskValue } from "../../domain/personal-data";
import type { FieldTrace, PathRead, RecordTrace, SourceTrace } from "../../domain/trace";
import type { MappingOptions } from "../compile-mapping";
import { placeName, type ReadPlace } from "../paths-read";
import { A_PASSWORD } from "../settle-password";
import { hidingPasswords, holds } from "./hide-passwords";
import { partsOf } from "./trace-parts";

/** Hides personal data in records of a customer and in their traces. */
export interface TraceMask {
  record(record: Json): Json;
  parent(parent: JsonObject | null): Json;
  trace(trace: RecordTrace): RecordTrace;
}

/**
 * What flows into a field marked `pii` is masked, in the raw record too, and in every other field that it flows into; so is
 * every value that no field reads, for nobody has said what it is. What only other fields read is shown, as are true, false,
 * the names of properties, keys and what a `map` makes of a value.
 */
export function createTraceMask(spec: MappingSpec, options: MappingOptions, isPersonal: IsPersonal): TraceMask {
  const parts = partsOf(spec, options);
  const isHiddenField = (label: string): boolean => isPersonal(label);
  const placesOf = (hidden: boolean): readonly ReadPlace[] =>
    parts.filter(({ label }) => isHiddenField(label) === hidden).flatMap(({ places }) => places.flat());
  const [hidden, shown] = [placesOf(true), placesOf(false)];
  const hide = hidingPasswords(spec);
  const byName = new Map([...hidden, ...shown].map((place) => [placeName(place), place]));

  function masked(value: Json, at: ReadPlace): Json {
    if (hidden.some((place) => holds(place, at))) return maskAll(value);
    if (isJsonList(value)) return value.map((item) => masked(item, at));
    const isShown = shown.some((place) => holds(place, at));
    if (!isJsonObject(value)) return isShown || typeof value === "boolean" ? value : maskAll(value);
    const inside = (name: string): ReadPlace => ({ ...at, names: [...at.names, name] });
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [isShown ? name : maskName(name), masked(item, inside(name))]),
    );
  }
  // First, or the beginnings of its words would be left of a hash.
  const visible = (value: Json, at: ReadPlace): Json => masked(hide(value, at), at);
  const maskRead = (read: PathRead): PathRead => {
    const place = byName.get(read.path);
    return { ...read, value: place === undefined ? maskAll(read.value) : masked(read.value, place) };
  };
  const readsHidden = (source: SourceTrace): boolean =>
    source.reads.some(({ path, found }) => {
      const at = byName.get(path);
      return found && (at === undefined || hidden.some((place) => holds(place, at) || holds(at, place)));
    });
  const isMasked = ({ field, sources }: FieldTrace): boolean =>
    isHiddenField(field) || (field !== "key" && sources.some((source) => source.present && readsHidden(source)));
  const maskField = (trace: FieldTrace): FieldTrace => {
    const isSecret = isMasked(trace);
    const maskSource = (source: SourceTrace): SourceTrace => ({
      ...source,
      value: isSecret ? maskAll(source.value) : source.value,
      reads: source.reads.map(maskRead),
    });
    const sources = trace.sources.map(maskSource);
    if (!isSecret) return { ...trace, sources };
    const { mapped } = trace;
    // Only whether it is, which what becomes of the record says as well.
    if (trace.field === "removed") return { ...trace, sources };
    if (mapped === null) return { ...trace, sources, value: maskAll(trace.value) };
    const from = maskText(mapped.from);
    if (!isHiddenField(trace.field)) return { ...trace, sources, mapped: { ...mapped, from } };
    return { ...trace, sources, mapped: { ...mapped, from, to: maskAll(mapped.to) }, value: maskAll(trace.value) };
  };
  return {
    record: (record) => visible(record, { root: "record", names: [] }),
    parent: (parent) => (parent === null ? null : visible(parent, { root: "parent", names: [] })),
    trace: ({ result, decisions, fields }) => {
      const repeating = new Set(
        fields.filter((field) => isMasked(field) && field.mapped === null).map(({ field }) => field),
      );
      const isHidden = (label: string): boolean => isHiddenField(label) || repeating.has(label);
      return {
        result:
          result.outcome === "record"
            ? {
                ...result,
                values: maskPersonal(result.values, isHidden) as typeof result.values,
                attributes: maskPersonal(result.attributes, (name) => isHidden(attributeLabel(name))),
              }
            : result,
        decisions: decisions.map(maskField),
        fields: fields.map(maskField),
      };
    },
  };
}

function maskAll(value: Json): Json {
  if (isJsonList(value)) return value.map(maskAll);
  if (!isJsonObject(value)) return value === A_PASSWORD ? value : maskValue(value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [maskName(name), maskAll(item)]));
}

/** Some systems name properties after people, by their address or name. */
const maskName = (name: string): string => (/^[\w$:.-]{1,80}$/.test(name) ? name : maskText(name));
