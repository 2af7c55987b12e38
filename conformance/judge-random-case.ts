import { isPresent, textOf } from "../src/mapping/coerce";
import { type FusedProgram, type FusedSource, fuse } from "../src/mapping/compiler/fuse";
import { type LoweredExpression, lower } from "../src/mapping/compiler/lower";
import { type Compile, fallBackOf, type Question } from "./ask";
import { judge, type Verdict } from "./judge";
import { codeOf, describeOutcome, isSame } from "./outcome";
import type { RandomCase } from "./random-cases";

/** In short; for what the reference gives a value to, falling back is a pity, while for an error it is a must. */
type ShortVerdict = Verdict["is"] | "fallen back on a value";

/** What became of a case: a verdict for each expression, and what is wrong, for people; null when nothing is. */
export interface JudgedCase {
  readonly verdicts: readonly ShortVerdict[];
  readonly complaint: string | null;
}

/** Milliseconds the reference gets: random documents are small. */
const BOUNDS = { timeout: 2_000 };

/** Each expression by itself against the reference; then, when compiled code answered them all, all of them fused. */
export async function judgeRandomCase(one: RandomCase, compile?: Compile): Promise<JudgedCase> {
  const verdicts: ShortVerdict[] = [];
  const values: unknown[] = [];
  for (const expression of one.expressions) {
    const question: Question = { expression, input: one.record, parent: one.parent, bindings: "{}", lets: one.lets };
    const verdict = await judge(question, BOUNDS, compile);
    const onValue = verdict.is === "fallen back" && verdict.outcome?.kind === "value";
    verdicts.push(onValue ? "fallen back on a value" : verdict.is);
    if (verdict.is === "wrong") {
      const [compiled, reference] = [verdict.compiled, verdict.reference].map(describeOutcome);
      return { verdicts, complaint: `${expression}\n  compiled   ${compiled}\n  reference  ${reference}` };
    }
    if (verdict.is === "equal" && verdict.outcome.kind === "value") values.push(verdict.outcome.value);
  }
  const isRecord = one.record.startsWith("{");
  return { verdicts, complaint: values.length === verdicts.length && isRecord ? complainOfFused(one, values) : null };
}

/**
 * All expressions as one function: each by itself, the first present of them, their texts joined, one given from outside,
 * and one that ends it. `values` is what each expression gives.
 */
function complainOfFused(one: RandomCase, values: readonly unknown[]): string | null {
  const lets = one.lets.map(({ name, expression }, index) => ({
    name,
    code: lowered(expression, one.lets.slice(0, index)),
  }));
  const sources = one.expressions.map(
    (expression): FusedSource => ({ kind: "expression", code: lowered(expression, one.lets) }),
  );
  const joined = textsOf(values);
  const given: FusedSource = { kind: "given", index: 0 };
  const steps = [
    ...sources.map((source) => [source]),
    [...sources, given],
    [given],
    ...(joined === null ? [] : [[{ kind: "join" as const, parts: [...sources, given], with: "-" }]]),
  ];
  const expected = [...values, [...values, GIVEN].find(isPresent), GIVEN, ...(joined === null ? [] : [joined])];
  for (const last of [null, 0]) {
    const program = { lets, steps: steps.map((from, index) => ({ sources: from, stopsIfTrue: index === last })) };
    const wanted =
      last !== null && values[last] === true ? expected.map((v, at) => (at > last ? undefined : v)) : expected;
    const complaint = compare(program, one, wanted);
    if (complaint !== null) return complaint;
  }
  return null;
}

const GIVEN = "given";

/** The texts of a join as coerce.ts has them; null when one of the values has no text. */
function textsOf(values: readonly unknown[]): string | null {
  try {
    return [...values, GIVEN].filter(isPresent).map(textOf).join("-");
  } catch {
    return null;
  }
}

function lowered(expression: string, lets: RandomCase["lets"]): LoweredExpression {
  const lowering = lower(expression, new Set(lets.map(({ name }) => name)));
  if (!lowering.compiles) throw new Error(`compiled by itself, but not now: ${expression}`);
  return lowering.code;
}

function compare(program: FusedProgram, { record, parent }: RandomCase, expected: readonly unknown[]): string | null {
  const out: unknown[] = [];
  try {
    fuse(program)(JSON.parse(record), parent === null ? undefined : JSON.parse(parent), [GIVEN], out);
  } catch (error) {
    return `fused, it throws ${fallBackOf(error) ?? codeOf(error)}, though each expression by itself gives a value`;
  }
  const wrong = expected.findIndex((value, index) => !isSame(value, out[index]));
  if (wrong < 0) return null;
  const [found, wanted] = [out[wrong], expected[wrong]].map((value) => describeOutcome({ kind: "value", value }));
  return `fused, step ${wrong} gives ${found}, and ${wanted} is wanted`;
}
