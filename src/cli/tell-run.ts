import { plain } from "../domain/plain";
import type { RunReport } from "../domain/runs";
import type { CommandContext } from "./command";
import { printError } from "./print-failure";
import { reportText } from "./text/report-text";
import { paletteFor } from "./text/terminal";

/** Prints a run's report, and its error on standard error. Returns the exit code. */
export function tellRun(report: RunReport, context: CommandContext): number {
  const ended = asExited(report, context);
  context.answer({ value: ended, text: (palette) => reportText(ended, palette) });
  return tellError(ended, context);
}

/** Only the run's error, for answers that hold the report in themselves. Returns the exit code. */
export function tellError({ error, exitCode }: RunReport, { terminal }: CommandContext): number {
  // It may quote what the upstream sent.
  if (error !== null)
    printError({ ...error, message: plain(error.message) }, terminal.stderr, paletteFor(terminal.stderr, terminal.env));
  return exitCode;
}

/** The report with the exit code of this very process: an interruption's depends on the signal that came. */
export const asExited = (report: RunReport, { interruption }: CommandContext): RunReport =>
  report.outcome === "interrupted" ? { ...report, exitCode: interruption.exitCode() } : report;
