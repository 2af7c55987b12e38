import { columnsOf, type EntityName, FIELDS, LINK_ENDS, type LinkKind } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { MappedRecord } from "../../domain/mapping";
import { CopyText, TAB } from "./copy-text";
import { recordText } from "./record-text";
import { LINK_COLUMNS } from "./stage-tables";

/** Who is there, of the entities at the other ends of what lands. */
export type Ends = ReadonlyMap<EntityName, ReadonlySet<string>>;

/** What all rows of a batch have in common. */
export interface LandingFacts {
  readonly entity: EntityName;
  /** Its name is the origin of the links that its lists state. */
  readonly stream: Pick<Stream, "name" | "mapping">;
  readonly source: string;
  readonly run: number;
  readonly actor: string;
  readonly reason: string | null;
  /** Of the transaction, as Postgres writes it. */
  readonly at: string;
  /** A link is effective when its other end is among these. */
  readonly ends: Ends;
}

/** The entity at the end of a link that is not the owner's. */
export const otherEnd = (kind: LinkKind, owner: EntityName): EntityName =>
  LINK_ENDS[kind].left === owner ? LINK_ENDS[kind].right : LINK_ENDS[kind].left;

export const recordColumns = (entity: EntityName): readonly string[] => [
  ...["id", "source", "key", ...columnsOf(entity).map(({ name }) => name), "attributes"],
  ...["created_at", "updated_at", "last_run", ...(entity === "users" ? ["realm"] : [])],
];

export function linkColumns(kind: LinkKind): readonly string[] {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const ends = [left, right, ...(scope === null ? [] : [scope])];
  return ["source", ...ends, "origin", "owner_key", "effective", "since", "last_run"];
}

/** Postgres numbers the entries itself. */
export const ENTRY_COLUMNS: readonly string[] = [
  ...["at", "run", "source", "entity", "key", "related", "scope", "origin", "kind", "new", "cause", "actor", "reason"],
];

/** What the tables of a first load get for a record: rows as compare and apply would have written them. */
export interface LandedText {
  /** The record's row. */
  row(text: CopyText, record: MappedRecord, id: number): void;
  /** The links of a kind that its lists state. */
  links(text: CopyText, record: MappedRecord, kind: LinkKind): void;
  /** The entries that tell of its making, and of its links that are effective. */
  entries(text: CopyText, record: MappedRecord): void;
}

/** A list field, with what the lines of its links have in common. */
interface ListLines {
  readonly kind: LinkKind;
  readonly ownerIsLeft: boolean;
  readonly isScoped: boolean;
  readonly others: ReadonlySet<string> | undefined;
  readonly origin: Uint8Array;
  /** Of an entry. */
  readonly begin: Uint8Array;
  readonly granted: Uint8Array;
}

export function landedText(facts: LandingFacts): LandedText {
  const { entity, stream, source, run, at, ends } = facts;
  const { writeColumns, writeJson } = recordText(entity, stream.mapping);
  const own = line(["", source, ""]);
  const rowEnd = line(["", at, at, run, ...(entity === "users" ? [source] : [])], "\n");
  const sourceOfLink = line([source, ""]);
  const [effective, dangling] = [line(["", "t", at, run], "\n"), line(["", "f", at, run], "\n")];
  const creation = line([at, run, source, entity, ""]);
  const created = line(["", "", "", "", "create", ""]);
  const entryEnd = line(["", "upstream", facts.actor, facts.reason], "\n");
  const lists = new Map<string, ListLines>();
  for (const { name, links: kind } of FIELDS[entity]) {
    if (kind === undefined) continue;
    const { left, scope } = LINK_ENDS[kind];
    const origin = `${stream.name}.${name}`;
    lists.set(name, {
      ...{
        kind,
        ownerIsLeft: left === entity,
        isScoped: scope !== null,
        others: ends.get(otherEnd(kind, entity)),
      },
      ...{ origin: line(["", origin, ""]), begin: line([at, run, source, kind, ""]) },
      granted: line(["", origin, "grant", null]),
    });
  }
  const pair = (text: CopyText, { ownerIsLeft }: ListLines, owner: string, other: string): void => {
    text.text(ownerIsLeft ? owner : other);
    text.raw(TAB);
    text.text(ownerIsLeft ? other : owner);
  };

  return {
    row(text, record, id) {
      text.number(id);
      text.raw(own);
      text.text(record.key);
      writeColumns(text, record);
      text.raw(rowEnd);
    },
    links(text, { key: owner, lists: stated }, kind) {
      for (const { field, items } of stated) {
        const list = lists.get(field);
        if (list?.kind !== kind) continue;
        for (const { key, scope } of items) {
          text.raw(sourceOfLink);
          pair(text, list, owner, key);
          if (list.isScoped) text.raw(TAB);
          if (scope !== null) text.text(scope);
          text.raw(list.origin);
          text.text(owner);
          text.raw(list.others?.has(key) === true ? effective : dangling);
        }
      }
    },
    entries(text, record) {
      text.raw(creation);
      text.text(record.key);
      text.raw(created);
      writeJson(text, record);
      text.raw(entryEnd);
      for (const { field, items } of record.lists) {
        const list = lists.get(field);
        if (list === undefined) continue;
        for (const { key, scope } of items) {
          if (list.others?.has(key) !== true) continue;
          text.raw(list.begin);
          pair(text, list, record.key, key);
          text.raw(TAB);
          if (scope !== null) text.text(scope);
          text.raw(list.granted);
          text.raw(entryEnd);
        }
      }
    },
  };
}

/** Values with tabs between them; written once, and then the same in every line. */
function line(values: readonly (string | number | null)[], end = ""): Uint8Array {
  const text = new CopyText();
  for (const [index, value] of values.entries()) {
    if (index > 0) text.raw(TAB);
    text.value(value);
  }
  return Buffer.concat([text.bytes, Buffer.from(end)]);
}
