import type { RunReport } from "../domain/runs";
import type { CommandContext } from "./command";
import { printError } from "./print-failure";
import { reportText } from "./report-text";
import { paletteFor } from "./terminal";

/** Prints a run's report, and its error on standard error. Returns the exit code. */
export function tellRun(report: RunReport, context: CommandContext): number {
  context.answer({ value: report, text: (palette) => reportText(report, palette) });
  return tellError(report, context);
}

/** Only the run's error, for answers that hold the report in themselves. Returns the exit code. */
export function tellError({ error, outcome, exitCode }: RunReport, { terminal, interruption }: CommandContext): number {
  if (error !== null) printError(error, terminal.stderr, paletteFor(terminal.stderr, terminal.env));
  return outcome === "interrupted" ? interruption.exitCode() : exitCode;
}
