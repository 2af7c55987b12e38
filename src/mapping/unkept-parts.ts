import { isEntity } from "../domain/entities";
import { attributeLabel } from "../domain/field-label";
import type { MappingSpec } from "../domain/mapping";
import { isNamedLikeSecret } from "../domain/secret-names";
import { type ReadPlace, readsWhole } from "./paths-read";
import type { Part } from "./trace/trace-parts";

/** A part of a mapping that reads what is not in the records that are kept. */
export interface UnkeptPart {
  /** As reasons call it. */
  readonly label: string;
  /** Whether without its value nobody can say what becomes of the record: to guess would reject it, remove it or rename it. */
  readonly decides: boolean;
  /** Property names from the root of a record, or of its parent, for both are kept alike. */
  readonly paths: readonly (readonly string[])[];
}

/**
 * The parts that cannot be told from records without these paths.
 *
 * @param redacted what the job takes away
 * @param isThere whether what is named like a secret stands in kept records all the same, as a boolean or a number does
 */
export function unkeptParts(
  { into, let: lets }: MappingSpec,
  parts: readonly Part[],
  redacted: UnkeptPart["paths"],
  isThere: (place: ReadPlace) => boolean,
): readonly UnkeptPart[] {
  return parts.flatMap(({ label, rule, sources, places }) => {
    const read = places.flat();
    const takesAll = sources.some((source) => readsWhole(source, lets));
    const paths = [
      ...redacted.filter((path) => takesAll || read.some(({ names }) => meet(names, path))),
      ...read.flatMap(secretPlace).flatMap((place) => (isThere(place) ? [] : [place.names])),
    ];
    // What a link names makes it another link.
    return paths.length === 0 ? [] : [{ label, decides: rule === null || rule.required || !isEntity(into), paths }];
  });
}

/** The mapping without these fields: what is not described is not compared, while a field that reads nothing would look emptied. */
export function withoutFields(spec: MappingSpec, labels: readonly string[]): MappingSpec {
  return {
    ...spec,
    fields: spec.fields.filter(({ name }) => !labels.includes(name)),
    attributes: spec.attributes.filter(({ name }) => !labels.includes(attributeLabel(name))),
  };
}

/** Whether one path leads to the other or through it. */
export const meet = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((name, index) => name === b[index]);

/** Up to the first name that marks a secret, for that is where it is taken away. */
function secretPlace({ root, names }: ReadPlace): readonly ReadPlace[] {
  const at = names.findIndex(isNamedLikeSecret);
  return at < 0 ? [] : [{ root, names: names.slice(0, at + 1) }];
}
