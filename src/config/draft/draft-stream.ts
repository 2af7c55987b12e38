import type { Json } from "../../domain/json";
import type { ChildList } from "./draft-child-streams";
import { draftOne } from "./draft-one";
import type { ChosenList, DraftedStream, ListOperation } from "./drafted";
import type { GuessedKey } from "./guess-key";
import { guessPaging, placeText } from "./guess-paging";
import { removedWhen } from "./guess-status";
import { fieldsOf, isWritable } from "./record-fields";
import { requiredQuery, type StreamDrafting, scopeOf, usableId } from "./request-words";

/** The entry of an entity in a job. */
export function draftStream(chosen: ChosenList, key: GuessedKey, drafting: StreamDrafting): DraftedStream {
  const { operation, entity } = chosen;
  const scope = scopeOf(operation);
  const get = (scope.open.length === 0 ? usableId(operation, drafting.document) : null) ?? scope.path;
  const one = draftOne(chosen, key, drafting);
  const gone = entity === "users" ? removedWhen(fieldsOf(chosen.record).filter(({ path }) => isWritable(path))) : null;
  const after = { deletes: gone === null ? "sweep" : ["sweep", gone] };
  if (scope.open.length > 0) {
    const text = `put a value in place of ${scope.open.join(" and ")}: only what is under it is read`;
    drafting.remark({ about: `${entity}.get`, sureness: "guess", text });
  }
  return {
    name: entity,
    comment: chosen.sureness === "sure" ? null : `taken for ${entity}: is that so?`,
    ...withPaging(chosen, entity, { get, ...(one === null ? {} : { one }) }, after, drafting),
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
  drafting: StreamDrafting,
): Pick<DraftedStream, "words" | "comments"> {
  const { page, query: sized, sureness, because } = guessPaging(drafting.document, list);
  if (sureness === "guess") drafting.remark({ about: `${stream}.page`, sureness, text: because });
  const query = { ...requiredQuery(list.operation, stream, pageNames(page), drafting), ...sized };
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
  ...(Array.isArray(words.deletes) ? { deletes: "gone is also whoever has such a status" } : {}),
});

/** Names of the query parameters that paging fills itself. */
const pageNames = (page: Json): ReadonlySet<string> =>
  new Set(
    Object.entries(typeof page === "object" && page !== null && !Array.isArray(page) ? page : {}).flatMap(
      ([word, value]) => (typeof value === "string" ? (word === "size" ? value.replace(/=\d+$/, "") : value) : []),
    ),
  );
