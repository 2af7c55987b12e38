import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { CopyText } from "./copy-text";
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
