import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Usage } from "./report-usage";

export interface Measured {
  readonly usage: Usage;
  readonly stdout: string;
}

/**
 * Runs one Node program to its end in a process of its own and tells what it used; `folder` is for scratch files.
 * Rejects, with what the program said, when it did not end with exit code 0.
 */
export async function measure(
  folder: string,
  [script, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Measured> {
  const usageFile = join(folder, "usage.json");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--require", join(__dirname, "report-usage.js"), script, ...args],
    { env: { ...env, USAGE_FILE: usageFile }, maxBuffer: 64 * 1024 * 1024 },
  );
  return { usage: JSON.parse(await readFile(usageFile, "utf8")) as Usage, stdout };
}
