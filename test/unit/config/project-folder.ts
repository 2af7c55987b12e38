import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadProject, type ProjectOptions } from "../../../src/config/load-project";
import type { Problem } from "../../../src/domain/errors";
import { makeTempDir } from "../../support/temp-dir";

/** File contents by their path in the folder worked in. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Lends a folder with these files and removes it afterwards. */
export async function withFolder<T>(files: Files, use: (home: string) => Promise<T>): Promise<T> {
  const folder = await makeTempDir("config");
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder.path, name)), { recursive: true });
      await writeFile(join(folder.path, name), content);
    }
    return await use(folder.path);
  } finally {
    await folder.remove();
  }
}

/** Makes pipes that nobody writes into; Node has no call for it, and a PATH may be short. */
export const makePipes = (...paths: readonly string[]): void =>
  void execFileSync("mkfifo", paths, { env: { PATH: `${process.env.PATH}:/usr/bin:/bin` } });

/** Reads a project made of these files. */
export const load = (files: Files, options: Partial<ProjectOptions> = {}) =>
  withFolder(files, (home) => loadProject({ home, env: {}, requireEnv: true, ...options }));

/** A problem in one line: `jobs/acme.yaml:4:7 CFG003 message → hint`, with what the caret underlines in `«»`. */
export function told({ file, line, column, length, code, severity, message, sourceLine, hint }: Problem): string {
  const marked = sourceLine.slice(column - 1, column - 1 + length);
  const level = severity === "warning" ? "warning " : "";
  return `${file}:${line}:${column} «${marked}» ${level}${code} ${message}${hint === null ? "" : ` → ${hint}`}`;
}

export const USERS = "into: users\nkey: id\nfields:\n  username: login\n  status: state\n";
export const ROLES = "into: roles\nkey: id\nfields:\n  name: title\n";
export const USER_ROLES = "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n";
