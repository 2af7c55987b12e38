import { formatProblems } from "../config/format-problem";
import { Failure, InvalidFiles } from "../domain/errors";
import type { RunReport } from "../domain/runs";
import { type Output, type Palette, paletteFor, type Terminal } from "./terminal";

/** Tells on standard error what went wrong and what to do. A stack is shown only for a bug, and only when asked for. */
export function printFailure(error: unknown, terminal: Terminal, { stacks }: { readonly stacks: boolean }): void {
  const { stderr, env } = terminal;
  const palette = paletteFor(stderr, env);
  if (error instanceof InvalidFiles) {
    stderr.write(`${formatProblems(error.problems, { color: palette.isColorSupported })}\n`);
  } else if (error instanceof Failure) {
    printError({ code: error.code, message: error.message, fix: error.fix }, stderr, palette);
  } else {
    const message = `this is a bug: ${error instanceof Error ? error.message : String(error)}`;
    const fix = "please report it with the lines that --log-level debug prints";
    printError({ code: "BUG001", message, fix }, stderr, palette);
    if (stacks && error instanceof Error) stderr.write(`${error.stack ?? ""}\n`);
  }
}

/** `error[CODE]: message`, and the fix under it. */
export function printError(error: NonNullable<RunReport["error"]>, stderr: Output, palette: Palette): void {
  stderr.write(`${palette.red(`error[${error.code}]`)}: ${palette.bold(error.message)}\n`);
  if (error.fix !== null) stderr.write(`  ${error.fix}\n`);
}
