import type { EntityName } from "../../domain/entities";
import type { RecordShape } from "../../domain/record-shape";
import { isText, isWritable } from "./record-fields";
import { plainName } from "./words";

export interface GuessedKey {
  readonly path: readonly string[];
  readonly shape: RecordShape;
  /** What a person must know about it; null when it is an id. */
  readonly doubt: string | null;
}

const IDS = ["id", "_id", "uuid", "guid", "uid", "objectid", "key", "sub"];
/** Codes that systems hardly ever change, for what is no person. */
const CODES = ["code", "slug", "name", "label", "permission", "value"];
/** For people a last resort: a renamed person would count as a new one. */
const NAMES = ["externalid", "employeenumber", "employeeid", "username", "login", "email"];

/**
 * The property that tells a record from all others for ever: an id, never a login where there is anything else.
 *
 * @param parameter what the path of a single record takes, such as `personNo`: where no property is called an id, it is that
 */
export function guessKey(
  entity: EntityName,
  record: RecordShape,
  noun: readonly string[],
  parameter: string | null,
): GuessedKey | null {
  const own = [`${noun.join("")}id`, `${entity.slice(0, -1)}id`];
  const find = (names: readonly string[]): GuessedKey | null => {
    for (const name of names) {
      const found = [...record.names].find((known) => (name === "_id" ? known === "_id" : plainName(known) === name));
      const shape = found === undefined ? null : record.property(found);
      if (found === undefined || shape === null || !isText(shape) || !isWritable([found])) continue;
      return { path: [found], shape, doubt: null };
    }
    return null;
  };
  const taken = parameter === null || isLogin(parameter) ? [] : [plainName(parameter)];
  const id = find([...IDS.slice(0, 1), ...own, ...IDS.slice(1), ...taken]);
  if (id !== null) return id;
  const name = find(entity === "users" ? NAMES : CODES);
  if (name === null) return keyInNode(record, (node) => guessKey(entity, node, noun, parameter));
  const doubt =
    entity === "users"
      ? "the records show no id: a person who gets another one of these counts as somebody new"
      : "the records show no id: take this only if it never changes and is unique";
  return { ...name, doubt };
}

/** The records of a connection, as GraphQL has lists, are edges with the record itself inside. */
function keyInNode(record: RecordShape, guess: (node: RecordShape) => GuessedKey | null): GuessedKey | null {
  const node = record.property("node");
  const inner = node === null || node.names.size === 0 ? null : guess(node);
  return inner === null ? null : { ...inner, path: ["node", ...inner.path] };
}

/** Whether a parameter is the key: a login in its place would answer 404 for everybody who is there. */
export function takesKey(parameter: string, { path, doubt }: GuessedKey): boolean {
  return plainName(parameter).endsWith(plainName(path.at(-1) ?? "")) || (doubt === null && !isLogin(parameter));
}

/** Whether a parameter takes what people call the record, which may change. */
function isLogin(parameter: string): boolean {
  const taken = plainName(parameter);
  return /(?:name|login|mail|label|code)$/.test(taken) && !taken.includes("id");
}
