import { CODES, type Code } from "./error-codes";
import { counted } from "./grouped";

export interface FailureDetails {
  /** What to do about it, one sentence. */
  readonly fix?: string;
  /** Facts for machines; never secrets, never personal data. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * An expected failure with a stable code. Everything thrown on purpose is one of these; anything else is a bug (exit 1).
 * Whether a retry can help is a property of the code.
 */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly code: Code;
  readonly fix: string | null;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.fix = details.fix ?? null;
    this.data = details.data ?? {};
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }

  get retryable(): boolean {
    return CODES[this.code].retry;
  }
}

/** The fix of what is no `Failure`. */
export const REPORT_BUG = "please report it with the lines that --log-level debug prints";

/** A mistake in a file, with everything needed to show it: what, where, so what, the fix. */
export interface Problem {
  readonly code: Code;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** How many characters the caret underlines. */
  readonly length: number;
  /** The line of the file, as it stands there. */
  readonly sourceLine: string;
  /** Beside the caret, e.g. "did you mean `email`?". */
  readonly hint: string | null;
}

/** A mistake that nothing is done with; a warning stops nobody. */
export const isError = ({ severity }: Pick<Problem, "severity">): boolean => severity === "error";

export const hasErrors = (problems: readonly Pick<Problem, "severity">[]): boolean => problems.some(isError);

/** Every mistake in every file at once. */
export class InvalidFiles extends Failure {
  override readonly name: string = "InvalidFiles";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.filter(isError).length;
    super("CFG001", `${counted(count, "mistake")} in the files`, {
      data: { codes: problems.map((p) => p.code) },
    });
    this.problems = problems;
  }
}
