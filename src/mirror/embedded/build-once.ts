import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Builds a directory aside and renames it into place, so that at any moment it is absent or complete. Of several processes
 * that build at once the first wins; the drafts of the others, and of those killed on the way, are thrown away.
 */
export async function buildOnce(target: string, build: (draft: string) => Promise<void>): Promise<void> {
  if (await exists(target)) return;
  const draft = `${target}.draft-${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await build(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
  for (const entry of await readdir(dirname(target))) {
    if (!entry.startsWith(`${basename(target)}.draft-`)) continue;
    // Its builder may still be at it: what it adds meanwhile it removes itself.
    await rm(join(dirname(target), entry), { recursive: true, force: true }).catch(() => undefined);
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
