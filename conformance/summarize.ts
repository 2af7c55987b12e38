import type { Verdict } from "./judge";
import { describeOutcome } from "./outcome";
import type { Case } from "./read-cases";

/** A case and what became of it. */
export interface Judged {
  readonly case: Case;
  readonly verdict: Verdict;
  /** Whether the reference answers what the case expects; null where it was not asked or the case expects nothing. */
  readonly asExpected: boolean | null;
}

interface Counts {
  readonly cases: number;
  /** By the parser; the others are the evaluated ones. */
  readonly refused: number;
  /** Those that fell back, were not judged or were wrong are among them. */
  readonly compiled: number;
  readonly notCompiled: number;
  readonly fallenBack: number;
  readonly notJudged: number;
  readonly wrong: number;
}

/** Everything needed to see it again. */
interface WrongCase {
  readonly name: string;
  readonly expression: string;
  readonly input: string | null;
  readonly bindings: string;
  readonly compiled: string;
  readonly reference: string;
}

export interface Summary extends Counts {
  /** Compiled ones among the evaluated ones, 0 to 1. */
  readonly compiledShare: number;
  /** Cases whose expectation the reference itself does not meet. */
  readonly unexpected: readonly string[];
  readonly groups: readonly ({ readonly group: string } & Counts)[];
  /** Why expressions do not compile, the most frequent first. */
  readonly constructs: readonly { readonly construct: string; readonly cases: readonly string[] }[];
  /** Those that fell back although the reference gives a value: for errors compiled code always does. */
  readonly fallenBackOnValues: readonly string[];
  readonly wrongCases: readonly WrongCase[];
}

export function summarize(judged: readonly Judged[]): Summary {
  const counts = countsOf(judged);
  const groups = grouped(judged, (one) => one.case.group);
  const refusals = judged.flatMap(({ case: { name }, verdict }) =>
    verdict.is === "not compiled" ? [{ name, construct: verdict.construct }] : [],
  );
  const constructs = [...grouped(refusals, ({ construct }) => construct)].map(([construct, found]) => ({
    construct,
    cases: found.map(({ name }) => name),
  }));
  return {
    ...counts,
    compiledShare: counts.compiled / Math.max(1, counts.cases - counts.refused),
    unexpected: judged.filter(({ asExpected }) => asExpected === false).map((one) => one.case.name),
    groups: [...groups].map(([group, members]) => ({ group, ...countsOf(members) })),
    constructs: constructs.sort((a, b) => b.cases.length - a.cases.length),
    fallenBackOnValues: judged.filter(fellBackOnValue).map((one) => one.case.name),
    wrongCases: judged.flatMap(wrongCaseOf),
  };
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return groups;
}

function countsOf(judged: readonly Judged[]): Counts {
  const count = (is: Verdict["is"]): number => judged.filter(({ verdict }) => verdict.is === is).length;
  const [refused, notCompiled] = [count("refused"), count("not compiled")];
  return {
    cases: judged.length,
    refused,
    compiled: judged.length - refused - notCompiled,
    notCompiled,
    fallenBack: count("fallen back"),
    notJudged: count("not judged"),
    wrong: count("wrong"),
  };
}

const fellBackOnValue = ({ verdict }: Judged): boolean =>
  verdict.is === "fallen back" && verdict.outcome?.kind === "value";

function wrongCaseOf({ case: { name, expression, input, bindings }, verdict }: Judged): readonly WrongCase[] {
  if (verdict.is !== "wrong") return [];
  const [compiled, reference] = [verdict.compiled, verdict.reference].map(describeOutcome);
  return [{ name, expression, input, bindings, compiled: compiled ?? "", reference: reference ?? "" }];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const COLUMNS = ["cases", "refused", "compiled", "fallen back", "not judged", "not compiled", "wrong"] as const;

function row(name: string, counts: Counts): string {
  const { cases, refused, compiled, fallenBack, notJudged, notCompiled, wrong } = counts;
  return line(name, [cases, refused, compiled, fallenBack, notJudged, notCompiled, wrong]);
}

const line = (name: string, cells: readonly (string | number)[]): string =>
  `${name.padEnd(30)}${cells.map((cell) => String(cell || "").padStart(14)).join("")}`.trimEnd();

/** The summary as a table for people. */
export function formatSummary(summary: Summary): string {
  const { wrongCases, constructs, unexpected, fallenBackOnValues } = summary;
  return [
    line("", COLUMNS),
    ...summary.groups.map(({ group, ...counts }) => row(group, counts)),
    row("all", summary),
    "",
    ...(constructs.length === 0 ? [] : ["Not compiled:"]),
    ...constructs.map(({ construct, cases }) => `  ${String(cases.length).padStart(4)}  ${construct} (${cases[0]})`),
    ...(fallenBackOnValues.length === 0
      ? []
      : [`Fallen back although the reference gives a value: ${fallenBackOnValues.join(", ")}`]),
    ...(unexpected.length === 0
      ? []
      : [`The reference itself answers otherwise than expected: ${unexpected.join(", ")}`]),
    ...wrongCases.flatMap(formatWrong),
    "",
    `${percent(summary.compiledShare)} of the ${summary.cases - summary.refused} expressions that parse compile; wrong: ${summary.wrong}`,
  ].join("\n");
}

const formatWrong = ({ name, expression, input, bindings, compiled, reference }: WrongCase): string[] => [
  "",
  `WRONG ${name}`,
  `  expression  ${expression}`,
  `  input       ${input ?? "undefined"}`,
  `  bindings    ${bindings}`,
  `  compiled    ${compiled}`,
  `  reference   ${reference}`,
];
