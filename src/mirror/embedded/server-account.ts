import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The system account the server runs as; null where it is the caller's own. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, and `initdb` wants an account that has an entry in /etc/passwd. */
const UNPRIVILEGED = ["postgres", "_postgres", "nobody"];

/** The account root hands the server to, or null when the system has none of those known. */
export async function unprivilegedAccount(passwd = "/etc/passwd"): Promise<ServerAccount | null> {
  const text = await readFile(passwd, "utf8").catch(() => "");
  const entries = text.split("\n").map((line) => line.split(":"));
  for (const name of UNPRIVILEGED) {
    const [, , uid, gid] = entries.find(([entry]) => entry === name)?.map(Number) ?? [];
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  return null;
}

/** Whether `account` may enter `directory` and every folder above it, by their mode bits. */
export async function mayEnter(account: ServerAccount, directory: string): Promise<boolean> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const bits = uid === account.uid ? mode >> 6 : gid === account.gid ? mode >> 3 : mode;
    if ((bits & 1) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Who owns `path`, or null when it does not exist. */
export async function ownerOf(...path: string[]): Promise<ServerAccount | null> {
  const found = await stat(join(...path)).catch(() => null);
  return found && { uid: found.uid, gid: found.gid };
}
