import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { StageContext } from "./stage-context";

/** Copies lines made by `copyLine` into a table of the stage. */
export async function copyLines(
  { client }: StageContext,
  table: string,
  columns: readonly string[],
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return;
  const sink = (client as Client).query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(Readable.from([Buffer.from(lines.join(""))], { objectMode: false }), sink);
}

/** So much is handed over at once, in characters. */
const PORTION = 1 << 18;

/** Copies lines as they are made, so that few are there at a time. */
export async function copyThrough(
  { client }: Pick<StageContext, "client">,
  table: string,
  columns: readonly string[],
  lines: () => Iterable<string>,
): Promise<void> {
  const sink = (client as Client).query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(Readable.from(portions(lines()), { objectMode: false }), sink);
}

function* portions(lines: Iterable<string>): Generator<Buffer> {
  let portion = "";
  for (const line of lines) {
    portion += line;
    if (portion.length < PORTION) continue;
    yield Buffer.from(portion);
    portion = "";
  }
  if (portion !== "") yield Buffer.from(portion);
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** One line of COPY's text format, its end included. */
export function copyLine(values: readonly (string | number | boolean | null)[]): string {
  let out = "";
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) out += "\t";
    if (value === null || value === undefined) out += "\\N";
    else if (typeof value !== "string") out += value;
    else out += copyText(value);
  }
  return `${out}\n`;
}

/** A text within a line. */
export const copyText = (value: string): string =>
  SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (char) => ESCAPES[char] ?? char) : value;
