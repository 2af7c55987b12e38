import { columnsOf, type EntityName, type FieldSpec, LINK_ENDS, type LinkKind } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import { copyText } from "./copy-lines";
import { LINK_COLUMNS } from "./stage-tables";

/** Who is there, of the entities at the other ends of what lands. */
export type Ends = ReadonlyMap<EntityName, ReadonlySet<string>>;

/** What all rows of a batch have in common. */
export interface LandingFacts {
  readonly entity: EntityName;
  /** Its name is the origin of the links that its lists state. */
  readonly stream: string;
  readonly source: string;
  readonly run: number;
  readonly actor: string;
  readonly reason: string | null;
  /** Of the transaction, as Postgres writes it. */
  readonly at: string;
  /** A link is effective when its other end is among these. */
  readonly ends: Ends;
}

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

/** What the tables of a first load get for a record, as lines of COPY's text format. */
export interface LineWriter {
  /** The record's row. */
  row(record: MappedRecord, id: number): string;
  /** The links of a kind that its lists state. */
  links(record: MappedRecord, kind: LinkKind): string;
  /** The entries that tell of its making, and of its links that are effective. */
  entries(record: MappedRecord): string;
}

/** Writes the lines as compare and apply would have written the rows; once a record, so it builds nothing but text. */
export function lineWriter(facts: LandingFacts): LineWriter {
  const { entity, run, at, ends } = facts;
  const fields = columnsOf(entity);
  const [source, actor, stream] = [copyText(facts.source), copyText(facts.actor), copyText(facts.stream)];
  const rowEnd = `\t${at}\t${at}\t${run}${entity === "users" ? `\t${source}` : ""}\n`;
  const [effective, dangling] = [`\tt\t${at}\t${run}\n`, `\tf\t${at}\t${run}\n`];
  const entry = `${at}\t${run}\t${source}\t`;
  const entryEnd = `\tupstream\t${actor}\t${facts.reason === null ? "\\N" : copyText(facts.reason)}\n`;
  const isLeft = (kind: LinkKind): boolean => LINK_ENDS[kind].left === entity;
  const endsOf = (kind: LinkKind) => ends.get(isLeft(kind) ? LINK_ENDS[kind].right : LINK_ENDS[kind].left);

  return {
    row({ key, values, attributes }, id) {
      let line = `${id}\t${source}\t${copyText(key)}`;
      for (const { name } of fields) line += `\t${plainText(values[name])}`;
      return `${line}\t${copyText(JSON.stringify(attributes))}${rowEnd}`;
    },
    links({ key, lists }, kind) {
      let lines = "";
      const owner = copyText(key);
      for (const { field, links, items } of lists) {
        if (links !== kind) continue;
        const others = endsOf(kind);
        for (const item of items) {
          const other = copyText(item.key);
          const scope = LINK_COLUMNS[kind].scope === null ? "" : `\t${item.scope === null ? "" : copyText(item.scope)}`;
          const pair = isLeft(kind) ? `${owner}\t${other}` : `${other}\t${owner}`;
          const end = others?.has(item.key) === true ? effective : dangling;
          lines += `${source}\t${pair}${scope}\t${stream}.${field}\t${owner}${end}`;
        }
      }
      return lines;
    },
    entries(record) {
      const owner = copyText(record.key);
      let lines = `${entry}${entity}\t${owner}\t\t\t\tcreate\t${copyText(createdJson(fields, record))}${entryEnd}`;
      for (const { field, links: kind, items } of record.lists) {
        const others = endsOf(kind);
        for (const item of items) {
          if (others?.has(item.key) !== true) continue;
          const other = copyText(item.key);
          const pair = isLeft(kind) ? `${owner}\t${other}` : `${other}\t${owner}`;
          const scope = item.scope === null ? "" : copyText(item.scope);
          lines += `${entry}${kind}\t${pair}\t${scope}\t${stream}.${field}\tgrant\t\\N${entryEnd}`;
        }
      }
      return lines;
    },
  };
}

const plainText = (value: string | boolean | null | undefined): string =>
  value === null || value === undefined ? "\\N" : typeof value === "string" ? copyText(value) : String(value);

/** What `compareRecords` makes of a record that is new: what is absent is left out, and times are as Postgres tells them. */
function createdJson(fields: readonly FieldSpec[], { values, attributes }: MappedRecord): string {
  let json = "";
  for (const { name, type } of fields) {
    const value = values[name];
    if (value === null || value === undefined) continue;
    const told = type === "timestamp" && typeof value === "string" ? `"${databaseTime(value)}"` : JSON.stringify(value);
    json += `,"${name}":${told}`;
  }
  const extra = JSON.stringify(attributes);
  if (extra !== "{}") json += `,"attributes":${extra}`;
  return `{${json.slice(1)}}`;
}

/** A time in UTC with milliseconds, as mapped, in the way in which Postgres writes it into JSON. */
function databaseTime(time: string): string {
  const fraction = time.slice(19, 23);
  return `${time.slice(0, 19)}${fraction === ".000" ? "" : fraction.replace(/0+$/, "")}+00:00`;
}
