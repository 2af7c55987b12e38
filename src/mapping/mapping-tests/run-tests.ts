import type { Json } from "../../domain/json";
import type { Mapped, MappingSpec, MappingTest } from "../../domain/mapping";
import type { Difference, TestResult, Unreached } from "../../domain/mapping-tests";
import { type FieldTrace, leavingOut, type RecordTrace, whyLeftOut } from "../../domain/trace";
import type { Compile } from "../trace/probe-sources";
import type { TraceOptions } from "../trace/trace-parts";
import { createTracer } from "../trace/trace-record";
import { compareExpected } from "./compare-expected";
import { Coverage } from "./coverage";

/** Runs the tests of one mapping through the engine that `compile` gives, the one of a run. */
export async function runTests(
  spec: MappingSpec,
  options: TraceOptions,
  compile?: Compile,
): Promise<{ readonly tests: readonly TestResult[]; readonly unreached: readonly Unreached[] }> {
  if (spec.tests.length === 0) return { tests: [], unreached: [] };
  const tracer = createTracer(spec, options, compile);
  const coverage = new Coverage(spec);
  const tests: TestResult[] = [];
  try {
    for (const test of spec.tests) {
      const trace = await tracer.trace(test.given, test.parent ?? null);
      await coverage.add(test.given, test.parent ?? null, trace);
      tests.push(resultOf(spec, test, trace));
    }
  } finally {
    await tracer.close();
  }
  return { tests, unreached: coverage.unreached() };
}

function resultOf(spec: MappingSpec, test: MappingTest, trace: RecordTrace): TestResult {
  const { it, at } = test;
  const { result } = trace;
  const differences = differencesOf(spec, test, trace);
  const passed = differences.length === 0;
  return { it, at, passed, outcome: result.outcome, because: reasonOf(trace), differences };
}

function differencesOf(spec: MappingSpec, test: MappingTest, trace: RecordTrace): readonly Difference[] {
  const { result } = trace;
  if (test.expect !== undefined) {
    if (result.outcome === "rejected" || result.outcome === "skipped") return [otherOutcome("mapped", trace)];
    return compareExpected(spec, test.expect, result).map((mismatch) => ({
      ...mismatch,
      trace: traceOf(trace, mismatch.field),
    }));
  }
  if (test.rejects !== undefined) {
    const field = test.rejects === true ? null : test.rejects;
    const isRejected = result.outcome === "rejected" && (field === null || result.field === field);
    return isRejected ? [] : [otherOutcome(field === null ? "rejected" : `rejected for \`${field}\``, trace, field)];
  }
  const isSkipped = result.outcome === "skipped";
  if (isSkipped === (test.skips ?? true)) return [];
  return [otherOutcome(isSkipped ? "not left out" : "left out", trace)];
}

/** The outcome is another; `field` is the one the test is about, else the one that decided. */
function otherOutcome(expected: string, trace: RecordTrace, field: string | null = null): Difference {
  const { result } = trace;
  const decisive = result.outcome === "rejected" ? result.field : field;
  const at = decisive === null ? deciding(trace) : traceOf(trace, decisive);
  return { field: null, inside: [], expected, actual: told(result), trace: at };
}

function told(result: Mapped): Json {
  if (result.outcome === "skipped") return "left out";
  if (result.outcome !== "rejected") return "mapped";
  return result.field === null ? "rejected" : `rejected for \`${result.field}\``;
}

const traceOf = ({ decisions, fields }: RecordTrace, label: string): FieldTrace | null =>
  [...decisions, ...fields].find(({ field }) => field === label) ?? null;

/** What leaves a record out, or would have to. */
function deciding(trace: RecordTrace): FieldTrace | null {
  if (trace.result.outcome === "rejected") return null;
  const byLabel = (label: string) => trace.decisions.find(({ field }) => field === label);
  return byLabel(leavingOut(trace) ?? "skip") ?? byLabel("deletes") ?? byLabel("removed") ?? null;
}

const reasonOf = (trace: RecordTrace): string | null =>
  trace.result.outcome === "rejected" ? trace.result.reason : whyLeftOut(trace);
