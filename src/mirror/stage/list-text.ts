import { FIELDS, LINK_ENDS } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { MappedRecord } from "../../domain/mapping";
import { type CopyText, constant, NEWLINE, TAB } from "./copy-text";

/** Columns of `stage_links` in the order in which they are copied. */
export const LINK_STAGE_COLUMNS = ["kind", "origin", "owner", "left_key", "right_key", "scope", "ord"] as const;

/** Writes the lines of the links that a record's lists state. */
type WriteLists = (text: CopyText, record: MappedRecord, ord: number) => void;

export function listText({ name, into }: Pick<Stream, "name" | "into">): WriteLists {
  const beginnings = new Map<string, { readonly bytes: Uint8Array; readonly ownerIsLeft: boolean }>();
  for (const field of FIELDS[into]) {
    if (field.links === undefined) continue;
    const bytes = constant(`${field.links}\t${name}.${field.name}\t`);
    beginnings.set(field.name, { bytes, ownerIsLeft: LINK_ENDS[field.links].left === into });
  }
  return (text, { key: owner, lists }, ord) => {
    for (const { field, items } of lists) {
      const beginning = beginnings.get(field);
      if (beginning === undefined) throw new Error(`\`${field}\` of \`${into}\` is no list of links`);
      const { bytes, ownerIsLeft } = beginning;
      for (const { key, scope } of items) {
        text.raw(bytes);
        text.text(owner);
        text.raw(TAB);
        text.text(ownerIsLeft ? owner : key);
        text.raw(TAB);
        text.text(ownerIsLeft ? key : owner);
        text.raw(TAB);
        if (scope !== null) text.text(scope);
        text.raw(TAB);
        text.number(ord);
        text.raw(NEWLINE);
      }
    }
  };
}
