import { chmod, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir {
  readonly path: string;
  remove(): Promise<void>;
}

/** A folder of its own, open to the account that the embedded server runs as when the tests run as root. */
export async function makeTempDir(name = "home"): Promise<TempDir> {
  const parent = process.getuid?.() === 0 ? "/tmp" : tmpdir();
  const path = await realpath(await mkdtemp(join(parent, `understudy-test-${name}-`)));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
