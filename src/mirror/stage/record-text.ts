import { columnsOf, type EntityName } from "../../domain/entities";
import type { MappedRecord, MappingSpec } from "../../domain/mapping";
import { type CopyText, constant } from "./copy-text";

/** How the records of one mapping are written, worked out once and not for each of them. */
export interface RecordText {
  /** The columns of the entity in the order of the mirror, then its attributes: each behind a tab. */
  writeColumns(text: CopyText, record: MappedRecord): void;
  /** As the audit tells of a new record: what is not null, and its attributes where there are any. */
  writeJson(text: CopyText, record: MappedRecord): void;
}

interface Column {
  readonly name: string;
  readonly isTime: boolean;
  /** A tab; before it the columns that the mapping does not describe. */
  readonly before: Uint8Array;
  /** The name as JSON, as the first of an object, and behind others. */
  readonly named: { readonly first: Uint8Array; readonly next: Uint8Array };
}

export function recordText(entity: EntityName, { fields }: Pick<MappingSpec, "fields">): RecordText {
  const described = new Set(fields.map(({ name }) => name));
  const columns: Column[] = [];
  let before = "\t";
  for (const { name, type } of columnsOf(entity)) {
    if (!described.has(name)) {
      before += "\\N\t";
      continue;
    }
    const named = { first: constant(`"${name}":`), next: constant(`,"${name}":`) };
    columns.push({ name, isTime: type === "timestamp", before: constant(before), named });
    before = "\t";
  }
  const behind = constant(before);
  return {
    writeColumns(text, { values, attributes }) {
      for (const { name, before } of columns) {
        text.raw(before);
        text.value(values[name] ?? null);
      }
      text.raw(behind);
      text.json(attributes);
    },
    writeJson(text, { values, attributes }) {
      text.raw(OPEN);
      let isFirst = true;
      for (const { name, isTime, named } of columns) {
        const value = values[name] ?? null;
        if (value === null) continue;
        text.raw(isFirst ? named.first : named.next);
        isFirst = false;
        if (isTime && typeof value === "string") text.jsonTime(value);
        else text.json(value);
      }
      if (!isEmpty(attributes)) {
        text.raw(isFirst ? ATTRIBUTES.first : ATTRIBUTES.next);
        text.json(attributes);
      }
      text.raw(CLOSE);
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
