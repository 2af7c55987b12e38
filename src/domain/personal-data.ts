import type { AccessChange, PersonAnswer } from "./answers";
import type { CalledBy, DiffAnswer, RoleHolder } from "./audit";
import type { Change } from "./changes";
import { columnsOf, ENTITY_NAMES, LINK_ENDS } from "./entities";
import { attributeLabel, parseFieldLabel } from "./field-label";
import type { Json, JsonObject } from "./json";
import type { Subject } from "./login";
import type { MappingSpec } from "./mapping";

/** Whether the field or attribute under this label holds personal data. */
export type IsPersonal = (label: string) => boolean;

/** Names of fields and attributes that mappings mark `pii`. */
export const personalNames = (mappings: readonly MappingSpec[]): ReadonlySet<string> =>
  new Set(
    mappings
      .flatMap((mapping) => [...mapping.fields, ...mapping.attributes])
      .flatMap((rule) => (rule.pii || rule.type === "password" ? [rule.name] : [])),
  );

/** What mappings mark `pii`, of all that they describe. */
export function markedBy(mappings: readonly MappingSpec[]): IsPersonal {
  const names = personalNames(mappings);
  return (label) => names.has(parseFieldLabel(label).name);
}

const COLUMNS = new Set(ENTITY_NAMES.flatMap((entity) => columnsOf(entity).map(({ name }) => name)));

/**
 * What is personal of all that the mirror and its audit hold: what is marked, and what no mapping describes any more, for nobody
 * says that it may be shown. What is neither a field nor an attribute, such as a key or how many entries went, is nobody's.
 */
export function personalBy(mappings: readonly MappingSpec[]): IsPersonal {
  const isMarked = markedBy(mappings);
  const described = new Set(
    mappings.flatMap(({ fields, attributes }) => [
      ...fields.map(({ name }) => name),
      ...attributes.map(({ name }) => attributeLabel(name)),
    ]),
  );
  return (label) =>
    isMarked(label) || (!described.has(label) && (parseFieldLabel(label).isAttribute || COLUMNS.has(label)));
}

/** The first character of every word, so that two people can be told apart and neither be read. */
export const maskText = (text: string): string => text.replace(/[\p{L}\p{N}]+/gu, (word) => `${[...word][0] ?? ""}…`);

/** A copy in which values of personal fields are masked, also those inside `attributes`. */
export function maskPersonal(values: JsonObject, isPersonal: IsPersonal): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, Json] => {
      if (name === "attributes" && typeof value === "object" && value !== null && !Array.isArray(value))
        return [name, maskAttributes(value as JsonObject, isPersonal)];
      return [name, isPersonal(name) ? maskValue(value) : value];
    }),
  );
}

const maskAttributes = (attributes: JsonObject, isPersonal: IsPersonal): JsonObject =>
  maskPersonal(attributes, (name) => isPersonal(attributeLabel(name)));

export const maskValue = (value: Json): Json => {
  if (value === null) return null;
  return typeof value === "string" ? maskText(value) : "…";
};

/** A change as it may be shown. */
export const maskChange = <C extends Pick<Change, "old" | "new">>(change: C, isPersonal: IsPersonal): C => ({
  ...change,
  old: change.old === null ? null : maskPersonal(change.old, isPersonal),
  new: change.new === null ? null : maskPersonal(change.new, isPersonal),
});

/** A name as it may be shown, of a person who is called by it, and without what it was taken from. */
function maskName<N extends string | null, T extends CalledBy & { readonly name: N }>(
  { calledBy, ...named }: T,
  isPerson: boolean,
  isPersonal: IsPersonal,
) {
  const isMasked = isPersonal("username") || (calledBy !== "username" && isPersonal("display_name"));
  return { ...named, name: isPerson && isMasked && named.name !== null ? maskText(named.name) : named.name };
}

/** A change of access as it may be shown. */
const maskAccess = (access: AccessChange, isPersonal: IsPersonal): AccessChange =>
  maskName(access, access.subject === "user", isPersonal);

/** A list of changes, and what becomes of access by them, as they may be shown. */
export const maskChanges = <
  S extends { readonly access: readonly AccessChange[]; readonly changes: readonly Change[] },
>(
  set: S,
  isPersonal: IsPersonal,
): S => ({
  ...set,
  access: set.access.map((one) => maskAccess(one, isPersonal)),
  changes: set.changes.map((one) => maskChange(one, isPersonal)),
});

/** Somebody who holds a role, as it may be shown. */
export const maskHolder = (holder: RoleHolder, isPersonal: IsPersonal): RoleHolder =>
  maskName(holder, true, isPersonal);

/** What two moments differ in, as it may be shown. */
export const maskDiff = (answer: DiffAnswer, isPersonal: IsPersonal): DiffAnswer => ({
  ...answer,
  records: answer.records.map((record) =>
    maskName(maskChange(record, isPersonal), record.entity === "users", isPersonal),
  ),
  links: answer.links.map((link) => maskName(link, LINK_ENDS[link.kind].left === "users", isPersonal)),
});

/** Somebody who signed in, as they may be shown. */
export const maskSubject = (subject: Subject, isPersonal: IsPersonal): Subject => {
  const mask = <T extends string | null>(name: string, text: T) =>
    text !== null && isPersonal(name) ? maskText(text) : text;
  return {
    ...subject,
    username: mask("username", subject.username),
    displayName: mask("display_name", subject.displayName),
    email: mask("email", subject.email),
  };
};

/** A person as they may be shown. */
export const maskPerson = (person: PersonAnswer, isPersonal: IsPersonal): PersonAnswer => ({
  ...person,
  username: isPersonal("username") ? maskText(person.username) : person.username,
  values: maskPersonal(person.values, isPersonal),
  attributes: maskAttributes(person.attributes, isPersonal),
});
