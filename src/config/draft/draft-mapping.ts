import type { EntityName } from "../../domain/entities";
import { completePerson } from "./draft-person";
import type { ChosenList, DraftedField, DraftedMapping } from "./drafted";
import type { GuessedKey } from "./guess-key";
import { candidatesFor, matchAttributes, matchFields, readOf } from "./match-fields";
import { matchLinks, type Target } from "./match-links";
import { fieldsOf, isFlag, isText, isWritable, pathText, type RecordField } from "./record-fields";
import { plainName } from "./words";

/** The mapping of one list: its key, its fields by name and type, its links to the other lists that are read. */
export function draftMapping(
  { entity, record }: ChosenList,
  key: GuessedKey,
  targets: readonly Target[],
): DraftedMapping {
  const fields = fieldsOf(record).filter(({ path }) => isWritable(path));
  const matched = matchFields(entity, withoutKey(entity, fields, key));
  const others = targets.filter((target) => target.entity !== entity);
  const own =
    entity === "users"
      ? completePerson(matched, fields, key)
      : [...withName(matched, key), ...orgStatus(entity, fields)];
  return {
    stream: entity,
    into: entity,
    key: { path: key.path, shape: key.shape, comment: key.doubt },
    fields: inOrder([...own, ...matchLinks(entity, fields, others)]),
    attributes: entity === "users" ? matchAttributes(fields) : [],
    parent: [],
  };
}

/** An id is nobody's login, nor the name of a role that has another. */
function withoutKey(entity: EntityName, fields: readonly RecordField[], key: GuessedKey): readonly RecordField[] {
  const isKey = ({ path }: RecordField) => path.join(".") === key.path.join(".");
  const rest = fields.filter((field) => !isKey(field));
  const needed = entity === "users" ? "username" : "name";
  return key.doubt !== null && candidatesFor(entity, { name: needed, type: "text" }, rest).length === 0 ? fields : rest;
}

/** What has no name of its own is called by what it allows, else by its key. */
function withName(matched: readonly DraftedField[], key: GuessedKey): readonly DraftedField[] {
  if (matched.some(({ name }) => name === "name")) return matched;
  const parts = ["action", "resource"]
    .flatMap((part) => matched.find(({ name }) => name === part)?.from ?? [])
    .filter((source) => typeof source === "string");
  const isComplete = parts.length === 2;
  const name: DraftedField = {
    name: "name",
    from: isComplete ? [{ join: parts }] : [pathText(key.path)],
    words: { required: true },
    reads: [],
    sureness: "likely",
    comment: isComplete ? null : "nothing is called a name",
  };
  return [...matched, name];
}

/** An organization's status is any text. */
function orgStatus(entity: EntityName, fields: readonly RecordField[]): readonly DraftedField[] {
  if (entity !== "orgs") return [];
  const top = (names: readonly string[], fits: (field: RecordField) => boolean) =>
    fields.find((field) => field.path.length === 1 && names.includes(plainName(field.path[0] ?? "")) && fits(field));
  const drafted = (field: RecordField, words: DraftedField["words"]): readonly DraftedField[] => [
    {
      name: "status",
      from: [pathText(field.path)],
      words,
      sureness: "likely" as const,
      comment: null,
      reads: [isFlag(field.shape) ? { ...readOf("status", field), sample: true } : readOf("status", field)],
    },
  ];
  const state = top(["status", "state"], ({ shape }) => isText(shape) && !isFlag(shape));
  if (state !== undefined) return drafted(state, {});
  const flag = top(["active", "enabled", "isactive", "isenabled", "open"], ({ shape }) => isFlag(shape));
  return flag === undefined ? [] : drafted(flag, { map: { true: "active", _: "closed" } });
}

/** As the reference lists them: what is required first. */
function inOrder(fields: readonly DraftedField[]): readonly DraftedField[] {
  const order = ["username", "name", "status", "email", "display_name", "given_name", "family_name"];
  const rank = ({ name }: DraftedField) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...fields].sort((a, b) => rank(a) - rank(b));
}
