import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommandLine } from "./cli/command-line";
import { watchForInterruption } from "./cli/interruption";
import type { Output } from "./cli/text/terminal";
import { watchOutput, wholeAnswers } from "./cli/watch-output";
import { packageRoot } from "./config/package-root";
import type { App, AppOptions } from "./domain/app";
import { Failure } from "./domain/errors";

/** The process as a command: its arguments in, an exit code out. */
export async function main(): Promise<void> {
  const { stdin, stderr, env } = process;
  const stdout = wholeAnswers(process.stdout);
  const output = watchOutput(stdout, stderr);
  const interruption = watchForInterruption(process, stderr, (code) => process.exit(code));
  const terminal = {
    stdin,
    stdout,
    stderr,
    env,
    // Asked for only where it can be told that it is gone.
    get cwd() {
      return currentFolder();
    },
  };
  const exitCode = await runCommandLine(process.argv.slice(2), version(), { terminal, interruption, openApp });
  interruption.stop();
  await flushed(stdout);
  const exit = output.exitCode(exitCode);
  await flushed(stderr);
  process.exit(exit);
}

/** Loaded only when a command needs it, so that help and usage errors are there at once. */
async function openApp(options: AppOptions): Promise<App> {
  const app = require("./app") as typeof import("./app");
  return app.openApp(options);
}

/** @throws Failure USE001 */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new Failure("USE001", "the current folder is gone", { fix: "go to one that is there, with cd" });
  }
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  return found;
}

const flushed = (stream: Output): Promise<void> =>
  new Promise((resolve) => {
    // Listeners hear of a failed write a moment later.
    if (stream.destroyed || stream.errored) setImmediate(resolve);
    else stream.write("", () => resolve());
  });
