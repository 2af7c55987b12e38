import { ENTITY_NAMES, isEntity } from "../../domain/entities";
import type { StagedPage } from "../../domain/staging";
import { copyLines } from "./copy-lines";
import { CopyText, NEWLINE, NULL, TAB } from "./copy-text";
import { KEPT_COLUMNS, writeKept } from "./kept-text";
import { LINK_STAGE_COLUMNS, listText } from "./list-text";
import { recordText } from "./record-text";
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
type BatchText = ReadonlyMap<string, CopyText>;

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(ENTITY_NAMES.map((entity) => [`stage_${entity}`, stageColumns(entity)])),
  stage_links: LINK_STAGE_COLUMNS,
  stage_rejects: ["stream", "entity", "record", "key", "field", "code", "reason", "page", "ord"],
  stage_skips: ["entity", "key", "because", "page", "ord"],
  stage_raw: KEPT_COLUMNS,
  stage_parents: ["stream", "key", "ord"],
};

/** The batch in COPY's text format. */
export async function textOf(context: StageContext, { pages, parents }: Batch): Promise<BatchText> {
  const texts = new Map<string, CopyText>();
  const textFor = (table: string): CopyText => {
    const text = texts.get(table) ?? new CopyText();
    texts.set(table, text);
    return text;
  };
  for (const { page, first } of pages) {
    writePage(textFor, page, first);
    if (page.kept.length > 0) await writeKept(textFor("stage_raw"), context, page.stream, page.kept, first);
  }
  for (const { stream, key, ord } of parents) textFor("stage_parents").line([stream, key, ord]);
  return texts;
}

/** Copies it into the stage, one COPY a table. */
export async function copyText(context: StageContext, texts: BatchText): Promise<void> {
  for (const [table, text] of texts) await copyLines(context, table, COLUMNS[table] ?? [], text);
}

function writePage(textFor: (table: string) => CopyText, page: StagedPage, first: number): void {
  const { name, into } = page.stream;
  const links = textFor("stage_links");
  for (const { links: kind, owner, left, right, scope } of page.links)
    links.line([kind, name, owner, left, right, scope ?? "", first]);
  if (isEntity(into)) writeRecords(textFor(`stage_${into}`), links, page, first);
  for (const { key, place, field, code, reason } of page.rejects)
    textFor("stage_rejects").line([name, into, key ?? place, key, field, code, reason, page.page, first]);
  for (const { key, because } of page.skips) textFor("stage_skips").line([into, key, because, page.page, first]);
}

function writeRecords(rows: CopyText, links: CopyText, { stream, page, records, digests }: StagedPage, first: number) {
  if (!isEntity(stream.into)) return;
  const { writeColumns } = recordText(stream.into, stream.mapping);
  const writeLists = listText(stream);
  for (const [index, record] of records.entries()) {
    const digest = digests[index] ?? null;
    rows.number(first + index);
    rows.raw(TAB);
    rows.number(page);
    rows.raw(TAB);
    rows.text(record.key);
    writeColumns(rows, record);
    rows.raw(TAB);
    if (digest === null) rows.raw(NULL);
    else rows.digest(digest);
    rows.raw(NEWLINE);
    writeLists(links, record, first + index);
  }
}
