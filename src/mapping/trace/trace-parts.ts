import { attributeLabel } from "../../domain/field-label";
import type { Expression, FieldRule, MappingSpec, Position, Source } from "../../domain/mapping";
import type { MappingOptions } from "../compile-mapping";
import { placeName, placesRead, type ReadPlace } from "../paths-read";

export interface TraceOptions extends MappingOptions {
  /** Where `deletes` stands in the job file. */
  readonly deletesAt?: Position | null;
  /** Where `removed` does. */
  readonly removedAt?: Position | null;
}

/** A part of the mapping that gets a value. */
export interface Part {
  /** As reasons call it. */
  readonly label: string;
  readonly at: Position;
  /** Null for `removed`, `deletes`, `skip` and `key`. */
  readonly rule: FieldRule | null;
  readonly sources: readonly Source[];
  /** What each source reads. */
  readonly places: readonly (readonly ReadPlace[])[];
}

/** What decides about the record, in the order a run asks, then its fields and attributes in the order of the file. */
export function partsOf(spec: MappingSpec, options: TraceOptions): readonly Part[] {
  const top = { file: spec.file, line: 1, column: 1 };
  const deletes = options.deletes === null ? null : { text: options.deletes, at: options.deletesAt ?? top };
  const removed =
    options.removed == null
      ? null
      : { text: placeName({ root: "record", names: options.removed }), at: options.removedAt ?? top };
  const part = (label: string, at: Position, rule: FieldRule | null, sources: readonly Source[]): Part => {
    return { label, at, rule, sources, places: sources.map((source) => placesRead(source, spec.let)) };
  };
  const decision = (label: string, expression: Expression | null): readonly Part[] =>
    expression === null ? [] : [part(label, expression.at, null, [{ kind: "expression", expression }])];
  return [
    ...decision("removed", removed),
    ...decision("deletes", deletes),
    ...decision("skip", spec.skip),
    ...decision("key", spec.key),
    ...spec.fields.map((rule) => part(rule.name, rule.at, rule, rule.from)),
    ...spec.attributes.map((rule) => part(attributeLabel(rule.name), rule.at, rule, rule.from)),
  ];
}
