import { ENTITY_NAMES, isEntity } from "../../../domain/entities";
import type { StagedPage } from "../../../domain/staging";
import { packJson } from "../../kept-json";
import type { StageContext } from "../stage-context";
import { stageColumns } from "../stage-tables";
import { copyInto } from "./copy-into";
import { CopyRows } from "./copy-rows";
import { KEPT_COLUMNS, writeKept } from "./kept-rows";
import { LINK_STAGE_COLUMNS, listRows } from "./list-rows";
import { PASSWORD_COLUMNS, writePasswords } from "./password-rows";
import { recordRow } from "./record-row";

interface BatchPage {
  readonly page: StagedPage;
  /** Number of its first record. */
  readonly first: number;
  /** By this process's clock, in RFC 3339. */
  readonly readAt: string;
}

/** What is written into the stage at once. Everything is numbered, counting up over the whole run. */
export interface Batch {
  readonly pages: readonly BatchPage[];
  /** Parents whose children were all read. */
  readonly parents: readonly { readonly stream: string; readonly key: string; readonly ord: number }[];
}

/** Numbers that a page takes up. */
export const numbersOf = ({ records, kept }: StagedPage): number => Math.max(records.length, kept.length) + 1;

/** Rows that a page becomes in the stage. */
export const rowsOfPage = ({ records, links, passwords, rejects, skips, kept }: StagedPage): number =>
  records.reduce((rows, { lists }) => rows + lists.reduce((items, list) => items + list.items.length, 1), 0) +
  (links.length + passwords.length + rejects.length + skips.length + kept.length);

/** Rows to be copied, by their table. */
type BatchRows = ReadonlyMap<string, CopyRows>;

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(ENTITY_NAMES.map((entity) => [`stage_${entity}`, stageColumns(entity)])),
  stage_links: LINK_STAGE_COLUMNS,
  stage_passwords: PASSWORD_COLUMNS,
  stage_rejects: ["stream", "entity", "record", "key", "field", "code", "reason", "page", "ord", "payload", "inactive"],
  stage_skips: ["entity", "key", "because", "page", "ord"],
  stage_raw: KEPT_COLUMNS,
  stage_parents: ["stream", "key", "ord"],
};

/** The batch as COPY takes it. */
export async function rowsOfBatch(context: StageContext, { pages, parents }: Batch): Promise<BatchRows> {
  const tables = new Map<string, CopyRows>();
  const rowsFor = (table: string): CopyRows => {
    const rows = tables.get(table) ?? new CopyRows();
    tables.set(table, rows);
    return rows;
  };
  for (const { page, first, readAt } of pages) {
    writePage(rowsFor, page, first);
    if (page.passwords.length > 0) await writePasswords(rowsFor("stage_passwords"), context, page, { first, readAt });
    if (page.kept.length > 0) await writeKept(rowsFor("stage_raw"), context, page.stream, page.kept, first);
  }
  for (const { stream, key, ord } of parents) rowsFor("stage_parents").line([stream, key, ord]);
  return tables;
}

/** Copies it into the stage, one COPY a table. */
export async function copyBatch(context: StageContext, tables: BatchRows): Promise<void> {
  for (const [table, rows] of tables) await copyInto(context, table, COLUMNS[table] ?? [], rows);
}

function writePage(rowsFor: (table: string) => CopyRows, page: StagedPage, first: number): void {
  const { name, into } = page.stream;
  const links = rowsFor("stage_links");
  for (const { links: kind, owner, left, right, scope } of page.links)
    links.line([kind, name, owner, left, right, scope ?? "", first]);
  if (isEntity(into)) writeRecords(rowsFor(`stage_${into}`), links, page, first);
  for (const { key, place, field, code, reason, payload, inactive } of page.rejects) {
    const rows = rowsFor("stage_rejects");
    writeNote(rows, [name, into, key ?? place, key, field, code, reason], page.page, first, 2);
    rows.bytea(payload === null ? null : packJson(payload));
    rows.text(inactive ?? null);
  }
  for (const { key, because } of page.skips) writeNote(rowsFor("stage_skips"), [into, key, because], page.page, first);
}

/** @param more values that follow */
function writeNote(rows: CopyRows, texts: readonly (string | null)[], page: number, ord: number, more = 0): void {
  rows.row(texts.length + 2 + more);
  for (const text of texts) rows.text(text);
  rows.int4(page);
  rows.int8(ord);
}

function writeRecords(rows: CopyRows, links: CopyRows, { stream, page, records, digests }: StagedPage, first: number) {
  if (!isEntity(stream.into)) return;
  const { columns, writeColumns } = recordRow(stream.into, stream.mapping);
  const writeLists = listRows(stream);
  for (const [index, record] of records.entries()) {
    rows.row(columns + 4);
    rows.int8(first + index);
    rows.int4(page);
    rows.text(record.key);
    writeColumns(rows, record);
    rows.digest(digests[index] ?? null);
    writeLists(links, record, first + index);
  }
}
