import { type EntityName, FIELDS, type FieldSpec } from "../../domain/entities";
import type { DraftedField, Read } from "./drafted";
import { ENTITY_WORDS } from "./entity-words";
import { PLAIN_CONTAINERS } from "./field-words";
import { isList, isRelationship, isText, pathText, type RecordField } from "./record-fields";
import { plainName, singular, wordsOf } from "./words";

/** An entity that the draft reads, as others may refer to it. */
export interface Target {
  readonly entity: EntityName;
  /** What its list is called, such as ["group"]. */
  readonly noun: readonly string[];
  /** The property that is its key, such as `id`. */
  readonly key: string;
}

/** Fields that hold keys of other entities: `roles`, `teamId`, `groups[].value`. Only of entities that are read themselves. */
export function matchLinks(
  entity: EntityName,
  fields: readonly RecordField[],
  targets: readonly Target[],
): readonly DraftedField[] {
  return FIELDS[entity].flatMap((spec) => {
    const target = targets.find((one) => one.entity === spec.refers);
    if (spec.type !== "list" || target === undefined) return [];
    const found = fields
      .map((field) => ({ field, closeness: closenessOf(field, target, spec) }))
      .filter(({ closeness }) => closeness > 0)
      .sort((a, b) => b.closeness - a.closeness || a.field.path.length - b.field.path.length);
    for (const { field, closeness } of found) {
      const link = linkFrom(spec, field, target, closeness);
      if (link !== null) return [link];
    }
    return [];
  });
}

/** How surely a field names keys of the target: 2 by its very name, 1 by another word for the same. */
function closenessOf({ path: whole }: RecordField, { entity, noun }: Target, { name }: FieldSpec): number {
  const path = isRelationship(whole) ? whole.slice(1, 2) : whole;
  if (!path.slice(0, -1).every((holder) => PLAIN_CONTAINERS.has(plainName(holder)))) return 0;
  const words = wordsOf(path.at(-1) ?? "").filter((word) => !/^(?:ids?|keys?|codes?|list|assigned|direct)$/.test(word));
  const word = words.map(singular).join("");
  if (word === noun.map(singular).join("") || plainName(path.at(-1) ?? "") === plainName(name)) return 2;
  // A word that is only half a name for it, such as `group` for a role, is somebody else's list.
  return (ENTITY_WORDS[entity][word] ?? 0) >= 0.8 && word !== "group" ? 1 : 0;
}

function linkFrom(spec: FieldSpec, field: RecordField, target: Target, closeness: number): DraftedField | null {
  const { path, shape } = field;
  const at = pathText(path);
  const drafted = (from: string, item: Read["item"], doubt: string | null): DraftedField => ({
    name: spec.name,
    from: [from],
    words: { type: "list" },
    comment: doubt,
    sureness: closeness === 2 && doubt === null ? "likely" : "guess",
    reads: [{ path, shape, field: spec.name, ...(item === undefined ? {} : { item }) }],
  });
  const doubt = closeness === 2 ? null : `are these keys of \`${target.entity}\`?`;
  if (!isList(shape)) {
    const isKey = isText(shape) && /(?:id|key|code)$/.test(plainName(path.at(-1) ?? ""));
    return isKey ? drafted(at, undefined, doubt) : null;
  }
  const items = shape.items();
  if (items.names.size === 0) return isText(items) ? drafted(at, { path: [], beside: {} }, doubt) : null;
  const wanted = [target.key, `${target.noun.join("")}id`, "id", "value", "key", "code"].map(plainName);
  const inner = wanted.flatMap((name) => [...items.names].find((known) => plainName(known) === name) ?? [])[0];
  if (inner === undefined) return null;
  return drafted(`${at}.${pathText([inner])}`, { path: [inner], beside: {} }, doubt);
}
