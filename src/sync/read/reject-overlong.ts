import { asInactive, columnsOf, type EntityName, FIELDS, type Into, isEntity } from "../../domain/entities";
import type { Mapped, MappedLink, MappedRecord, RejectedRecord } from "../../domain/mapping";

/**
 * Bytes of UTF-8 that a key or a username may have. Both are kept in indexes of the database, where a row of the longest, that
 * of a link with four keys, must stay under 2,704 bytes. One row more would end the whole run.
 */
const LONGEST_INDEXED = 512;

const indexedOf = (entity: EntityName): readonly string[] =>
  columnsOf(entity)
    .filter((field) => field.type === "key" || field.name === "username")
    .map((field) => field.name);
const INDEXED: Readonly<Record<EntityName, readonly string[]>> = {
  orgs: indexedOf("orgs"),
  permissions: indexedOf("permissions"),
  roles: indexedOf("roles"),
  users: indexedOf("users"),
};

/** What the mirror cannot index becomes a reject; everything else stays as it is. */
export function rejectOverlong(into: Into, result: Mapped): Mapped {
  const found = overlongField(into, result);
  if (found === null) return result;
  if (result.outcome !== "record" || found === "key") return rejected(null, found);
  const inactive = into === "users" ? asInactive(result.values.status) : undefined;
  return { ...rejected(result.key, found), ...(inactive === undefined ? {} : { inactive }) };
}

function overlongField(into: Into, result: Mapped): string | null {
  switch (result.outcome) {
    case "record":
      return isOverlong(result.key) ? "key" : overlongValue(into, result);
    case "link":
      return overlongEnd(result);
    case "skipped":
    case "rejected":
      return result.key !== null && isOverlong(result.key) ? "key" : null;
  }
}

function overlongValue(into: Into, { values, lists }: MappedRecord): string | null {
  if (isEntity(into)) for (const name of INDEXED[into]) if (isOverlong(values[name])) return name;
  for (const { field, items } of lists)
    for (const { key, scope } of items) if (isOverlong(key) || isOverlong(scope)) return field;
  return null;
}

/** The fields of a link stand in the order of its ends. */
function overlongEnd({ links, left, right, scope }: MappedLink): string | null {
  const end = [left, right, scope].findIndex(isOverlong);
  return FIELDS[links][end]?.name ?? null;
}

function isOverlong(text: unknown): boolean {
  // No character takes more than three bytes for each of its UTF-16 units.
  return typeof text === "string" && text.length * 3 > LONGEST_INDEXED && Buffer.byteLength(text) > LONGEST_INDEXED;
}

const rejected = (key: string | null, field: string): RejectedRecord => ({
  outcome: "rejected",
  key,
  field,
  code: field === "username" ? "MAP022" : "MAP025",
  reason: `\`${field}\` is longer than ${LONGEST_INDEXED} bytes`,
});
