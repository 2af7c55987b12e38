import { columnsOf, type EntityName, FIELDS, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { MappedRecord } from "../../domain/mapping";
import { CopyRows } from "./copy-rows";
import { recordRow } from "./record-row";
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
  /** Of the transaction, in microseconds as Postgres counts them. */
  readonly at: number;
  /** A link is effective when its other end is among these. */
  readonly ends: Ends;
}

/** The entity at the end of a link that is not the owner's. */
export const otherEnd = (kind: LinkKind, owner: EntityName): EntityName =>
  LINK_ENDS[kind].left === owner ? LINK_ENDS[kind].right : LINK_ENDS[kind].left;

/** Postgres numbers the records itself. */
export const recordColumns = (entity: EntityName): readonly string[] => [
  ...["source", "key", ...columnsOf(entity).map(({ name }) => name), "attributes"],
  ...["created_at", "updated_at", "last_run", ...(entity === "users" ? ["realm"] : [])],
];

export function linkColumns(kind: LinkKind): readonly string[] {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const ends = [left, right, ...(scope === null ? [] : [scope])];
  return ["source", ...ends, "origin", "owner_key", "effective", "since", "last_run"];
}

/** Postgres numbers these, too. */
export const ENTRY_COLUMNS: readonly string[] = [
  ...["at", "run", "source", "entity", "key", "related", "scope", "origin", "kind", "new", "cause", "actor", "reason"],
];

/** What the tables of a first load get for a record: rows as compare and apply would have written them. */
export interface LandedRows {
  /** The record's row. */
  record(rows: CopyRows, record: MappedRecord): void;
  /** The links of a kind that its lists state. */
  links(rows: CopyRows, record: MappedRecord, kind: LinkKind): void;
  /** The entries that tell of its making, and of its links that are effective. */
  entries(rows: CopyRows, record: MappedRecord): void;
}

/** A list field, with what the rows of its links have in common. */
interface ListRows {
  readonly kind: LinkKind;
  readonly ownerIsLeft: boolean;
  readonly isScoped: boolean;
  readonly others: ReadonlySet<string> | undefined;
  readonly origin: Uint8Array;
  /** Of an entry. */
  readonly begin: Uint8Array;
  readonly granted: Uint8Array;
}

export function landedRows(facts: LandingFacts): LandedRows {
  const { entity, stream, source, run, at, ends, actor, reason } = facts;
  const { writeColumns, writeJson } = recordRow(entity, stream.mapping);
  const [moment, number] = [values((rows) => rows.int8(at)), values((rows) => rows.int8(run))];
  const begin = row(recordColumns(entity).length, source);
  const end = joined(moment, moment, number, entity === "users" ? texts(source) : NOTHING);
  const isEffective = (effective: boolean) =>
    joined(
      values((rows) => rows.boolean(effective)),
      moment,
      number,
    );
  const [effective, dangling] = [isEffective(true), isEffective(false)];
  const entry = joined(row(ENTRY_COLUMNS.length), moment, number);
  const created = texts("", "", "", "create");
  const entryEnd = texts("upstream", actor, reason);
  const creation = joined(entry, texts(source, entity));
  const lists = new Map<string, ListRows>();
  for (const { name, links: kind } of FIELDS[entity]) {
    if (kind === undefined) continue;
    const { left, scope } = LINK_ENDS[kind];
    const origin = `${stream.name}.${name}`;
    lists.set(name, {
      ...{ kind, ownerIsLeft: left === entity, isScoped: scope !== null, others: ends.get(otherEnd(kind, entity)) },
      ...{ origin: texts(origin), begin: joined(entry, texts(source, kind)), granted: texts(origin, "grant", null) },
    });
  }
  const linkBegin = new Map(LINK_KINDS.map((kind) => [kind, row(linkColumns(kind).length, source)]));
  const pair = (rows: CopyRows, { ownerIsLeft }: ListRows, owner: string, other: string): void => {
    rows.text(ownerIsLeft ? owner : other);
    rows.text(ownerIsLeft ? other : owner);
  };

  return {
    record(rows, record) {
      rows.raw(begin);
      rows.text(record.key);
      writeColumns(rows, record);
      rows.raw(end);
    },
    links(rows, { key: owner, lists: stated }, kind) {
      const linkRow = linkBegin.get(kind) ?? NOTHING;
      for (const { field, items } of stated) {
        const list = lists.get(field);
        if (list?.kind !== kind) continue;
        for (const { key, scope } of items) {
          rows.raw(linkRow);
          pair(rows, list, owner, key);
          if (list.isScoped) rows.text(scope ?? "");
          rows.raw(list.origin);
          rows.text(owner);
          rows.raw(list.others?.has(key) === true ? effective : dangling);
        }
      }
    },
    entries(rows, record) {
      rows.raw(creation);
      rows.text(record.key);
      rows.raw(created);
      writeJson(rows, record);
      rows.raw(entryEnd);
      for (const { field, items } of record.lists) {
        const list = lists.get(field);
        if (list === undefined) continue;
        for (const { key, scope } of items) {
          if (list.others?.has(key) !== true) continue;
          rows.raw(list.begin);
          pair(rows, list, record.key, key);
          rows.text(scope ?? "");
          rows.raw(list.granted);
          rows.raw(entryEnd);
        }
      }
    },
  };
}

const NOTHING = new Uint8Array();

/** Values that are the same in every row: encoded once. */
function values(write: (rows: CopyRows) => void): Uint8Array {
  const rows = new CopyRows();
  write(rows);
  return new Uint8Array(rows.bytes);
}

const texts = (...all: readonly (string | null)[]): Uint8Array =>
  values((rows) => {
    for (const text of all) rows.text(text);
  });

/** The beginning of a row of so many values, and the first of them. */
const row = (columns: number, ...first: readonly string[]): Uint8Array =>
  joined(
    values((rows) => rows.row(columns)),
    texts(...first),
  );

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
