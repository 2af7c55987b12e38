import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blockOf, excerptOf, normalised, withBlock } from "./readme-excerpt";

/**
 * Plays the demo and puts what it showed into the README, between its markers; a README that shows it already is left alone.
 * Resolves to the exit code, the demo's own when that fails.
 */
export async function writeReadme(checkout: string): Promise<number> {
  const demo = spawn(process.execPath, [join(checkout, "bin/demo.js")], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  demo.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    process.stdout.write(chunk);
  });
  const [exitCode] = (await once(demo, "close")) as [number | null];
  if (exitCode !== 0) return exitCode ?? 1;

  const file = join(checkout, "README.md");
  const readme = await readFile(file, "utf8");
  const block = excerptOf(stdout);
  if (normalised(blockOf(readme)) === normalised(block)) {
    process.stdout.write("README.md shows just that.\n");
    return 0;
  }
  await writeFile(file, withBlock(readme, block));
  process.stdout.write("README.md is written anew.\n");
  return 0;
}
