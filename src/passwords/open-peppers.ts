import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Pepper } from "./pepper";

export interface PepperOptions {
  /** From the environment; null for none. */
  readonly current: string | null;
  /** What was in use before: still read, never made with. */
  readonly previous: string | null;
  /** Where one is kept that was made here. */
  readonly file: string;
}

/** The peppers of this installation, the current one first. Without one in the environment, one is made once and kept in a file. */
export async function openPeppers({ current, previous, file }: PepperOptions): Promise<[Pepper, ...Pepper[]]> {
  const kept = await readKept(file);
  const first = current ?? kept ?? (await make(file));
  // What was made before the environment had one is still read.
  const others = [previous, kept].filter((secret) => secret !== null && secret !== first);
  return [new Pepper(first), ...others.map((secret) => new Pepper(secret as string))];
}

async function readKept(file: string): Promise<string | null> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
  return text?.trim() || null;
}

/** Linked into its place whole: of two processes that begin at once both take the same. */
async function make(file: string): Promise<string> {
  const beside = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(beside, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(beside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(beside, { force: true });
  }
  const kept = await readKept(file);
  if (kept === null) throw new Error(`${file} vanished as soon as it was written`);
  return kept;
}
