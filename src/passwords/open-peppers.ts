import { randomBytes } from "node:crypto";
import { chown, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../domain/errors";
import { Pepper } from "./pepper";

export interface PepperOptions {
  /** From the environment; null for none. */
  readonly current: string | null;
  /** What was in use before: still read, never made with. */
  readonly previous: string | null;
  /** Where one is kept that was made here. */
  readonly file: string;
}

/**
 * The peppers of this installation, the current one first. Without one in the environment, one is made once and kept in a file.
 *
 * @throws Failure LOG004 when that file can be neither read nor made
 */
export async function openPeppers(options: PepperOptions): Promise<[Pepper, ...Pepper[]]> {
  const { file } = options;
  const { current, others } = await readSecrets(options);
  const first = current ?? (await make(file).catch(refused(`kept in ${file}`, ", or set LOGIN_PEPPER")));
  return [new Pepper(first), ...others.map((secret) => new Pepper(secret))];
}

/**
 * Those that there are, for who only looks: none is made.
 *
 * @throws Failure LOG004 when the file cannot be read
 */
export async function knownPeppers(options: PepperOptions): Promise<readonly Pepper[]> {
  const { current, others } = await readSecrets(options);
  return [...(current === null ? [] : [current]), ...others].map((secret) => new Pepper(secret));
}

async function readSecrets({ current: given, previous, file }: PepperOptions) {
  const kept = await readKept(file).catch(refused(`read from ${file}`));
  // Beside one that is read from a file the newline at its end never counted.
  const current = given?.trim() ?? kept;
  // What was made before the environment had one is still read, and what was made while white space counted.
  const others = new Set([given, previous?.trim(), previous, kept].filter((secret) => secret != null));
  if (current !== null) others.delete(current);
  return { current, others: [...others] };
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
    // Made by root in a user's folder, it is for that user.
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(dirname(file));
      await chown(beside, uid, gid);
    }
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

/** @param instead what helps, too */
const refused =
  (what: string, instead = "") =>
  (error: unknown): never => {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const [why, fix] = REASONS[code] ?? [`the system says ${code}`, "see that it can be written and read"];
    throw new Failure(
      "LOG004",
      `the pepper of passwords cannot be ${what}: ${why}; without it no password can be checked or kept`,
      { fix: `${fix}${instead}`, cause: error },
    );
  };

const IN_THE_WAY = ["a file is in the way of its folder", "remove or rename that file"] as const;
const FORBIDDEN = ["there is no permission", "let the user that Understudy runs as read and write there"] as const;
const FULL = ["the disk is full", "free some space"] as const;

const REASONS: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EEXIST: IN_THE_WAY,
  ENOTDIR: IN_THE_WAY,
  EISDIR: ["it is a folder", "remove or rename that folder"],
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: ["the file system is read-only", "work in a folder that can be written to (-C DIR)"],
  ENOSPC: FULL,
  EDQUOT: FULL,
};
