import { type EntityName, FIELDS, type Into, isEntity } from "../domain/entities";
import type { Entry } from "./yaml/entry";

/**
 * Fields that hold keys of records which no mapping of the source gives, such as the roles of people where the job reads no
 * roles: their links stay without effect, and nobody has any.
 */
export function checkEnds(mappings: readonly Entry[]): void {
  const intos = mappings.flatMap((mapping) => intoOf(mapping) ?? []);
  const read = new Set<Into>(intos);
  for (const mapping of mappings) {
    for (const field of mapping.get("fields")?.entries() ?? []) {
      const refers = referredBy(intoOf(mapping), field.name);
      if (refers === null || read.has(refers)) continue;
      field.report({
        code: "MAP065",
        severity: "warning",
        message: `\`${field.name}\` holds keys of ${refers}, and no entity of the job gives ${refers}: these links stay without effect`,
        hint: `read them too: an entity with a mapping \`into: ${refers}\``,
        atKey: true,
      });
    }
  }
}

const intoOf = (mapping: Entry): Into | null => (mapping.get("into")?.text() ?? null) as Into | null;

const referredBy = (into: Into | null, name: string): EntityName | null => {
  const field = into === null ? undefined : FIELDS[into].find((one) => one.name === name);
  return field?.refers !== undefined && isEntity(field.refers) ? field.refers : null;
};
