import { columnsOf, type EntityName } from "../../../domain/entities";
import type { MappedRecord, MappingSpec } from "../../../domain/mapping";
import { type CopyRows, constant } from "./copy-rows";

/** How the records of one mapping are written, worked out once and not for each of them. */
export interface RecordRow {
  /** How many `writeColumns` writes. */
  readonly columns: number;
  /** The columns of the entity in the order of the mirror, then its attributes. */
  writeColumns(rows: CopyRows, record: MappedRecord): void;
  /** As the audit tells of a new record: what is not null, and its attributes where there are any. */
  writeJson(rows: CopyRows, record: MappedRecord): void;
}

interface Column {
  readonly name: string;
  readonly isTime: boolean;
  readonly isDescribed: boolean;
}

/** What an entry tells of, with its name as JSON: as the first of an object, and behind others. */
interface Told extends Pick<Column, "name" | "isTime"> {
  readonly first: Uint8Array;
  readonly next: Uint8Array;
}

export function recordRow(entity: EntityName, { fields }: Pick<MappingSpec, "fields">): RecordRow {
  const described = new Set(fields.map(({ name }) => name));
  const columns = columnsOf(entity).map(
    ({ name, type }): Column => ({ name, isTime: type === "timestamp", isDescribed: described.has(name) }),
  );
  const told = [...columns.filter(({ isDescribed }) => isDescribed), { name: ATTRIBUTES, isTime: false }]
    .sort(asJsonbKeepsThem)
    .map(({ name, isTime }): Told => ({ name, isTime, first: constant(`"${name}":`), next: constant(`,"${name}":`) }));
  return {
    columns: columns.length + 1,
    writeColumns(rows, { values, attributes }) {
      for (const { name, isTime, isDescribed } of columns) {
        const value = isDescribed ? (values[name] ?? null) : null;
        if (typeof value === "boolean") rows.boolean(value);
        else if (isTime && value !== null) rows.timestamptz(value);
        else rows.text(value);
      }
      rows.jsonb(() => rows.json(attributes));
    },
    writeJson(rows, { values, attributes }) {
      rows.jsonb(() => {
        rows.raw(OPEN);
        let isFirst = true;
        for (const { name, isTime, first, next } of told) {
          const value = name === ATTRIBUTES ? (isEmpty(attributes) ? null : attributes) : (values[name] ?? null);
          if (value === null) continue;
          rows.raw(isFirst ? first : next);
          isFirst = false;
          if (isTime && typeof value === "string") rows.jsonTime(value);
          else rows.json(value);
        }
        rows.raw(CLOSE);
      });
    },
  };
}

const OPEN = constant("{");
const CLOSE = constant("}");
const ATTRIBUTES = "attributes";

/** Shorter names first. Told so, Postgres need not sort them, for which it takes longer than for reading them. */
const asJsonbKeepsThem = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.length - b.name.length || (a.name < b.name ? -1 : 1);

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
