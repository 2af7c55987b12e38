import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json above, for the sources and for the build alike. */
export function packageRoot(folder = __dirname): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (folder === dirname(folder)) throw new Error(`no package.json lies above ${__dirname}`);
  return packageRoot(dirname(folder));
}
