import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../domain/errors";
import type { GivenFile } from "../../domain/mapping-trials";
import type { Terminal } from "../text/terminal";

const MOST_BYTES = 64 * 1024 * 1024;

/** What a command takes from a file, for whoever named another. */
export interface Wanted {
  /** After "name". */
  readonly what: string;
  /** What to do about one that is too large. */
  readonly ifLarger: string;
}

export const RECORDS: Wanted = {
  what: "a file with records in JSON",
  ifLarger: "take fewer records, such as one page",
};

/** Reads a file named on the command line; - is standard input. @throws Failure USE008 */
export async function givenFile(name: string, wanted: Wanted, { cwd, stdin }: Terminal): Promise<GivenFile> {
  const shown = name === "-" ? "standard input" : name;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of name === "-" ? stdin : createReadStream(resolve(cwd, name))) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES) throw unreadable(shown, "it holds more than 64 MiB", wanted.ifLarger);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = "" } = error as NodeJS.ErrnoException;
    throw unreadable(shown, REASONS[code] ?? code, `name ${wanted.what}, or - for standard input`);
  }
  return { name: shown, bytes: Buffer.concat(chunks) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "reading it is not permitted",
};

const unreadable = (name: string, why: string, fix: string): Failure =>
  new Failure("USE008", `\`${name}\` cannot be read: ${why}`, { fix });
