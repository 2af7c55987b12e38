import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stream } from "../../../domain/job";
import type { KeptRecord } from "../../../domain/staging";
import { packJson } from "../../kept-json";
import { rowsOf, type StageContext } from "../stage-context";
import type { CopyRows } from "./copy-rows";

/** Others get their turn after so many records were digested or compressed. */
const RECORDS_A_TURN = 250;

export const KEPT_COLUMNS = ["stream", "parent", "parent_stream", "key", "person", "digest", "record", "ord"];

/**
 * Writes the rows of one page's raw records. Only those that are not kept already, to the letter, are compressed and copied; of the
 * others it is noted that they were met.
 *
 * @param firstOrd number of the first; they count up over the whole run
 */
export async function writeKept(
  rows: CopyRows,
  context: StageContext,
  { name, each }: Stream,
  records: readonly KeptRecord[],
  firstOrd: number,
): Promise<void> {
  const texts: string[] = [];
  const digests: Buffer[] = [];
  for (const [index, { record }] of records.entries()) {
    const text = JSON.stringify(record);
    texts.push(text);
    digests.push(createHash("sha256").update(text).digest());
    if (index % RECORDS_A_TURN === RECORDS_A_TURN - 1) await nextTurn();
  }
  const known = await rowsOf<{ index: number }>(
    context,
    `select page.index::integer as index
     from unnest($3::text[], $4::text[], $5::bytea[]) with ordinality as page (parent, key, digest, index)
     join sync.raw_records r
       on r.source = $1 and r.stream = $2 and r.parent = page.parent and r.key = page.key
         and r.digest = page.digest`,
    [context.source, name, records.map(({ parent }) => parent ?? ""), records.map(({ key }) => key), digests],
  );
  const unchanged = new Set(known.map(({ index }) => index - 1));
  for (const [index, { parent, key, person }] of records.entries()) {
    const isKept = unchanged.has(index);
    rows.row(KEPT_COLUMNS.length);
    for (const text of [name, parent ?? "", each, key, person]) rows.text(text);
    rows.bytea(isKept ? null : (digests[index] ?? null));
    rows.bytea(isKept ? null : packJson(texts[index] ?? ""));
    rows.int8(firstOrd + index);
    if (index % RECORDS_A_TURN === RECORDS_A_TURN - 1) await nextTurn();
  }
}
