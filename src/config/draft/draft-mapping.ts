import type { EntityName } from "../../domain/entities";
import type { ChosenList, DraftedField, DraftedMapping } from "./drafted";
import type { GuessedKey } from "./guess-key";
import { guessStatus } from "./guess-status";
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
  const matched = new Map(matchFields(entity, withoutKey(entity, fields, key)).map((field) => [field.name, field]));
  if (entity === "users") completePerson(matched, fields, key);
  else if (!matched.has("name")) matched.set("name", nameFor(matched, key));
  if (entity === "orgs") for (const status of orgStatus(fields)) matched.set("status", status);
  for (const link of matchLinks(
    entity,
    fields,
    targets.filter((target) => target.entity !== entity),
  ))
    matched.set(link.name, link);
  return {
    stream: entity,
    into: entity,
    key: { path: key.path, shape: key.shape, comment: key.doubt },
    fields: inOrder([...matched.values()]),
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

/** Username and status are required, and there is nearly always something to display. */
function completePerson(matched: Map<string, DraftedField>, fields: readonly RecordField[], key: GuessedKey): void {
  const display = matched.get("display_name");
  const name = fields.find(
    ({ path, shape }) => path.length === 1 && plainName(path[0] ?? "") === "name" && isText(shape),
  );
  const parts = ["given_name", "family_name"].flatMap((part) => matched.get(part) ?? []);
  const hasOtherName = parts.length > 0 || (display !== undefined && display.from[0] !== "name");
  const named = (from: DraftedField["from"], reads: DraftedField["reads"], comment: string): DraftedField => ({
    ...{ name: "username", from, words: { required: true }, reads, sureness: "guess", comment },
  });
  if (!matched.has("username")) {
    const email = matched.get("email");
    if (name !== undefined && hasOtherName)
      matched.set("username", named(["name"], [readOf("username", name)], "is this what people sign in with?"));
    else if (email !== undefined)
      matched.set("username", named(email.from, [], "nothing is called a login; do people sign in by email?"));
    else
      matched.set(
        "username",
        named([pathText(key.path)], [], "nothing is called a login: what do people sign in with?"),
      );
  }
  matched.set("status", guessStatus(fields));
  const username = matched.get("username")?.from ?? [];
  const own = display?.from.filter((source) => !username.includes(source)) ?? [];
  const joined = parts.length < 2 ? [] : [{ join: parts.flatMap(({ from }) => from).filter(isPlain) }];
  matched.set("display_name", {
    ...{ name: "display_name", from: [...own, ...joined, ...username], words: { pii: true } },
    ...{ reads: own.length === 0 ? [] : (display?.reads ?? []), sureness: "likely", comment: null },
  });
}

const isPlain = (source: DraftedField["from"][number]): source is string => typeof source === "string";

/** What has no name of its own is called by what it allows, else by its key. */
function nameFor(matched: ReadonlyMap<string, DraftedField>, key: GuessedKey): DraftedField {
  const parts = ["action", "resource"].flatMap((part) => matched.get(part)?.from ?? []).filter(isPlain);
  return {
    name: "name",
    from: parts.length === 2 ? [{ join: parts }] : [pathText(key.path)],
    words: { required: true },
    ...{ reads: [], sureness: "likely", comment: parts.length === 2 ? null : "nothing is called a name" },
  };
}

/** An organization's status is any text. */
function orgStatus(fields: readonly RecordField[]): readonly DraftedField[] {
  const top = (names: readonly string[], fits: (field: RecordField) => boolean) =>
    fields.find((field) => field.path.length === 1 && names.includes(plainName(field.path[0] ?? "")) && fits(field));
  const drafted = (field: RecordField, words: DraftedField["words"]): readonly DraftedField[] => [
    {
      ...{ name: "status", from: [pathText(field.path)], words, sureness: "likely" as const, comment: null },
      reads: [readOf("status", field)],
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
