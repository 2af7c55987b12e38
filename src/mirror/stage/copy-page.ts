import { isEntity } from "../../domain/entities";
import type { StagedPage } from "../../domain/staging";
import { copyKeptRecords } from "./copy-kept-records";
import { copyLines } from "./copy-lines";
import { CopyText, NEWLINE, NULL, TAB } from "./copy-text";
import { LINK_STAGE_COLUMNS, listText } from "./list-text";
import { recordText } from "./record-text";
import type { StageContext } from "./stage-context";
import { stageColumns } from "./stage-tables";

/**
 * Copies one page into the stage with COPY's text format.
 *
 * @param firstOrd number of the page's first record; records count up over the whole run
 */
export async function copyPage(context: StageContext, page: StagedPage, firstOrd: number): Promise<void> {
  const { stream } = page;
  const links = new CopyText();
  for (const { links: kind, owner, left, right, scope } of page.links)
    links.line([kind, stream.name, owner, left, right, scope ?? "", firstOrd]);
  if (page.kept.length > 0) await copyKeptRecords(context, stream, page.kept, firstOrd);
  if (isEntity(stream.into)) {
    const rows = new CopyText();
    const { writeColumns } = recordText(stream.into, stream.mapping);
    const writeLists = listText(stream);
    for (const [index, record] of page.records.entries()) {
      const digest = page.digests[index] ?? null;
      rows.number(firstOrd + index);
      rows.raw(TAB);
      rows.number(page.page);
      rows.raw(TAB);
      rows.text(record.key);
      writeColumns(rows, record);
      rows.raw(TAB);
      if (digest === null) rows.raw(NULL);
      else rows.digest(digest);
      rows.raw(NEWLINE);
      writeLists(links, record, firstOrd + index);
    }
    await copyLines(context, `stage_${stream.into}`, stageColumns(stream.into), rows);
  }
  await copyLines(context, "stage_links", LINK_STAGE_COLUMNS, links);
  const rejects = new CopyText();
  for (const { key, place, field, code, reason } of page.rejects)
    rejects.line([stream.name, stream.into, key ?? place, key, field, code, reason, page.page]);
  await copyLines(
    context,
    "stage_rejects",
    ["stream", "entity", "record", "key", "field", "code", "reason", "page"],
    rejects,
  );
  const skips = new CopyText();
  for (const { key, because } of page.skips) skips.line([stream.into, key, because, page.page]);
  await copyLines(context, "stage_skips", ["entity", "key", "because", "page"], skips);
}
