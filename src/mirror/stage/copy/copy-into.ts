import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { StageContext } from "../stage-context";
import { CopyRows, HEADER, TRAILER } from "./copy-rows";

type Session = Pick<StageContext, "client">;

/** Copies rows into a table. They must stay as they are until this resolves. */
export async function copyInto(
  session: Session,
  table: string,
  columns: readonly string[],
  rows: CopyRows,
): Promise<void> {
  if (rows.size > 0) await copy(session, table, columns, [Buffer.concat([HEADER, rows.bytes, TRAILER])]);
}

/** So much is handed over at once, in bytes: the server has nothing to do until the first is written. */
const PORTION = 1 << 15;
/** Beyond it, so that the row that makes a portion whole seldom needs more. */
const MARGIN = 1 << 12;

/** Copies rows as they are written, one call of `write` each, so that few are there at a time. */
export const copyThrough = <T>(
  session: Session,
  table: string,
  columns: readonly string[],
  from: readonly T[],
  write: (rows: CopyRows, one: T) => void,
): Promise<void> => copy(session, table, columns, portions(from, write));

/** @param bytes each is sent by two system calls: what frames the rows goes with them */
async function copy(
  { client }: Session,
  table: string,
  columns: readonly string[],
  bytes: Iterable<Uint8Array>,
): Promise<void> {
  const sink = (client as Client).query(
    copyFrom(`copy ${table} (${columns.join(", ")}) from stdin with (format binary)`),
  );
  await pipeline(Readable.from(bytes, { objectMode: false }), sink);
}

function* portions<T>(from: readonly T[], write: (rows: CopyRows, one: T) => void): Generator<Buffer> {
  // What was handed over may still be on its way when the next is written.
  let rows = new CopyRows(PORTION + MARGIN);
  rows.raw(HEADER);
  for (const one of from) {
    write(rows, one);
    if (rows.size < PORTION) continue;
    yield rows.bytes;
    rows = new CopyRows(PORTION + MARGIN);
  }
  rows.raw(TRAILER);
  yield rows.bytes;
}
