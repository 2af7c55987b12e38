import { attributeLabel } from "../domain/field-label";
import type { ExpressionFinding, MappingSpec } from "../domain/mapping";
import { placeName, placesIn } from "./paths-read";
import { expressionsOf } from "./source-expressions";
import { passwordPlaces } from "./trace/hide-passwords";
import { meet } from "./unkept-parts";

/**
 * Fields that read where the hash of the password stands: as values of the record it would be stored as it is, told in the
 * audit, and shown.
 */
export function checkPasswords(spec: MappingSpec): readonly ExpressionFinding[] {
  const secret = passwordPlaces(spec);
  if (secret.length === 0) return [];
  const rules = [
    ...spec.fields.filter(({ type }) => type !== "password").map((rule) => ({ label: rule.name, from: rule.from })),
    ...spec.attributes.map((rule) => ({ label: attributeLabel(rule.name), from: rule.from })),
  ];
  return rules.flatMap(({ label, from }) =>
    from.flatMap(expressionsOf).flatMap((expression) => {
      const read = placesIn(expression, spec.let).find((place) =>
        secret.some((other) => place.root === other.root && meet(place.names, other.names)),
      );
      if (read === undefined) return [];
      const message = `\`${label}\` reads \`${placeName(read)}\`, where the hash of the password stands: it would be stored, told in the audit and shown`;
      const hint = "read something else, or see with `mapping try` that the hash is not in it";
      const { text, at } = expression;
      return [{ code: "MAP063", severity: "warning", message, at, offset: 0, length: text.length, hint } as const];
    }),
  );
}
