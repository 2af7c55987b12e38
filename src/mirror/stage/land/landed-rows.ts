import { columnsOf, type EntityName, FIELDS, LINK_ENDS, type LinkKind } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { MappedRecord } from "../../../domain/mapping";
import { CopyRows } from "../copy/copy-rows";
import { recordRow } from "../copy/record-row";
import { namingColumns } from "../stage-tables";

/** Who is there, of the entities at the other ends of what lands. */
export type Ends = ReadonlyMap<EntityName, ReadonlySet<string>>;

/** What all rows of a stream have in common. */
export interface LandingFacts {
  readonly entity: EntityName;
  /** Its name is the origin of the links that its lists state. */
  readonly stream: Pick<Stream, "name" | "mapping">;
  readonly source: string;
  readonly run: number;
  readonly actor: string;
  readonly reason: string | null;
  /** A link is effective when its other end is among these. */
  readonly ends: Ends;
}

/** The entity at the end of a link that is not the owner's. */
export const otherEnd = (kind: LinkKind, owner: EntityName): EntityName =>
  LINK_ENDS[kind].left === owner ? LINK_ENDS[kind].right : LINK_ENDS[kind].left;

export const recordColumns = (entity: EntityName): readonly string[] => [
  "source",
  "id",
  "key",
  ...columnsOf(entity).map(({ name }) => name),
  "attributes",
  "created_at",
  "updated_at",
  "last_run",
  ...(entity === "users" ? ["realm"] : []),
];

export const linkColumns = (kind: LinkKind): readonly string[] => [
  "source",
  ...namingColumns(kind),
  "origin",
  "owner_key",
  "effective",
  "since",
  "last_run",
];

/** Postgres numbers these itself. */
export const ENTRY_COLUMNS: readonly string[] = [
  ...["at", "run", "source", "entity", "key", "related", "scope", "origin", "kind", "new", "cause", "actor", "reason"],
];

/**
 * What the tables of a first load get for a record: rows as compare and apply would have written them. `at` is the moment of the
 * transaction, in microseconds as Postgres counts them.
 */
export interface LandedRows {
  /** The record's row. */
  record(rows: CopyRows, record: MappedRecord, id: number, at: number): void;
  /** The links of a kind that its lists state. */
  links(rows: CopyRows, record: MappedRecord, kind: LinkKind, at: number): void;
  /** The entries that tell of its making, and of its links that are effective. */
  entries(rows: CopyRows, record: MappedRecord, at: number): void;
}

/** A list field, with what the rows of its links have in common. */
interface ListRows {
  readonly kind: LinkKind;
  readonly ownerIsLeft: boolean;
  readonly isScoped: boolean;
  readonly others: ReadonlySet<string>;
  readonly origin: Uint8Array;
  /** The beginning of a link's row. */
  readonly link: Uint8Array;
  /** Of its entry: what stands behind the time, and behind the ends. */
  readonly subject: Uint8Array;
  readonly granted: Uint8Array;
}

export function landedRows(facts: LandingFacts): LandedRows {
  const { entity, stream, source, run, ends, actor, reason } = facts;
  const { writeColumns, writeJson } = recordRow(entity, stream.mapping);
  const number = values((rows) => rows.int8(run));
  const begin = row(recordColumns(entity).length, source);
  const end = joined(number, entity === "users" ? texts(source) : NOTHING);
  const [effective, dangling] = [values((rows) => rows.boolean(true)), values((rows) => rows.boolean(false))];
  const entry = row(ENTRY_COLUMNS.length);
  const subject = joined(number, texts(source, entity));
  const created = texts("", "", "", "create");
  const entryEnd = texts("upstream", actor, reason);
  const lists = new Map<string, ListRows>();
  for (const { name, links: kind } of FIELDS[entity]) {
    if (kind === undefined) continue;
    const origin = `${stream.name}.${name}`;
    lists.set(name, {
      kind,
      ownerIsLeft: LINK_ENDS[kind].left === entity,
      isScoped: LINK_ENDS[kind].scope !== null,
      others: ends.get(otherEnd(kind, entity)) ?? new Set(),
      origin: texts(origin),
      link: row(linkColumns(kind).length, source),
      subject: joined(number, texts(source, kind)),
      granted: joined(texts(origin, "grant", null), entryEnd),
    });
  }

  return {
    record(rows, record, id, at) {
      rows.raw(begin);
      rows.int8(id);
      rows.text(record.key);
      writeColumns(rows, record);
      rows.int8(at);
      rows.int8(at);
      rows.raw(end);
    },
    links(rows, { key: owner, lists: stated }, kind, at) {
      for (const { field, items } of stated) {
        const list = lists.get(field);
        if (list?.kind !== kind) continue;
        for (const { key, scope } of items) {
          rows.raw(list.link);
          rows.text(list.ownerIsLeft ? owner : key);
          rows.text(list.ownerIsLeft ? key : owner);
          if (list.isScoped) rows.text(scope ?? "");
          rows.raw(list.origin);
          rows.text(owner);
          rows.raw(list.others.has(key) ? effective : dangling);
          rows.int8(at);
          rows.raw(number);
        }
      }
    },
    entries(rows, record, at) {
      rows.raw(entry);
      rows.int8(at);
      rows.raw(subject);
      rows.text(record.key);
      rows.raw(created);
      writeJson(rows, record);
      rows.raw(entryEnd);
      for (const { field, items } of record.lists) {
        const list = lists.get(field);
        if (list === undefined) continue;
        for (const { key, scope } of items) {
          if (!list.others.has(key)) continue;
          rows.raw(entry);
          rows.int8(at);
          rows.raw(list.subject);
          rows.text(list.ownerIsLeft ? record.key : key);
          rows.text(list.ownerIsLeft ? key : record.key);
          rows.text(scope ?? "");
          rows.raw(list.granted);
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
