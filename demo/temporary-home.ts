import { chmod, cp, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findServerPlace } from "../src/mirror/embedded/server-place";

export interface TemporaryHome {
  readonly folder: string;
  /** Waits until the embedded server, which ends soon after its last user, is gone; then removes everything. */
  remove(): Promise<void>;
}

/** Folders and files to copy: where they are, and where they go in the home. */
export type Contents = readonly { readonly from: string; readonly to: string }[];

const PATIENCE_MS = 30_000;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A folder to work in, with an embedded database of its own, so that nobody's data is touched. */
export async function makeTemporaryHome(prefix: string, contents: Contents): Promise<TemporaryHome> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  // Root's database server runs as somebody else, who must be able to reach its data.
  await chmod(folder, 0o755);
  for (const { from, to } of contents) await cp(from, join(folder, to), { recursive: true });
  return {
    folder,
    remove: async () => {
      const { socketDirectory, directory } = await findServerPlace(folder);
      const deadline = Date.now() + PATIENCE_MS;
      while ((await exists(socketDirectory)) && Date.now() < deadline) await delay(100);
      await rm(directory, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
