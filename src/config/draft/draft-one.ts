import type { Json } from "../../domain/json";
import { canBe } from "../../domain/record-shape";
import type { ApiDocument, Operation } from "../openapi/api-document";
import { shapeOf } from "../openapi/record-shape";
import { nounOf } from "./choose-operations";
import type { ChosenList } from "./drafted";
import { type GuessedKey, takesKey } from "./guess-key";
import { placeText } from "./guess-paging";
import { requiredQuery, type StreamDrafting, scopeOf, usableId } from "./request-words";
import { plainName, singular } from "./words";

/** How one record is read by its key: the list's path and the key, or a neighbour that takes it as a query parameter. */
export function draftOne(chosen: ChosenList, key: GuessedKey, drafting: StreamDrafting): Json {
  const { document } = drafting;
  const { operation, entity } = chosen;
  const inPath = oneInPath(document, operation);
  if (inPath !== undefined) {
    if (!takesKey(inPath.pathParameters.at(-1) ?? "", key)) return null;
    const records = placeOfRecord(document, inPath, key);
    if (records === null) return null;
    const id = inPath.pathParameters.length === 1 ? usableId(inPath, document) : null;
    const get = id ?? `${scopeOf(operation).path}/{key}`;
    const query = requiredQuery(inPath, `${entity}.one`, new Set(), drafting);
    const isPlain = records.length === 0 && Object.keys(query).length === 0;
    if (isPlain) return get;
    return {
      get,
      ...(Object.keys(query).length === 0 ? {} : { query }),
      ...(records.length === 0 ? {} : { records: placeText(records) }),
    };
  }
  return oneByQuery(chosen, key, document);
}

/** `/users/{id}` beside `/users`. */
export function oneInPath(document: ApiDocument, list: Operation): Operation | undefined {
  return document.operations.find(
    ({ path }) => path.startsWith(`${list.path}/{`) && /^\{[^{}]*\}$/.test(path.slice(list.path.length + 1)),
  );
}

/** `/get-user?userId=…`, beside `/get-users`. */
function oneByQuery({ operation, entity }: ChosenList, key: GuessedKey, document: ApiDocument): Json {
  const noun = singular(nounOf(operation.path).at(-1) ?? "");
  const wanted = [
    `${noun}id`,
    `${entity.slice(0, -1)}id`,
    ...(key.path.length === 1 ? [plainName(key.path[0] ?? "")] : []),
  ];
  if (!/id$/.test(plainName(key.path.at(-1) ?? ""))) return null;
  for (const other of document.operations) {
    if (other === operation || other.pathParameters.length > 0 || nounOf(other.path).join("") !== noun) continue;
    const parameter = wanted.flatMap(
      (name) => other.queryParameters.find((one) => plainName(one.name) === name) ?? [],
    )[0];
    const records = placeOfRecord(document, other, key);
    const needsMore = other.queryParameters.some(({ name, required }) => required && name !== parameter?.name);
    if (parameter === undefined || records === null || needsMore) continue;
    const get = usableId(other, document) ?? other.path;
    const query = { [parameter.name]: "{key}" };
    return { get, query, ...(records.length === 0 ? {} : { records: placeText(records) }) };
  }
  return null;
}

/** Where the record is in an answer for one: the answer itself, or an object in it; null when it has no such record. */
function placeOfRecord(document: ApiDocument, operation: Operation, key: GuessedKey): readonly string[] | null {
  if (operation.answer === null) return null;
  const answer = shapeOf(document, operation.answer);
  const name = key.path[0] ?? "";
  if (!canBe(answer, "object") || answer.names.has(name)) return answer.kinds?.has("array") === true ? null : [];
  const inner = [...answer.names].find((outer) => answer.property(outer)?.names.has(name) === true);
  return inner === undefined ? (answer.names.size === 0 ? [] : null) : [inner];
}
