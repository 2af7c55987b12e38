import { isDeepStrictEqual, parseArgs } from "node:util";
import type { JsonObject } from "../src/domain/json";
import type { Compile } from "./ask";
import { judge, type Verdict } from "./judge";
import type { Outcome } from "./outcome";
import { type Case, type Expectation, readCases, UnusableFolder } from "./read-cases";
import { formatSummary, type Judged, summarize } from "./summarize";

const USAGE = `usage: npm run conformance -- DIR [--json]

  DIR     cases in the format of JSONata's test-suite: DIR/groups/GROUP/*.json with DIR/datasets/*.json,
          or a folder of groups with \`datasets\` inside or beside it
  --json  the result as one document

Exit code 1 when compiled code gave a wrong answer, 2 for a folder that cannot be used.
`;

/** Milliseconds for the reference where the case does not say. */
const LONGEST_EVALUATION = 10_000;

/** Where it speaks, and what stands in for the compiler in tests. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly compile?: Compile;
}

/** Runs every case of a folder through compiler and reference and prints what became of them. Resolves to the exit code. */
export async function runConformance(args: readonly string[], around: Surroundings = process): Promise<number> {
  const { stdout, stderr, compile } = around;
  const options = readOptions(args);
  if (options === null) {
    stderr.write(USAGE);
    return 2;
  }
  try {
    const judged: Judged[] = [];
    for (const one of readCases(options.folder)) judged.push(await judgeCase(one, compile));
    const summary = summarize(judged);
    stdout.write(`${options.json ? JSON.stringify(summary, null, 2) : formatSummary(summary)}\n`);
    return summary.wrong === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UnusableFolder)) throw error;
    stderr.write(`conformance: ${error.message}\n`);
    return 2;
  }
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): { readonly folder: string; readonly json: boolean } | null {
  try {
    const options = { json: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [folder, ...others] = positionals;
    return folder === undefined || others.length > 0 ? null : { folder, json: values.json };
  } catch {
    return null;
  }
}

async function judgeCase(one: Case, compile: Compile | undefined): Promise<Judged> {
  const { parent, ...bindings } = JSON.parse(one.bindings) as JsonObject;
  const verdict = await judge(
    {
      expression: one.expression,
      input: one.input,
      parent: parent === undefined ? null : JSON.stringify(parent),
      bindings: JSON.stringify(bindings),
      lets: [],
    },
    { timeout: one.timeLimit ?? LONGEST_EVALUATION, ...(one.depth === null ? {} : { stack: one.depth }) },
    compile,
  );
  const reference = referenceIn(verdict);
  const asExpected = reference === null || one.expectation === null ? null : meets(reference, one.expectation);
  return { case: one, verdict, asExpected };
}

function referenceIn(verdict: Verdict): Outcome | null {
  if (verdict.is === "equal" || verdict.is === "fallen back") return verdict.outcome;
  return verdict.is === "wrong" ? verdict.reference : null;
}

/** The order of properties does not count for a case's expectation; that of items does, unless it says otherwise. */
function meets(outcome: Outcome, expectation: NonNullable<Expectation>): boolean {
  if (outcome.kind === "error") return expectation.kind === "error" && outcome.code === expectation.code;
  if (expectation.kind === "error") return false;
  const [found, wanted] = [outcome.value, expectation.value].map((value) =>
    value === undefined || typeof value === "function" ? undefined : JSON.parse(JSON.stringify(value)),
  );
  if (!expectation.unordered || !Array.isArray(found) || !Array.isArray(wanted))
    return isDeepStrictEqual(found, wanted);
  const texts = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();
  return isDeepStrictEqual(texts(found), texts(wanted));
}
