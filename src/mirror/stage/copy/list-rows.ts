import { FIELDS, LINK_ENDS, type LinkKind } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { MappedRecord } from "../../../domain/mapping";
import type { CopyRows } from "./copy-rows";

/** Columns of `stage_links` in the order in which they are copied. */
export const LINK_STAGE_COLUMNS = ["kind", "origin", "owner", "left_key", "right_key", "scope", "ord"] as const;

/** Writes the rows of the links that a record's lists state. */
type WriteLists = (rows: CopyRows, record: MappedRecord, ord: number) => void;

export function listRows({ name, into }: Pick<Stream, "name" | "into">): WriteLists {
  const fields = new Map<string, { readonly kind: LinkKind; readonly origin: string; readonly ownerIsLeft: boolean }>();
  for (const { name: field, links: kind } of FIELDS[into])
    if (kind !== undefined)
      fields.set(field, { kind, origin: `${name}.${field}`, ownerIsLeft: LINK_ENDS[kind].left === into });
  return (rows, { key: owner, lists }, ord) => {
    for (const { field, items } of lists) {
      const list = fields.get(field);
      if (list === undefined) throw new Error(`\`${field}\` of \`${into}\` is no list of links`);
      const { kind, origin, ownerIsLeft } = list;
      for (const { key, scope } of items) {
        const [left, right] = ownerIsLeft ? [owner, key] : [key, owner];
        rows.line([kind, origin, owner, left, right, scope ?? "", ord]);
      }
    }
  };
}
