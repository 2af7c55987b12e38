import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommandLine } from "./cli/command-line";
import { watchForInterruption } from "./cli/interruption";
import type { Output } from "./cli/terminal";
import { packageRoot } from "./config/package-root";
import type { App, AppOptions } from "./domain/app";

/** The process as a command: its arguments in, an exit code out. */
export async function main(): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on("error", ignoreClosedPipe);
  const interruption = watchForInterruption(process, stderr, (code) => process.exit(code));
  const terminal = { stdin, stdout, stderr, env, cwd: process.cwd() };
  const exitCode = await runCommandLine(process.argv.slice(2), version(), { terminal, interruption, openApp });
  interruption.stop();
  await Promise.all([flushed(stdout), flushed(stderr)]);
  process.exit(exitCode);
}

/** Loaded only when a command needs it, so that help and usage errors are there at once. */
async function openApp(options: AppOptions): Promise<App> {
  const app = require("./app") as typeof import("./app");
  return app.openApp(options);
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  return found;
}

/** `understudy runs | head -1` closes the pipe early, which is no error; the command still ends what it began. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

const flushed = (stream: Output): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve();
    else stream.write("", () => resolve());
  });
