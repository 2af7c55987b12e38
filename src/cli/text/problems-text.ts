import { formatProblems } from "../../config/format-problem";
import type { Problem } from "../../domain/errors";
import { plain } from "../../domain/plain";
import type { Palette } from "./terminal";

/** Mistakes with their frames. What they quote of files must not command the terminal; frames see to it for themselves. */
export const problemsText = (problems: readonly Problem[], { isColorSupported }: Palette): string =>
  formatProblems(problems.map(plainProblem), { color: isColorSupported });

const plainProblem = (problem: Problem): Problem => ({
  ...problem,
  message: plain(problem.message),
  file: plain(problem.file),
  hint: problem.hint === null ? null : plain(problem.hint),
});
