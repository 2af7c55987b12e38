import type { Json } from "../../domain/json";
import { canBe } from "../../domain/record-shape";
import type { ApiDocument, Operation } from "../api-document";
import { shapeOf } from "../record-shape";
import { nounOf } from "./choose-operations";
import type { ChildList } from "./draft-child-streams";
import type { ChosenList, DraftedStream, ListOperation, Remark } from "./drafted";
import type { GuessedKey } from "./guess-key";
import { guessPaging, placeText } from "./guess-paging";
import type { NotedVariables } from "./noted-variables";
import { plainName, singular, snakeCase } from "./words";

/** What the streams of one draft share. */
export interface StreamDrafting {
  readonly document: ApiDocument;
  readonly variables: NotedVariables;
  readonly remark: (remark: Remark) => void;
}

/** The entry of an entity in a job. */
export function draftStream(chosen: ChosenList, key: GuessedKey, drafting: StreamDrafting): DraftedStream {
  const { operation, entity } = chosen;
  const scope = scopeOf(operation);
  const get = (scope.open.length === 0 ? usableId(operation, drafting.document) : null) ?? scope.path;
  const one = draftOne(chosen, key, drafting);
  if (scope.open.length > 0) {
    const text = `put a value in place of ${scope.open.join(" and ")}: only what is under it is read`;
    drafting.remark({ about: `${entity}.get`, sureness: "guess", text });
  }
  return {
    name: entity,
    comment: chosen.sureness === "sure" ? null : `taken for ${entity}: is that so?`,
    ...withPaging(chosen, entity, { get, ...(one === null ? {} : { one }) }, { deletes: "sweep" }, drafting),
  };
}

/** The entry of a child stream. */
export function draftChild({ into, parent: above, list }: ChildList, drafting: StreamDrafting): DraftedStream {
  const { list: parent, key } = above;
  const name = list.operation.path.split("/").at(-1) ?? "";
  const get = `${scopeOf(parent.operation).path}/{parent.${key.path.join(".")}}/${name}`;
  const { words, comments } = withPaging(
    list,
    into,
    { each: parent.entity, get },
    { deletes: "sweep-within-parent" },
    drafting,
  );
  const many = parent.entity === "users" ? "; with many people, is there a list the other way round?" : "";
  return { name: into, comment: `one request for each of ${parent.entity}${many}`, words, comments };
}

function withPaging(
  list: ListOperation,
  stream: string,
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
  { document, remark, variables }: StreamDrafting,
): Pick<DraftedStream, "words" | "comments"> {
  const { page, query: sized, sureness, because } = guessPaging(document, list);
  if (sureness === "guess") remark({ about: `${stream}.page`, sureness, text: because });
  const query = { ...requiredQuery(list.operation, stream, pageNames(page), variables, remark), ...sized };
  const words = {
    ...before,
    ...(Object.keys(query).length === 0 ? {} : { query }),
    page,
    ...(list.place.length === 0 ? {} : { records: placeText(list.place) }),
    ...after,
  };
  return { words, comments: { ...(sureness === "sure" ? {} : { page: because }), ...commentsFor(words) } };
}

const commentsFor = (words: Readonly<Record<string, Json>>): Readonly<Record<string, string>> => ({
  ...(words.one === undefined ? {} : { one: "404 or 410 here confirms that a record is gone" }),
});

/** Names of the query parameters that paging fills itself. */
const pageNames = (page: Json): ReadonlySet<string> =>
  new Set(
    Object.entries(typeof page === "object" && page !== null && !Array.isArray(page) ? page : {}).flatMap(
      ([word, value]) => (typeof value === "string" ? (word === "size" ? value.replace(/=\d+$/, "") : value) : []),
    ),
  );

/** Query parameters without which the operation refuses: what the document says of them, else a variable to set. */
function requiredQuery(
  { queryParameters, details }: Operation,
  stream: string,
  filled: ReadonlySet<string>,
  variables: NotedVariables,
  remark: StreamDrafting["remark"],
): Readonly<Record<string, string>> {
  const needed = queryParameters.filter(({ name, required }) => required && !filled.has(name));
  return Object.fromEntries(
    needed.map(({ name }) => {
      const known = valueFor(details, name);
      if (known !== null) return [name, known];
      remark({
        about: `${stream}.query`,
        sureness: "guess",
        text: `\`${name}\` is required, and only you know its value`,
      });
      return [name, variables.refer(name, `\`${name}\` of the requests`)];
    }),
  );
}

/** A default, the only value, or an example that a document gives for a parameter. */
function valueFor(details: Operation["details"], name: string): string | null {
  const all = Array.isArray(details.parameters) ? details.parameters : [];
  for (const parameter of all) {
    if (typeof parameter !== "object" || parameter === null || !("name" in parameter) || parameter.name !== name)
      continue;
    const schema = "schema" in parameter && typeof parameter.schema === "object" ? parameter.schema : null;
    const said = schema !== null && "default" in schema ? schema.default : null;
    const values = schema !== null && "enum" in schema && Array.isArray(schema.enum) ? schema.enum : [];
    const value = said ?? (values.length === 1 ? values[0] : null);
    return value !== null && typeof value !== "object" && !/[{}]/.test(String(value)) ? String(value) : null;
  }
  return null;
}

/** A path whose parameters, as in `/tenants/{tenant}/users`, became placeholders for what a person must fill in. */
function scopeOf({ path }: Operation): { readonly path: string; readonly open: readonly string[] } {
  const open: string[] = [];
  const filled = path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const placeholder = snakeCase(name).toUpperCase();
    open.push(placeholder);
    return placeholder;
  });
  return { path: filled, open };
}

/** An operation's id, where it leads back to the operation and cannot be taken for anything else. */
function usableId(operation: Operation, document: ApiDocument): string | null {
  const { id } = operation;
  return id !== null && /^[A-Za-z_][\w.:-]*$/.test(id) && document.operation(id) === operation ? id : null;
}

/** How one record is read by its key: the list's path and the key, or a neighbour that takes it as a query parameter. */
function draftOne(chosen: ChosenList, key: GuessedKey, { document, variables, remark }: StreamDrafting): Json {
  const { operation, entity } = chosen;
  const inPath = document.operations.find(
    ({ path }) => path.startsWith(`${operation.path}/{`) && /^\{[^{}]*\}$/.test(path.slice(operation.path.length + 1)),
  );
  if (inPath !== undefined) {
    const records = placeOfRecord(document, inPath, key);
    if (records === null) return null;
    const id = inPath.pathParameters.length === 1 ? usableId(inPath, document) : null;
    const get = id ?? `${scopeOf(operation).path}/{key}`;
    const query = requiredQuery(inPath, `${entity}.one`, new Set(), variables, remark);
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
