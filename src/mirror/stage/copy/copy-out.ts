import { type Client, escapeLiteral } from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { StageContext } from "../stage-context";
import { HEADER } from "./copy-rows";

/**
 * The rows of a query, read from COPY's binary format: in the driver's own answers bytes are text, which is twice as long and has
 * to be decoded.
 *
 * @param parameters for `$1` and so on: they become literals, for COPY takes no parameters
 * @param read reads the columns of one row, in their order
 */
export async function copyOut<T>(
  { client }: Pick<StageContext, "client">,
  query: string,
  parameters: readonly string[],
  read: (columns: CopiedColumns) => T,
): Promise<readonly T[]> {
  const literal = (_: string, number: string): string => escapeLiteral(parameters[Number(number) - 1] ?? "");
  const copy = `copy (${query.replace(/\$(\d)/g, literal)}) to stdout with (format binary)`;
  const pieces: Buffer[] = [];
  for await (const piece of (client as Client).query(copyTo(copy))) pieces.push(piece);
  const columns = new CopiedColumns(Buffer.concat(pieces));
  const rows: T[] = [];
  while (columns.nextRow()) rows.push(read(columns));
  return rows;
}

/** Each column must be read as the type that it has, and none may be null. */
export class CopiedColumns {
  readonly #bytes: Buffer;
  #at = HEADER.length;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Goes on to the next row; false behind the last. */
  nextRow(): boolean {
    const columns = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    return columns >= 0;
  }

  /** A view of what was read. */
  bytea(): Buffer {
    const begin = this.#at + 4;
    this.#at = begin + this.#bytes.readInt32BE(this.#at);
    return this.#bytes.subarray(begin, this.#at);
  }

  integer(): number {
    return this.bytea().readInt32BE();
  }

  bigint(): number {
    return Number(this.bytea().readBigInt64BE());
  }
}
