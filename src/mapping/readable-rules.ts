import { attributeLabel } from "../domain/field-label";
import type { FieldRule, MappingSpec } from "../domain/mapping";
import { placesRead } from "./paths-read";

/**
 * The mapping without the fields that cannot be told from records without these paths, where it can do without them: what is
 * not described is not compared, while a field that reads nothing would look emptied.
 *
 * @param missing property names from a record's root
 */
export function readableRules(
  spec: MappingSpec,
  missing: readonly (readonly string[])[],
): { readonly spec: MappingSpec; readonly leftOut: readonly string[] } {
  const isReadable = ({ from, required }: FieldRule): boolean =>
    required ||
    !from.some((source) => placesRead(source, spec.let).some(({ names }) => missing.some((path) => meet(names, path))));
  const leftOut = [
    ...spec.fields.filter((rule) => !isReadable(rule)).map(({ name }) => name),
    ...spec.attributes.filter((rule) => !isReadable(rule)).map(({ name }) => attributeLabel(name)),
  ];
  return {
    spec: { ...spec, fields: spec.fields.filter(isReadable), attributes: spec.attributes.filter(isReadable) },
    leftOut,
  };
}

/** Whether one path leads to the other or through it. */
export const meet = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((name, index) => name === b[index]);
