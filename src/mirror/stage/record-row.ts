import { columnsOf, type EntityName } from "../../domain/entities";
import type { MappedRecord, MappingSpec } from "../../domain/mapping";
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
  /** The name as JSON, as the first of an object, and behind others. */
  readonly named: { readonly first: Uint8Array; readonly next: Uint8Array };
}

export function recordRow(entity: EntityName, { fields }: Pick<MappingSpec, "fields">): RecordRow {
  const described = new Set(fields.map(({ name }) => name));
  const columns = columnsOf(entity).map(
    ({ name, type }): Column => ({
      ...{ name, isTime: type === "timestamp", isDescribed: described.has(name) },
      named: { first: constant(`"${name}":`), next: constant(`,"${name}":`) },
    }),
  );
  const told = columns.filter(({ isDescribed }) => isDescribed);
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
        for (const { name, isTime, named } of told) {
          const value = values[name] ?? null;
          if (value === null) continue;
          rows.raw(isFirst ? named.first : named.next);
          isFirst = false;
          if (isTime && typeof value === "string") rows.jsonTime(value);
          else rows.json(value);
        }
        if (!isEmpty(attributes)) {
          rows.raw(isFirst ? ATTRIBUTES.first : ATTRIBUTES.next);
          rows.json(attributes);
        }
        rows.raw(CLOSE);
      });
    },
  };
}

const OPEN = constant("{");
const CLOSE = constant("}");
const ATTRIBUTES = { first: constant('"attributes":'), next: constant(',"attributes":') };

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
