import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { CopyText } from "./copy-text";
import type { StageContext } from "./stage-context";

/** Copies lines into a table. They must stay as they are until this resolves. */
export async function copyLines(
  { client }: Pick<StageContext, "client">,
  table: string,
  columns: readonly string[],
  lines: CopyText,
): Promise<void> {
  if (lines.size === 0) return;
  const sink = (client as Client).query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(Readable.from([lines.bytes], { objectMode: false }), sink);
}

/** So much is handed over at once, in bytes. */
const PORTION = 1 << 18;

/** Copies lines as they are written, one call of `write` each, so that few are there at a time. */
export async function copyThrough<T>(
  { client }: Pick<StageContext, "client">,
  table: string,
  columns: readonly string[],
  from: readonly T[],
  write: (text: CopyText, one: T, index: number) => void,
): Promise<void> {
  const sink = (client as Client).query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(Readable.from(portions(from, write), { objectMode: false }), sink);
}

function* portions<T>(from: readonly T[], write: (text: CopyText, one: T, index: number) => void): Generator<Buffer> {
  // What was handed over may still be on its way when the next is written.
  let text = new CopyText();
  for (const [index, one] of from.entries()) {
    write(text, one, index);
    if (text.size < PORTION) continue;
    yield text.bytes;
    text = new CopyText();
  }
  if (text.size > 0) yield text.bytes;
}
