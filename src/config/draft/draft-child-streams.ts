import type { EntityName, LinkKind } from "../../domain/entities";
import { nounOf } from "./choose-operations";
import type { ChosenList, DraftedField, DraftedMapping, ListOperation, Remark } from "./drafted";
import { ENTITY_WORDS } from "./entity-words";
import { type GuessedKey, takesKey } from "./guess-key";
import { isText, isWritable, pathText } from "./record-fields";
import { plainName, singular } from "./words";

/** A list inside each record of another, which says who belongs together. */
export interface ChildList {
  readonly into: LinkKind;
  readonly parent: ReadEntity;
  readonly list: ListOperation;
  readonly mapping: DraftedMapping;
}

/** An entity that is read, with its key. */
export interface ReadEntity {
  readonly list: ChosenList;
  readonly key: GuessedKey;
}

interface Pair {
  readonly parent: EntityName;
  readonly child: EntityName;
  readonly into: LinkKind;
}

/** In the order of how few requests they take: there are fewer roles than people. */
const PAIRS: readonly Pair[] = [
  { parent: "roles", child: "users", into: "user_roles" },
  { parent: "orgs", child: "users", into: "user_orgs" },
  { parent: "roles", child: "permissions", into: "role_permissions" },
  { parent: "permissions", child: "roles", into: "role_permissions" },
  { parent: "users", child: "roles", into: "user_roles" },
  { parent: "users", child: "orgs", into: "user_orgs" },
];

const FIELD_OF: Readonly<Record<EntityName, string>> = {
  users: "user",
  roles: "role",
  permissions: "permission",
  orgs: "org",
};

/**
 * Child streams for the links that no list of keys gives yet.
 *
 * @param covered link kinds that fields of the entities give for sure
 */
export function draftChildStreams(
  lists: readonly ListOperation[],
  entities: readonly ReadEntity[],
  covered: ReadonlySet<LinkKind>,
): { readonly children: readonly ChildList[]; readonly remarks: readonly Remark[] } {
  const children: ChildList[] = [];
  const remarks: Remark[] = [];
  for (const { parent, child, into } of PAIRS) {
    const [above, below] = [parent, child].map((entity) => entities.find(({ list }) => list.entity === entity));
    if (above === undefined || below === undefined || covered.has(into)) continue;
    if (children.some((other) => other.into === into) || !/^[A-Za-z_]\w*$/.test(above.key.path.join("."))) continue;
    const list = lists.find((candidate) => isInside(candidate, above, below.list));
    if (list === undefined) continue;
    const end = endOf(list, below);
    // One request a person is much to ask for records that need not even say what they are about.
    const isTooVague = parent === "users" && end !== null && list.record.requires(end.path[0] ?? "") === false;
    if (end === null || isTooVague) {
      const text = `left out: \`${list.operation.id ?? list.operation.path}\` does not say for sure which property is the key of \`${child}\``;
      remarks.push({ about: into, sureness: "guess", text });
      continue;
    }
    children.push({ into, parent: above, list, mapping: linkMapping(into, above, child, end) });
  }
  return { children, remarks };
}

/** Whether a list hangs under one record of `above` and is called like `below`. */
function isInside({ operation: { path } }: ListOperation, above: ReadEntity, below: ChosenList): boolean {
  const outer = above.list.operation.path;
  const rest = path.startsWith(`${outer}/`) ? path.slice(outer.length + 1) : "";
  const [parameter, name, ...deeper] = rest.split("/");
  if (!/^\{[^{}]+\}$/.test(parameter ?? "") || name === undefined || deeper.length > 0) return false;
  if (!takesKey(parameter ?? "", above.key)) return false;
  const word = nounOf(`/${name}`).map(singular).join("");
  const isSame = word === nounOf(below.operation.path).map(singular).join("");
  // A group among another's groups is no role's permission, whatever groups stand for.
  return isSame || (word !== "group" && (ENTITY_WORDS[below.entity][word] ?? 0) >= 0.7);
}

interface End {
  readonly path: readonly string[];
  readonly shape: ListOperation["record"];
  readonly isGuess: boolean;
}

/** The property of a child's record that is the key of what it stands for. */
function endOf({ record, recordName }: ListOperation, below: ReadEntity): End | null {
  const { list, key } = below;
  const keyName = key.path[0] ?? "id";
  const noun = nounOf(list.operation.path).map(singular).join("");
  const own = (name: string): End | null => {
    const known = [...record.names].find((candidate) => plainName(candidate) === plainName(name));
    const shape = known === undefined ? null : record.property(known);
    return known === undefined || shape === null || !isText(shape) || !isWritable([known])
      ? null
      : { path: [known], shape, isGuess: false };
  };
  const isSameRecord = recordName !== null && recordName === list.recordName;
  if (isSameRecord) return own(keyName);
  const word = FIELD_OF[list.entity];
  const named = own(`${noun}Id`) ?? own(`${word}Id`) ?? own(`${word}Key`) ?? own(word);
  if (named !== null) return named;
  const holder = record.names.has(word) ? record.property(word) : null;
  const nested = holder?.names.has(keyName) === true ? holder.property(keyName) : null;
  if (nested !== null && isText(nested)) return { path: [word, keyName], shape: nested, isGuess: false };
  // The id of an assignment is not the id of what is assigned.
  const looksAssigned = /assign|binding|grant|membership/i.test(recordName ?? "");
  const same = looksAssigned ? null : own(keyName);
  return same === null ? null : { ...same, isGuess: true };
}

function linkMapping(into: LinkKind, above: ReadEntity, child: EntityName, end: End): DraftedMapping {
  const parentField = FIELD_OF[above.list.entity];
  const field = (name: string, from: string, reads: DraftedField["reads"], isGuess: boolean): DraftedField => ({
    name,
    from: [from],
    words: { required: true },
    reads,
    sureness: isGuess ? "guess" : "likely",
    comment: isGuess ? `is this the key of \`${child}\`?` : null,
  });
  const childField = FIELD_OF[child];
  const parentRead = { path: above.key.path, shape: above.key.shape, field: "key" };
  const ends = [
    field(parentField, `$parent.${pathText(above.key.path)}`, [], false),
    field(childField, pathText(end.path), [{ path: end.path, shape: end.shape, field: childField }], end.isGuess),
  ];
  // The holder stands first, as in the reference.
  const holderFirst = into === "role_permissions" ? "role" : "user";
  return {
    stream: into,
    into,
    key: null,
    attributes: [],
    parent: [parentRead],
    fields: ends.sort((a, b) => Number(b.name === holderFirst) - Number(a.name === holderFirst)),
  };
}
