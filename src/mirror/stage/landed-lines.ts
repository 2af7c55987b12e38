import { columnsOf, type EntityName, type FieldSpec, LINK_ENDS, type LinkKind } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import { copyText } from "./copy-lines";
import { LINK_COLUMNS } from "./stage-tables";

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
}

/** A link as it lands. */
export interface LandedLink {
  readonly kind: LinkKind;
  /** The field that lists it. */
  readonly field: string;
  readonly left: string;
  readonly right: string;
  readonly scope: string;
  readonly effective: boolean;
}

export const recordColumns = (entity: EntityName): readonly string[] => [
  ...["id", "source", "key", ...columnsOf(entity).map(({ name }) => name), "attributes"],
  ...["created_at", "updated_at", "last_run", ...(entity === "users" ? ["realm"] : [])],
];

export const linkColumns = (kind: LinkKind): readonly string[] => {
  const { left, right, scope } = LINK_COLUMNS[kind];
  return [
    "source",
    left,
    right,
    ...(scope === null ? [] : [scope]),
    "origin",
    "owner_key",
    "effective",
    "since",
    "last_run",
  ];
};

export const AUDIT_COLUMNS: readonly string[] = [
  ...[
    "id",
    "at",
    "run",
    "source",
    "entity",
    "key",
    "related",
    "scope",
    "origin",
    "kind",
    "new",
    "cause",
    "actor",
    "reason",
  ],
];

/** Lines in COPY's text format for the tables of a first load, as the ordinary way would have written their rows. */
export interface LineWriter {
  /** One of the entity's own table. */
  record(record: MappedRecord, id: number): string;
  /** One of the link's table. */
  link(link: LandedLink, owner: string): string;
  /** The entry that tells of a record's making. */
  creation(record: MappedRecord, id: number): string;
  /** The entry that tells of an effective link. */
  grant(link: LandedLink, id: number): string;
}

export function lineWriter({ entity, stream, source, run, actor, reason, at }: LandingFacts): LineWriter {
  const fields = columnsOf(entity);
  const [of, by, origin] = [copyText(source), copyText(actor), copyText(stream)];
  const recordEnd = `\t${at}\t${at}\t${run}${entity === "users" ? `\t${of}` : ""}\n`;
  const entryEnd = `\tupstream\t${by}\t${reason === null ? "\\N" : copyText(reason)}\n`;
  const creationOf = `\t${at}\t${run}\t${of}\t${entity}\t`;
  const grantOf = `\t${at}\t${run}\t${of}\t`;
  const linkEnds = { true: `\tt\t${at}\t${run}\n`, false: `\tf\t${at}\t${run}\n` };
  return {
    record({ key, values, attributes }, id) {
      let line = `${id}\t${of}\t${copyText(key)}`;
      for (const { name } of fields) line += `\t${plainText(values[name])}`;
      return `${line}\t${copyText(JSON.stringify(attributes))}${recordEnd}`;
    },
    link({ kind, field, left, right, scope, effective }, owner) {
      const within = LINK_ENDS[kind].scope === null ? "" : `\t${copyText(scope)}`;
      return `${of}\t${copyText(left)}\t${copyText(right)}${within}\t${origin}.${field}\t${copyText(owner)}${linkEnds[`${effective}`]}`;
    },
    creation(record, id) {
      return `${id}${creationOf}${copyText(record.key)}\t\t\t\tcreate\t${copyText(createdJson(fields, record))}${entryEnd}`;
    },
    grant({ kind, field, left, right, scope }, id) {
      return `${id}${grantOf}${kind}\t${copyText(left)}\t${copyText(right)}\t${copyText(scope)}\t${origin}.${field}\tgrant\t\\N${entryEnd}`;
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
    json += `${json === "" ? "{" : ","}"${name}":${told}`;
  }
  const extra = JSON.stringify(attributes);
  if (extra !== "{}") json += `${json === "" ? "{" : ","}"attributes":${extra}`;
  return json === "" ? "{}" : `${json}}`;
}

/** A time in UTC with milliseconds, as mapped, in the way in which Postgres writes it into JSON. */
function databaseTime(time: string): string {
  const fraction = time.slice(19, 23);
  return `${time.slice(0, 19)}${fraction === ".000" ? "" : fraction.replace(/0+$/, "")}+00:00`;
}
