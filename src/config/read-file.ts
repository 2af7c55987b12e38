import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";

const KIB = 1024;
const MIB = 1024 * KIB;

/** How large a file of each kind may be: far more than people write, and little enough to be read whole. */
export const MOST_BYTES = {
  secret: 64 * KIB,
  environment: MIB,
  /** Those that operating systems believe are a fifth of it. */
  certificates: MIB,
  /** A job or a mapping, with its tests. */
  yaml: 8 * MIB,
  apiDocument: 64 * MIB,
} as const;

/** Why there is nothing to read at a path, as the end of a sentence, and what to do about it. */
export interface Unreadable {
  readonly why: string;
  readonly fix: string;
  /** Whether there is nothing at all there, which is not always a mistake. */
  readonly isAbsent: boolean;
  /** What could be read of it, and where it is no text, in UTF-16 units; for bytes that are not UTF-8 alone. */
  readonly broken?: { readonly text: string; readonly start: number };
}

/** A whole file as text, or why not. */
export function readTextFile(path: string, most: number): string | Unreadable {
  const bytes = readFile(path, most);
  if (!Buffer.isBuffer(bytes)) return bytes;
  const text = bytes.toString("utf8");
  if (isUtf8(bytes)) return text;
  return {
    why: "it is not UTF-8 text",
    fix: "save it as UTF-8",
    isAbsent: false,
    broken: { text, start: firstBroken(bytes, text) },
  };
}

/** A whole ordinary file, or why not. All that people name is read here: what never ends, or never begins, is not waited for. */
export function readFile(path: string, most: number): Buffer | Unreadable {
  let file: number | null = null;
  try {
    // Without waiting for another process to write into a pipe; what it is can then no longer change.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) return { why: `it is ${kindOf(stats)}`, fix: "put an ordinary file there", isAbsent: false };
    return readWhole(file, most) ?? tooLarge(most);
  } catch (error) {
    return whyUnreadable(error, path);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Null when there is more. The size that the system tells is not believed: it is 0 under `/proc`, and files grow. */
function readWhole(file: number, most: number): Buffer | null {
  const chunks: Buffer[] = [];
  for (let size = 0; size <= most; ) {
    const chunk = Buffer.allocUnsafe(Math.min(most + 1 - size, 64 * KIB + 1));
    const read = readSync(file, chunk);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    size += read;
  }
  return null;
}

const tooLarge = (most: number): Unreadable => ({
  why: `it holds more than ${most >= MIB ? `${most / MIB} MiB` : `${most / KIB} KiB`}`,
  fix: "see whether it is the file that is meant",
  isAbsent: false,
});

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : "a device";
}

/** The system's refusal to open a file or to list a folder, in plain words. */
export function whyUnreadable(error: unknown, path: string): Unreadable {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" && !isThere(path))
    return { why: "it does not exist", fix: "write it, or correct the path", isAbsent: true };
  const [why, fix] = REASONS[code] ?? [`the system says ${code}`, "see that it can be read"];
  return { why, fix, isAbsent: false };
}

const PERMIT = "let the user that Understudy runs as read it, and enter the folders above it";

const REASONS: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EACCES: ["there is no permission", PERMIT],
  EPERM: ["there is no permission", PERMIT],
  ENOENT: ["it is a link that leads nowhere", "correct the link, or remove it"],
  ELOOP: ["it is a link that leads back to itself", "correct the link, or remove it"],
  ENOTDIR: ["it is no folder, or one above it is none", "put a folder there"],
  ENXIO: ["it is no ordinary file", "put an ordinary file there"],
};

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

const REPLACEMENT = Buffer.from("\ufffd");

/** Where a text, read from bytes that are no UTF-8, differs from them for the first time. */
function firstBroken(bytes: Buffer, text: string): number {
  let start = 0;
  let byte = 0;
  for (const char of text) {
    if (char === "\ufffd" && !bytes.subarray(byte, byte + 3).equals(REPLACEMENT)) break;
    start += char.length;
    byte += Buffer.byteLength(char);
  }
  return start;
}
