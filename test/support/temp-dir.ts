import { statfsSync } from "node:fs";
import { chmod, mkdtemp, realpath, rm } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir {
  readonly path: string;
  remove(): Promise<void>;
}

const MEMORY = { folder: "/dev/shm", type: 0x01021994 };
/** Bytes that must be free there, and in memory at all. */
const ROOMY = 4 * 1024 ** 3;

/**
 * Where temporary folders are made: in memory where there is plenty. Databases that are made and dropped are thousands of files a
 * minute, and some file systems take longer to find a place for a new one the more were removed lately.
 */
function parentFolder(): string {
  if (isRoomy(MEMORY.folder)) return MEMORY.folder;
  // The account that the embedded server runs as may not enter a folder of root's.
  return process.getuid?.() === 0 ? "/tmp" : tmpdir();
}

function isRoomy(folder: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return type === MEMORY.type && Math.min(bavail * bsize, freemem()) > ROOMY;
  } catch {
    return false;
  }
}

/** A folder of its own, open to the account that the embedded server runs as when the tests run as root. */
export async function makeTempDir(name = "home"): Promise<TempDir> {
  const path = await realpath(await mkdtemp(join(parentFolder(), `understudy-test-${name}-`)));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
