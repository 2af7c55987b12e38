import { columnsOf, type Into, isEntity, LINK_ENDS } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import type { Digest } from "../../domain/page-records";
import type { StagedPage } from "../../domain/staging";
import { copyKeptRecords } from "./copy-kept-records";
import { copyLine, copyLines } from "./copy-lines";
import type { StageContext } from "./stage-context";
import { stageColumns } from "./stage-tables";

/**
 * Copies one page into the stage with COPY's text format.
 *
 * @param firstOrd number of the page's first record; records count up over the whole run
 */
export async function copyPage(context: StageContext, page: StagedPage, firstOrd: number): Promise<void> {
  const { stream } = page;
  const links: string[] = page.links.map((link) =>
    copyLine([link.links, stream.name, link.owner, link.left, link.right, link.scope ?? "", firstOrd]),
  );
  if (page.kept.length > 0) await copyKeptRecords(context, stream, page.kept, firstOrd);
  if (isEntity(stream.into)) {
    const fields = columnsOf(stream.into).map((field) => field.name);
    const rows: string[] = [];
    page.records.forEach((record, index) => {
      const ord = firstOrd + index;
      rows.push(recordLine(record, fields, ord, page.page, page.digests[index] ?? null));
      for (const list of record.lists) {
        const listed = linesOfList(stream.into, `${stream.name}.${list.field}`, record.key, list, ord);
        for (const row of listed) links.push(row);
      }
    });
    await copyLines(context, `stage_${stream.into}`, stageColumns(stream.into), rows);
  }
  await copyLines(context, "stage_links", ["kind", "origin", "owner", "left_key", "right_key", "scope", "ord"], links);
  await copyLines(
    context,
    "stage_rejects",
    ["stream", "entity", "record", "key", "field", "code", "reason", "page"],
    page.rejects.map((r) =>
      copyLine([stream.name, stream.into, r.key ?? r.place, r.key, r.field, r.code, r.reason, page.page]),
    ),
  );
  await copyLines(
    context,
    "stage_skips",
    ["entity", "key", "because", "page"],
    page.skips.map((skip) => copyLine([stream.into, skip.key, skip.because, page.page])),
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
