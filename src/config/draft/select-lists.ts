import { ENTITY_NAMES, type EntityName } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { counted } from "../../domain/grouped";
import type { InitRequest } from "../../domain/init";
import { listed, suggestion } from "../../domain/suggest";
import type { ApiDocument } from "../openapi/api-document";
import { chooseLists, listOf, scoreOf } from "./choose-operations";
import type { ChosenList, ListOperation } from "./drafted";

/** Leaves an entity out. */
const NONE = "none";

/**
 * The list of each entity: named by hand, or else the one that fits best.
 *
 * @throws Failure INI003 when there is no list of users, INI004 for an operation that was named and does not fit
 */
export function selectLists(
  document: ApiDocument,
  lists: readonly ListOperation[],
  named: InitRequest["operations"],
): readonly ChosenList[] {
  const byHand = ENTITY_NAMES.flatMap((entity) => {
    const name = named[entity];
    return name === undefined || name === NONE ? [] : [namedList(document, lists, entity, name)];
  });
  const open = ENTITY_NAMES.filter((entity) => named[entity] === undefined);
  const taken = new Set(byHand.map(({ operation }) => operation));
  const found = chooseLists(
    lists.filter(({ operation }) => !taken.has(operation)),
    open,
  );
  const chosen = [...byHand, ...found].sort((a, b) => ENTITY_NAMES.indexOf(a.entity) - ENTITY_NAMES.indexOf(b.entity));
  if (named.users !== NONE && !chosen.some(({ entity }) => entity === "users")) throw noUsers(document, lists);
  if (chosen.length > 0) return chosen;
  throw new Failure("INI003", "the document describes no list of anything that could be mirrored", {
    fix: "name an operation: --roles OPERATION, --orgs OPERATION",
  });
}

function namedList(
  document: ApiDocument,
  lists: readonly ListOperation[],
  entity: EntityName,
  name: string,
): ChosenList {
  const operation = name.startsWith("/") ? document.operationAt(name) : document.operation(name);
  if (operation === null) {
    const known = lists.flatMap(({ operation: { id, path } }) => (name.startsWith("/") ? [path] : [id ?? path]));
    const other = document.others.get(name);
    const what = other === undefined ? "is not an operation of the document" : `is a ${other}; lists are read with GET`;
    throw new Failure("INI004", `--${entity}: \`${name}\` ${what}`, {
      fix: suggestion(name, known) ?? "name an operationId, or a path of the document",
    });
  }
  const list = listOf(document, operation);
  if (list === null) {
    throw new Failure(
      "INI004",
      `--${entity}: the document describes no list of records that \`${name}\` answers with`,
      {
        fix: "name another operation, or complete the schema of its answer in the document",
      },
    );
  }
  return { ...list, entity, sureness: "sure" };
}

function noUsers(document: ApiDocument, lists: readonly ListOperation[]): Failure {
  const count = document.operations.length;
  const looked = `the document has no list of users that can be told: looked through ${counted(count, "GET operation")} for one without path parameters that answers with a list of user, person, employee, account or member`;
  const near = [...lists]
    .sort((a, b) => scoreOf("users", b) - scoreOf("users", a) || a.operation.path.length - b.operation.path.length)
    .slice(0, 5)
    .map(({ operation: { id, path } }) => id ?? path);
  const fix =
    near.length === 0
      ? "none of them answers with a list whose records the document describes: complete the schemas of its answers"
      : `name it with --users OPERATION; these are lists: ${listed(near)}`;
  return new Failure("INI003", looked, { fix, data: { candidates: near } });
}
