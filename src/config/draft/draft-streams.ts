import { type EntityName, FIELDS, type Into, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { nounOf } from "./choose-operations";
import { draftChildStreams, type ReadEntity } from "./draft-child-streams";
import { draftMapping } from "./draft-mapping";
import { oneInPath } from "./draft-one";
import { draftChild, draftStream } from "./draft-stream";
import type { ChosenList, DraftedField, DraftedMapping, DraftedStream, ListOperation, Remark } from "./drafted";
import { guessKey } from "./guess-key";
import type { StreamDrafting } from "./request-words";
import { singular } from "./words";

/** A stream of the draft with its mapping, and where its records are described. */
export interface DraftedPart {
  readonly stream: DraftedStream;
  readonly mapping: DraftedMapping;
  readonly list: ListOperation;
  /** For a child stream: its parent's list. */
  readonly parent: ListOperation | null;
}

/** Every stream of a job: the chosen lists, and child streams for links that none of them gives. */
export function draftStreams(
  lists: readonly ListOperation[],
  chosen: readonly ChosenList[],
  drafting: StreamDrafting,
): readonly DraftedPart[] {
  const entities = chosen.flatMap((list) => readEntity(list, drafting) ?? []);
  const targets = entities.map(({ list, key }) => ({
    entity: list.entity,
    noun: nounOf(list.operation.path).map(singular),
    key: key.path.join("."),
  }));
  const mappings = onePlaceALink(
    entities.map(({ list, key }) => ({ list, key, mapping: draftMapping(list, key, targets) })),
  );
  const certain = mappings.flatMap(({ mapping }) => linksIn(mapping).filter(({ field }) => field.sureness !== "guess"));
  const { children, remarks } = draftChildStreams(lists, entities, new Set(certain.map(({ links }) => links)));
  for (const remark of remarks) drafting.remark(remark);
  const asked = new Set(children.map(({ into }) => into));
  const own = mappings.map(({ list, key, mapping }) => ({
    stream: draftStream(list, key, drafting),
    mapping: withoutLinks(mapping, asked),
    list,
    parent: null,
  }));
  const below = children.map((child) => ({
    stream: draftChild(child, drafting),
    mapping: child.mapping,
    list: child.list,
    parent: child.parent.list,
  }));
  for (const remark of unlinked(entities, [...own, ...below])) drafting.remark(remark);
  for (const { mapping } of [...own, ...below]) for (const remark of remarksOn(mapping)) drafting.remark(remark);
  return [...own, ...below];
}

/** A list with its key. What has no key cannot be mirrored: users must have one, anything else is left out. */
function readEntity(list: ChosenList, { document, remark }: StreamDrafting): ReadEntity | null {
  const { entity, record, operation } = list;
  const parameter = oneInPath(document, operation)?.pathParameters.at(-1) ?? null;
  const key = guessKey(entity, record, nounOf(operation.path).map(singular), parameter);
  if (key !== null) return { list, key };
  const text = `the records of \`${operation.id ?? operation.path}\` have nothing that could be their key`;
  if (entity === "users") {
    throw new Failure("INI003", `${text}, so nobody in them could be told from anybody else`, {
      fix: "name another operation with --users OPERATION, or write `key` by hand, in a job and a mapping of your own",
    });
  }
  remark({ about: entity, sureness: "guess", text: `${text}, so they are left out` });
  return null;
}

/** The list fields of a mapping that become links. */
function linksIn({
  into,
  fields,
}: DraftedMapping): readonly { readonly links: LinkKind; readonly field: DraftedField }[] {
  return fields.flatMap((field) => {
    const links = FIELDS[into].find(({ name }) => name === field.name)?.links;
    return links === undefined ? [] : [{ links, field }];
  });
}

/** Entities that nothing connects. */
function unlinked(entities: readonly ReadEntity[], parts: readonly DraftedPart[]): readonly Remark[] {
  const has = (entity: EntityName) => entities.some(({ list }) => list.entity === entity);
  const given = new Set<Into>(
    parts.flatMap(({ mapping }) => [mapping.into, ...linksIn(mapping).map(({ links }) => links)]),
  );
  return LINK_KINDS.filter((kind) => {
    const { left, right } = LINK_ENDS[kind];
    return has(left) && has(right) && !given.has(kind);
  }).map((kind) => {
    const { left, right } = LINK_ENDS[kind];
    const text = `nothing was found that tells which of \`${left}\` has which of \`${right}\``;
    return { about: kind, sureness: "guess" as const, text };
  });
}

/** Of two lists that give the same links, such as a person's roles and a role's members, the surer is kept, else the person's. */
function onePlaceALink<T extends { readonly mapping: DraftedMapping }>(drafts: readonly T[]): readonly T[] {
  const all = drafts.flatMap(({ mapping }) => linksIn(mapping).map((link) => ({ ...link, into: mapping.into })));
  const rank = ({ field, into }: (typeof all)[number]) =>
    (field.sureness === "guess" ? 2 : 0) + (into === "users" ? 0 : 1);
  const isKept = (link: (typeof all)[number]) =>
    all.every((other) => other === link || other.links !== link.links || rank(link) < rank(other));
  const dropped = new Set(all.flatMap((link) => (isKept(link) ? [] : [link.field])));
  return drafts.map((draft) => ({
    ...draft,
    mapping: { ...draft.mapping, fields: draft.mapping.fields.filter((field) => !dropped.has(field)) },
  }));
}

/** Links come from one place: what a child stream gives, a guessed list need not. */
function withoutLinks(mapping: DraftedMapping, asked: ReadonlySet<LinkKind>): DraftedMapping {
  const given = new Set(linksIn(mapping).flatMap(({ links, field }) => (asked.has(links) ? [field] : [])));
  return { ...mapping, fields: mapping.fields.filter((field) => !given.has(field)) };
}

const remarksOn = ({ stream, key, fields }: DraftedMapping): readonly Remark[] => [
  ...(key?.comment == null ? [] : [{ about: `${stream}.key`, sureness: "guess" as const, text: key.comment }]),
  ...fields.flatMap(({ name, sureness, comment }) =>
    sureness === "guess" ? [{ about: `${stream}.${name}`, sureness, text: comment ?? "is this the right one?" }] : [],
  ),
];
