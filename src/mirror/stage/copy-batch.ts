import { columnsOf, ENTITY_NAMES, type Into, isEntity, LINK_ENDS } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import type { Digest } from "../../domain/page-records";
import type { StagedPage } from "../../domain/staging";
import { copyLine, copyLines } from "./copy-lines";
import { KEPT_COLUMNS, keptLines } from "./kept-lines";
import type { StageContext } from "./stage-context";
import { stageColumns } from "./stage-tables";

/** What is written into the stage at once. Everything is numbered, counting up over the whole run. */
export interface Batch {
  /** `first` is the number of a page's first record. */
  readonly pages: readonly { readonly page: StagedPage; readonly first: number }[];
  /** Parents whose children were all read. */
  readonly parents: readonly { readonly stream: string; readonly key: string; readonly ord: number }[];
}

/** Numbers that a page takes up. */
export const numbersOf = ({ records, kept }: StagedPage): number => Math.max(records.length, kept.length) + 1;

/** Rows that a page becomes in the stage. */
export const rowsOfPage = ({ records, links, rejects, skips, kept }: StagedPage): number =>
  records.reduce((rows, { lists }) => rows + lists.reduce((items, list) => items + list.items.length, 1), 0) +
  (links.length + rejects.length + skips.length + kept.length);

/** Lines to be copied, by their table. */
type Lines = Readonly<Record<string, string[]>>;

/** Copies a batch into the stage with COPY's text format, one COPY a table. */
export async function copyBatch(context: StageContext, { pages, parents }: Batch): Promise<void> {
  const lines: Lines = Object.fromEntries(Object.keys(COLUMNS).map((table) => [table, []]));
  for (const { page, first } of pages) {
    gatherLines(lines, page, first);
    if (page.kept.length > 0) gather(lines, "stage_raw", await keptLines(context, page.stream, page.kept, first));
  }
  const parentLines = parents.map(({ stream, key, ord }) => copyLine([stream, key, ord]));
  gather(lines, "stage_parents", parentLines);
  for (const [table, columns] of Object.entries(COLUMNS)) await copyLines(context, table, columns, lines[table] ?? []);
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(ENTITY_NAMES.map((entity) => [`stage_${entity}`, stageColumns(entity)])),
  stage_links: ["kind", "origin", "owner", "left_key", "right_key", "scope", "ord"],
  stage_rejects: ["stream", "entity", "record", "key", "field", "code", "reason", "page", "ord"],
  stage_skips: ["entity", "key", "because", "page", "ord"],
  stage_raw: KEPT_COLUMNS,
  stage_parents: ["stream", "key", "ord"],
};

function gather(lines: Lines, table: string, more: readonly string[]): void {
  const those = lines[table];
  for (const line of more) those?.push(line);
}

function gatherLines(
  lines: Lines,
  { stream, page, records, digests, links, rejects, skips }: StagedPage,
  first: number,
) {
  const { name, into } = stream;
  const stated = links.map((link) =>
    copyLine([link.links, name, link.owner, link.left, link.right, link.scope ?? "", first]),
  );
  gather(lines, "stage_links", stated);
  if (isEntity(into)) {
    const fields = columnsOf(into).map((field) => field.name);
    records.forEach((record, index) => {
      const ord = first + index;
      lines[`stage_${into}`]?.push(recordLine(record, fields, ord, page, digests[index] ?? null));
      for (const list of record.lists)
        gather(lines, "stage_links", linesOfList(into, `${name}.${list.field}`, record.key, list, ord));
    });
  }
  const rejected = rejects.map((r) =>
    copyLine([name, into, r.key ?? r.place, r.key, r.field, r.code, r.reason, page, first]),
  );
  gather(lines, "stage_rejects", rejected);
  gather(
    lines,
    "stage_skips",
    skips.map((skip) => copyLine([into, skip.key, skip.because, page, first])),
  );
}

function recordLine(
  record: MappedRecord,
  fields: readonly string[],
  ord: number,
  page: number,
  digest: Digest | null,
): string {
  const values: (string | number | boolean | null)[] = [ord, page, record.key];
  for (const field of fields) values.push(record.values[field] ?? null);
  values.push(JSON.stringify(record.attributes), digest === null ? null : byteaText(digest));
  return copyLine(values);
}

const byteaText = (digest: Digest): string => `\\x${Buffer.from(digest, "latin1").toString("hex")}`;

function linesOfList(
  into: Into,
  origin: string,
  owner: string,
  list: MappedRecord["lists"][number],
  ord: number,
): readonly string[] {
  const ownerIsLeft = LINK_ENDS[list.links].left === into;
  return list.items.map((item) =>
    ownerIsLeft
      ? copyLine([list.links, origin, owner, owner, item.key, item.scope ?? "", ord])
      : copyLine([list.links, origin, owner, item.key, owner, item.scope ?? "", ord]),
  );
}
