import type { AccessChange, PersonAnswer } from "./answers";
import type { DiffAnswer, RoleHolder } from "./audit";
import type { Change } from "./changes";
import { LINK_ENDS } from "./entities";
import type { Json, JsonObject } from "./json";
import type { Subject } from "./login";
import type { MappingSpec } from "./mapping";

/** Whether a field or attribute of this name holds personal data. */
export type IsPersonal = (name: string) => boolean;

/** Names of fields and attributes that mappings mark `pii`. */
export const personalNames = (mappings: readonly MappingSpec[]): ReadonlySet<string> =>
  new Set(
    mappings
      .flatMap((mapping) => [...mapping.fields, ...mapping.attributes])
      .flatMap((rule) => (rule.pii || rule.type === "password" ? [rule.name] : [])),
  );

export function personalBy(mappings: readonly MappingSpec[]): IsPersonal {
  const names = personalNames(mappings);
  return (name) => names.has(name);
}

/** The first character of every word, so that two people can be told apart and neither be read. */
export const maskText = (text: string): string => text.replace(/[\p{L}\p{N}]+/gu, (word) => `${[...word][0] ?? ""}…`);

/** A copy in which values of personal fields are masked, also those inside `attributes`. */
export function maskPersonal(values: JsonObject, isPersonal: IsPersonal): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, Json] => {
      if (name === "attributes" && typeof value === "object" && value !== null && !Array.isArray(value))
        return [name, maskPersonal(value as JsonObject, isPersonal)];
      return [name, isPersonal(name) ? maskValue(value) : value];
    }),
  );
}

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

/** A change of access as it may be shown. */
const maskAccess = (access: AccessChange, isPersonal: IsPersonal): AccessChange =>
  access.subject === "user" && (isPersonal("display_name") || isPersonal("username"))
    ? { ...access, name: maskText(access.name) }
    : access;

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

/** What a person is called, as it may be shown. */
const maskName = (name: string | null, isPersonal: IsPersonal): string | null =>
  name !== null && (isPersonal("display_name") || isPersonal("username")) ? maskText(name) : name;

/** Somebody who holds a role, as it may be shown. */
export const maskHolder = (holder: RoleHolder, isPersonal: IsPersonal): RoleHolder => ({
  ...holder,
  name: maskName(holder.name, isPersonal),
});

/** What two moments differ in, as it may be shown. */
export const maskDiff = (answer: DiffAnswer, isPersonal: IsPersonal): DiffAnswer => ({
  ...answer,
  records: answer.records.map((record) => ({
    ...maskChange(record, isPersonal),
    name: record.entity === "users" ? maskName(record.name, isPersonal) : record.name,
  })),
  links: answer.links.map((link) => ({
    ...link,
    name: LINK_ENDS[link.kind].left === "users" ? maskName(link.name, isPersonal) : link.name,
  })),
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
  attributes: maskPersonal(person.attributes, isPersonal),
});
