import { Failure, InvalidFiles, REPORT_BUG } from "../domain/errors";
import type { RunReport } from "../domain/runs";
import { plainLines } from "./text/layout";
import { problemsText } from "./text/problems-text";
import { type Output, type Palette, paletteFor, type Terminal } from "./text/terminal";

/** Tells on standard error what went wrong and what to do. A stack is shown only for a bug, and only when asked for. */
export function printFailure(error: unknown, terminal: Terminal, { stacks }: { readonly stacks: boolean }): void {
  const { stderr, env } = terminal;
  const palette = paletteFor(stderr, env);
  if (error instanceof InvalidFiles) {
    stderr.write(`${problemsText(error.problems, palette)}\n`);
    return;
  }
  printError(told(error), stderr, palette);
  if (stacks && error instanceof Error && !(error instanceof Failure)) stderr.write(`${error.stack ?? ""}\n`);
}

/** What `-o json` and `jsonl` answer when there is no answer: a program that reads them gets a document in any case. */
export const failureAnswer = (error: unknown, exitCode: number) => ({
  exitCode,
  error: told(error),
  problems: error instanceof InvalidFiles ? error.problems : [],
});

type Told = NonNullable<RunReport["error"]>;

function told(error: unknown): Told {
  if (error instanceof Failure) return { code: error.code, message: error.message, fix: error.fix };
  return {
    code: "BUG001",
    message: `this is a bug: ${error instanceof Error ? error.message : String(error)}`,
    fix: REPORT_BUG,
  };
}

/** `error[CODE]: message`, and the fix under it. */
export function printError(error: Told, stderr: Output, palette: Palette): void {
  stderr.write(`${palette.red(`error[${error.code}]`)}: ${palette.bold(plainLines(error.message))}\n`);
  if (error.fix !== null) stderr.write(`  ${plainLines(error.fix)}\n`);
}
