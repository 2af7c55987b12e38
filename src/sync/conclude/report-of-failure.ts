import { Failure, InvalidFiles, isError } from "../../domain/errors";
import { EXIT_OF, NOTHING_READ, OUTCOMES, type Outcome, type RunReport } from "../../domain/runs";
import type { Upstream } from "../../domain/upstream";
import { reportHead, type WorkedRun } from "./report-head";

/** What is told of a run that ended early. */
export function reportOfFailure(
  worked: WorkedRun,
  error: unknown,
  finishedAt: Date,
  usage: Upstream["usage"] | undefined,
): RunReport {
  const failure =
    error instanceof Failure
      ? error
      : new Failure(
          "BUG001",
          "something that should never happen did; nothing was written beyond what had already landed",
          {
            fix: "please report it with the lines of the log",
          },
        );
  return {
    ...reportHead(worked, outcomeOf(failure), finishedAt),
    exitCode: failure.exitCode,
    ...NOTHING_READ,
    ...usage,
    error: { code: failure.code, message: messageOf(failure), fix: failure.fix },
  };
}

/** Once the files are mended nobody could tell any more what was wrong with them. */
function messageOf(failure: Failure): string {
  const mistake = failure instanceof InvalidFiles ? failure.problems.find(isError) : undefined;
  if (mistake === undefined) return failure.message;
  return `${failure.message}; the first, at ${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
}

/** The outcome that ends with the exit code of the failure; `failed` for codes, as of invalid files, that none has. */
function outcomeOf({ exitCode }: Failure): Outcome {
  // An incomplete list, which has the exit code of an upstream out of reach, is no failure.
  const found = OUTCOMES.find((outcome) => EXIT_OF[outcome] === exitCode && outcome !== "incomplete");
  return found ?? "failed";
}
