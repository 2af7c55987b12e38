import { availableParallelism } from "node:os";
import { median } from "../median";
import type { ContenderName } from "./contenders";

/** CPU microseconds a record, one number a round. */
export type Measurements = ReadonlyMap<ContenderName, readonly number[]>;

export interface MappingSummary {
  readonly rounds: number;
  /** Median CPU microseconds a record, and those of the rounds; the whole mapper is for information. */
  readonly contenders: readonly {
    readonly name: ContenderName;
    readonly cpu: number;
    readonly all: readonly number[];
  }[];
  /** Medians of the rounds' ratios. */
  readonly ratios: {
    readonly compiledVsHandwritten: number;
    readonly jsonataVsCompiled: number;
    readonly jsonataObjectVsCompiled: number;
  };
  readonly limits: typeof LIMITS;
  readonly withinLimits: boolean;
}

/** The most compiled code may cost beside hand-written code, and the least that JSONata must cost beside it. */
const LIMITS = { compiledVsHandwritten: 2, jsonataVsCompiled: 30 } as const;

export function summarizeMapping(measurements: Measurements): MappingSummary {
  const rounds = (name: ContenderName): readonly number[] => measurements.get(name) ?? [];
  // Round by round, since what else the machine does at the moment slows all of them.
  const ratio = (of: ContenderName, to: ContenderName): number =>
    median(rounds(of).map((cpu, round) => cpu / (rounds(to)[round] ?? Number.NaN)));
  const ratios = {
    compiledVsHandwritten: ratio("compiled", "hand-written"),
    jsonataVsCompiled: ratio("jsonata by field", "compiled"),
    jsonataObjectVsCompiled: ratio("jsonata as one object", "compiled"),
  };
  return {
    rounds: rounds("compiled").length,
    contenders: [...measurements].map(([name, all]) => ({ name, cpu: median(all), all })),
    ratios,
    limits: LIMITS,
    withinLimits:
      ratios.compiledVsHandwritten <= LIMITS.compiledVsHandwritten &&
      ratios.jsonataVsCompiled >= LIMITS.jsonataVsCompiled,
  };
}

/** The summary as a table for people. */
export function formatMappingSummary({ rounds, contenders, ratios, limits, withinLimits }: MappingSummary): string {
  const byHand = contenders.find(({ name }) => name === "hand-written")?.cpu ?? Number.NaN;
  const line = (name: string, cpu: string, times: string): string =>
    `${name.padEnd(24)}${cpu.padStart(14)}${times.padStart(16)}`;
  return [
    `a user mapping of 14 fields; rounds: ${rounds}, medians of CPU time a record; each way in a process of its own`,
    `Node ${process.version}, ${availableParallelism()} cores`,
    "",
    line("", "CPU/record", "x hand-written"),
    ...contenders.map(({ name, cpu }) => line(name, `${cpu.toFixed(2)} µs`, (cpu / byHand).toFixed(2))),
    "",
    `compiled / hand-written      ${ratios.compiledVsHandwritten.toFixed(2)}  (at most ${limits.compiledVsHandwritten.toFixed(1)})`,
    `jsonata by field / compiled  ${ratios.jsonataVsCompiled.toFixed(1)}  (at least ${limits.jsonataVsCompiled})`,
    withinLimits ? "Both limits are kept." : "A limit is not kept.",
  ].join("\n");
}
