import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stream } from "../../domain/job";
import type { KeptRecord } from "../../domain/staging";
import { packJson } from "../kept-json";
import type { CopyText } from "./copy-text";
import { rowsOf, type StageContext } from "./stage-context";

/** Others get their turn after so many records were digested or compressed. */
const STRETCH = 250;

export const KEPT_COLUMNS = ["stream", "parent", "parent_stream", "key", "person", "digest", "record", "ord"];

/**
 * Writes the lines of one page's raw records. Only those that are not kept already, to the letter, are compressed and copied; of the
 * others it is noted that they were met.
 *
 * @param firstOrd number of the first; they count up over the whole run
 */
export async function writeKept(
  lines: CopyText,
  context: StageContext,
  { name, each }: Stream,
  records: readonly KeptRecord[],
  firstOrd: number,
): Promise<void> {
  const texts: string[] = [];
  const digests: string[] = [];
  for (const [index, { record }] of records.entries()) {
    const text = JSON.stringify(record);
    texts.push(text);
    digests.push(createHash("sha256").update(text).digest("hex"));
    if (index % STRETCH === STRETCH - 1) await nextTurn();
  }
  const known = await rowsOf<{ index: number }>(
    context,
    `select page.index::integer as index
     from unnest($3::text[], $4::text[], $5::text[]) with ordinality as page (parent, key, digest, index)
     join sync.raw_records r
       on r.source = $1 and r.stream = $2 and r.parent = page.parent and r.key = page.key
         and r.digest = decode(page.digest, 'hex')`,
    [context.source, name, records.map(({ parent }) => parent ?? ""), records.map(({ key }) => key), digests],
  );
  const unchanged = new Set(known.map(({ index }) => index - 1));
  for (const [index, { parent, key, person }] of records.entries()) {
    const isKept = unchanged.has(index);
    const packed = isKept ? null : `\\x${packJson(texts[index] ?? "").toString("hex")}`;
    const digest = isKept ? null : `\\x${digests[index]}`;
    lines.line([name, parent ?? "", each, key, person, digest, packed, firstOrd + index]);
    if (index % STRETCH === STRETCH - 1) await nextTurn();
  }
}
