import { ENTITY_NAMES, type EntityName } from "../../domain/entities";
import { isJsonObject, type JsonObject } from "../../domain/json";
import { recordLists } from "../openapi/answer-shape";
import type { ApiDocument, Operation } from "../openapi/api-document";
import { recordShapeAt } from "../openapi/record-shape";
import { partsOf, propertiesOf } from "../openapi/schema-parts";
import type { ChosenList, ListOperation } from "./drafted";
import { ENTITY_WORDS, FOREIGN_WORDS, READING_WORDS } from "./entity-words";
import { singular, wordsOf } from "./words";

/** Below this, a list is about something else. */
const ENOUGH = 6;
/** From here on there is no doubt. */
const CERTAIN = 14;

/** What generators put around a name: `getCollectionResource-account-get_1`, `listUsers_2`. */
const GENERATED = /^get(?:Collection|Item)Resource-|_\d+$/g;

/** Every GET of a document that answers with a list of records whose properties it describes. */
export function listOperations(document: ApiDocument): readonly ListOperation[] {
  return document.operations.flatMap((operation) => listOf(document, operation) ?? []);
}

/** The list that one operation answers with; null when the document describes none. */
export function listOf(document: ApiDocument, operation: Operation): ListOperation | null {
  if (operation.answer === null) return null;
  const place = likeliestPlace(recordLists(document, operation.answer), nounOf(operation.path));
  const record = place === null ? null : recordShapeAt(document, operation.answer, place);
  if (place === null || record === null || record.names.size === 0) return null;
  return { operation, place, record, recordName: recordNameAt(document, operation.answer, place) };
}

/** The best list of each entity. A list becomes one entity alone: of `roles` and `orgs`, groups are those they fit better. */
export function chooseLists(
  lists: readonly ListOperation[],
  wanted: readonly EntityName[] = ENTITY_NAMES,
): readonly ChosenList[] {
  const scored = wanted
    .flatMap((entity) => lists.map((list) => ({ entity, list, score: scoreOf(entity, list) })))
    .filter(({ score }) => score >= ENOUGH)
    .sort((a, b) => b.score - a.score || a.list.operation.path.length - b.list.operation.path.length);
  const chosen: ChosenList[] = [];
  for (const { entity, list, score } of scored) {
    if (chosen.some((other) => other.entity === entity || other.operation === list.operation)) continue;
    chosen.push({ ...list, entity, sureness: score >= CERTAIN ? "sure" : "likely" });
  }
  return chosen.sort((a, b) => ENTITY_NAMES.indexOf(a.entity) - ENTITY_NAMES.indexOf(b.entity));
}

/** How well a list fits an entity, by its path, id, tags, the name of its records and what it needs to be asked. */
export function scoreOf(entity: EntityName, { operation, recordName }: ListOperation): number {
  const { details, path, pathParameters, queryParameters } = operation;
  const weigh = (words: readonly string[]): number => ENTITY_WORDS[entity][singular(words.at(-1) ?? "")] ?? 0;
  const noun = nounOf(path);
  const id = wordsOf((operation.id ?? "").replace(GENERATED, "")).filter((word) => !READING_WORDS.has(word));
  const tags = Array.isArray(details.tags) ? details.tags.map((tag) => wordsOf(String(tag))) : [];
  const weight = weigh(noun) || 0.7 * weigh(id);
  if (weight === 0 || isWithinRecord(path)) return 0;
  const bonus =
    (weigh(noun) > 0 ? 10 : 7) +
    (weigh(id) > 0 ? 3 : 0) +
    (weigh(wordsOf(recordName ?? "")) > 0 ? 4 : 0) +
    (tags.some((tag) => tag.some((word) => weigh([word]) > 0)) ? 1 : 0);
  const beside = [...noun.slice(0, -1), ...id.slice(0, -1)];
  const foreign = [...beside, ...segmentsOf(path).flatMap(wordsOf)].filter((word) => FOREIGN_WORDS.has(singular(word)));
  return (
    weight * bonus -
    8 * Math.min(2, foreign.length) -
    noun.slice(0, -1).length -
    4 * pathParameters.length -
    3 * queryParameters.filter(({ required }) => required).length -
    (details.deprecated === true ? 4 : 0)
  );
}

/** Lists inside one role, one person or one permission are links, no lists of their own. */
function isWithinRecord(path: string): boolean {
  const parts = path.split("/");
  return parts.some((part, index) => {
    const holder = singular(wordsOf(parts[index - 1] ?? "").at(-1) ?? "");
    return part.startsWith("{") && ["users", "roles", "permissions"].some((entity) => holder in wordsFor(entity));
  });
}

const wordsFor = (entity: string): Readonly<Record<string, number>> => ENTITY_WORDS[entity as EntityName];

const segmentsOf = (path: string): readonly string[] =>
  path.split("/").filter((part) => part !== "" && !part.startsWith("{"));

/** What a path lists: the words of its last name, without those that only say that something is read. */
export const nounOf = (path: string): readonly string[] =>
  wordsOf(segmentsOf(path).at(-1) ?? "").filter((word) => !READING_WORDS.has(word));

/** Of several lists in an answer, the one named like the path or like a list; never the errors. */
function likeliestPlace(places: readonly (readonly string[])[], noun: readonly string[]): readonly string[] | null {
  const usual = [
    noun.join(""),
    "data",
    "items",
    "results",
    "records",
    "value",
    "values",
    "resources",
    "content",
    "list",
  ];
  const rank = (place: readonly string[]): number => {
    const name = wordsOf(place.at(-1) ?? "").join("");
    if (/^(?:errors?|warnings?|messages?|links?|included|facets?|schemas)$/.test(name)) return 100;
    const index = usual.indexOf(name);
    return index === -1 ? 50 : index;
  };
  return [...places].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** The name of the schema that the items of a list refer to. */
function recordNameAt(document: ApiDocument, answer: JsonObject, place: readonly string[]): string | null {
  let parts = partsOf(document, document.object(answer));
  for (const name of place) parts = partsOf(document, document.object(propertiesOf(parts)[name]));
  const items = parts.map((part) => part.items).find(isJsonObject);
  const ref = items?.$ref;
  return typeof ref === "string" ? (ref.split("/").at(-1) ?? null) : null;
}
