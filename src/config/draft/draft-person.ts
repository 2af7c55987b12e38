import type { DraftedField } from "./drafted";
import type { GuessedKey } from "./guess-key";
import { guessStatus } from "./guess-status";
import { readOf } from "./match-fields";
import { isText, pathText, type RecordField } from "./record-fields";
import { plainName } from "./words";

/** A person's fields as matched, with what every person needs: a username, a status, and a name to show. */
export function completePerson(
  matched: readonly DraftedField[],
  fields: readonly RecordField[],
  key: GuessedKey,
): readonly DraftedField[] {
  const find = (name: string) => matched.find((field) => field.name === name);
  const username = find("username") ?? guessUsername(find, fields, key);
  const others = matched.filter(({ name }) => name !== "username" && name !== "display_name");
  return [...others, username, guessStatus(fields), displayName(find, username)];
}

type Find = (name: string) => DraftedField | undefined;

/** Where nothing is called a login: `name` beside other names, the email address, and in need the key. */
function guessUsername(find: Find, fields: readonly RecordField[], key: GuessedKey): DraftedField {
  const guess = (from: DraftedField["from"], reads: DraftedField["reads"], comment: string): DraftedField => ({
    name: "username",
    from,
    words: { required: true },
    reads,
    sureness: "guess",
    comment,
  });
  const name = fields.find(
    ({ path: [top = "", ...deeper], shape }) => deeper.length === 0 && plainName(top) === "name" && isText(shape),
  );
  const display = find("display_name");
  const hasOtherName =
    find("given_name") !== undefined || (display !== undefined && plainName(text(display)) !== "name");
  if (name !== undefined && hasOtherName)
    return guess([pathText(name.path)], [readOf("username", name)], "is this what people sign in with?");
  const email = find("email");
  if (email !== undefined) return guess(email.from, [], "nothing is called a login: do people sign in by email?");
  return guess([pathText(key.path)], [], "nothing is called a login: what do people sign in with?");
}

const text = ({ from: [first] }: DraftedField): string => (typeof first === "string" ? first : "");

/** The name as it is, else its parts, else the username. */
function displayName(find: Find, username: DraftedField): DraftedField {
  const matched = find("display_name");
  const own = matched?.from.filter((source) => !username.from.includes(source)) ?? [];
  const parts = ["given_name", "family_name"].flatMap((part) => find(part) ?? []).map(text);
  return {
    name: "display_name",
    from: [...own, ...(parts.length === 2 ? [{ join: parts }] : []), ...username.from],
    words: { pii: true },
    reads: own.length === 0 ? [] : (matched?.reads ?? []),
    sureness: "likely",
    comment: null,
  };
}
