import { median } from "../median";
import type { ContenderName, Round } from "./round";

/** A limit is that at 200,000 users; at fewer what a run costs once weighs more. */
interface Ratio {
  readonly says: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly dividend: ContenderName;
  readonly divisor: ContenderName;
  readonly of: "wall" | "cpu";
}

export const RATIOS = {
  firstLoadVsCopy: {
    says: "write phase of a first load, rows ready, to a bare COPY of the same rows: wall time",
    dividend: "write",
    divisor: "copy",
    of: "wall",
    atMost: 2.2,
  },
  firstLoadCpuVsParse: {
    says: "first load to fetching and `JSON.parse`-ing its pages: CPU time",
    dividend: "firstLoad",
    divisor: "parse",
    of: "cpu",
    atMost: 2.3,
  },
  firstLoadVsPeer: {
    says: "first load to the peer's: users a second",
    dividend: "peerFirstLoad",
    divisor: "firstLoad",
    of: "wall",
    atLeast: 8,
  },
  noChangeCpuVsParse: {
    says: "night without changes to fetching and `JSON.parse`-ing its pages: CPU time",
    dividend: "noChange",
    divisor: "parse",
    of: "cpu",
    atMost: 0.75,
  },
  noChangeVsPeer: {
    says: "night without changes to the peer's: users a second",
    dividend: "peerNoChange",
    divisor: "noChange",
    of: "wall",
    atLeast: 30,
  },
  deltaVsNoChange: {
    says: "1 % changed and 0.5 % gone to a night without changes: wall time",
    dividend: "delta",
    divisor: "noChange",
    of: "wall",
    atMost: 1.15,
  },
} as const satisfies Readonly<Record<string, Ratio>>;

export type RatioName = keyof typeof RATIOS;
export const RATIO_NAMES = Object.keys(RATIOS) as readonly RatioName[];

export interface RatioFigure {
  /** Median over the rounds; null when one of the two was not measured. */
  readonly value: number | null;
  readonly atMost: number | null;
  readonly atLeast: number | null;
  /** Null when there is no value. */
  readonly met: boolean | null;
}

export function ratioOf(rounds: readonly Round[], name: RatioName): RatioFigure {
  const { dividend, divisor, of, ...limit }: Ratio = RATIOS[name];
  const [atMost, atLeast] = [limit.atMost ?? null, limit.atLeast ?? null];
  const values = rounds.flatMap(({ results }) => {
    const [a, b] = [results[dividend], results[divisor]];
    return a === undefined || b === undefined ? [] : [a[of] / b[of]];
  });
  if (values.length === 0) return { value: null, atMost, atLeast, met: null };
  const value = median(values);
  return { value, atMost, atLeast, met: value <= (atMost ?? value) && value >= (atLeast ?? value) };
}
