import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { columnsOf, type Into, isEntity, LINK_ENDS } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import type { StagedPage } from "../../domain/staging";
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
    line([link.links, stream.name, link.owner, link.left, link.right, link.scope ?? "", firstOrd]),
  );
  if (isEntity(stream.into)) {
    const fields = columnsOf(stream.into).map((field) => field.name);
    const rows: string[] = [];
    page.records.forEach((record, index) => {
      const ord = firstOrd + index;
      rows.push(recordLine(record, fields, ord, page.page));
      for (const list of record.lists) {
        const listed = linesOfList(stream.into, `${stream.name}.${list.field}`, record.key, list, ord);
        for (const row of listed) links.push(row);
      }
    });
    await copy(context, `stage_${stream.into}`, stageColumns(stream.into), rows);
  }
  await copy(context, "stage_links", ["kind", "origin", "owner", "left_key", "right_key", "scope", "ord"], links);
  await copy(
    context,
    "stage_rejects",
    ["stream", "entity", "record", "key", "field", "code", "reason", "page"],
    page.rejects.map((r) =>
      line([stream.name, stream.into, r.key ?? r.place, r.key, r.field, r.code, r.reason, page.page]),
    ),
  );
  await copy(
    context,
    "stage_skips",
    ["entity", "key", "because", "page"],
    page.skips.map((skip) => line([stream.into, skip.key, skip.because, page.page])),
  );
}

function recordLine(record: MappedRecord, fields: readonly string[], ord: number, page: number): string {
  const values: (string | number | boolean | null)[] = [ord, page, record.key];
  for (const field of fields) values.push(record.values[field] ?? null);
  values.push(JSON.stringify(record.attributes));
  return line(values);
}

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
      ? line([list.links, origin, owner, owner, item.key, item.scope ?? "", ord])
      : line([list.links, origin, owner, item.key, owner, item.scope ?? "", ord]),
  );
}

async function copy(
  { client }: StageContext,
  table: string,
  columns: readonly string[],
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return;
  const sink = (client as Client).query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(Readable.from([Buffer.from(lines.join(""))], { objectMode: false }), sink);
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** One line of COPY's text format, its end included. */
function line(values: readonly (string | number | boolean | null)[]): string {
  let out = "";
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) out += "\t";
    if (value === null || value === undefined) out += "\\N";
    else if (typeof value !== "string") out += value;
    else out += SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (char) => ESCAPES[char] ?? char) : value;
  }
  return `${out}\n`;
}
