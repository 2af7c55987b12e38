import { median } from "../median";
import type { Machine } from "./machine";
import type { Result } from "./measure";
import { RATIO_NAMES, type RatioFigure, type RatioName, ratioOf } from "./ratios";
import { CONTENDERS, type ContenderName, type Round } from "./round";

/** The most a run of ours may take, whatever the number of users: the limit at a million. */
export const MEMORY_LIMIT_MB = 256;

const OURS: readonly ContenderName[] = ["firstLoad", "noChange", "delta"];

/** Medians over the rounds; the peak is the highest of all rounds. */
export interface Figures {
  readonly name: string;
  /** Milliseconds. CPU is that of the contender's process, without the database's and the upstream's. */
  readonly wall: number;
  readonly cpu: number;
  /** Microseconds a user. */
  readonly wallPerUser: number;
  readonly cpuPerUser: number;
  readonly usersPerSecond: number;
  readonly peakMb: number;
  readonly requests: number;
  /** Round by round; milliseconds and bytes. */
  readonly all: readonly Result[];
}

export interface Summary {
  readonly users: number;
  readonly rounds: number;
  readonly machine: Machine;
  readonly contenders: Readonly<Partial<Record<ContenderName, Figures>>>;
  /** Null where a contender was left out. */
  readonly ratios: Readonly<Record<RatioName, number | null>>;
  readonly limits: Readonly<Record<RatioName, Omit<RatioFigure, "value">>>;
  /** Highest of our runs. */
  readonly memory: { readonly peakMb: number; readonly limitMb: number; readonly met: boolean };
  /** For information: the write phase to the bare COPY of the mirror's rows alone, without those of the audit. */
  readonly writeVsCopyOfMirrorRows: number;
  /** Whether the measured run with changes was that of a released hold, because so many were gone. */
  readonly deltaWasReleased: boolean;
}

export function summarize(users: number, rounds: readonly Round[], machine: Machine): Summary {
  const contenders: Partial<Record<ContenderName, Figures>> = {};
  for (const name of Object.keys(CONTENDERS) as readonly ContenderName[]) {
    const all = rounds.flatMap(({ results }) => results[name] ?? []);
    if (all.length > 0) contenders[name] = figuresOf(CONTENDERS[name], users, all);
  }
  const ratios = RATIO_NAMES.map((name) => [name, ratioOf(rounds, name)] as const);
  const peakMb = Math.max(...OURS.map((name) => contenders[name]?.peakMb ?? 0));
  return {
    users,
    rounds: rounds.length,
    machine,
    contenders,
    ratios: fromNames(ratios.map(([name, { value }]) => [name, value])),
    limits: fromNames(ratios.map(([name, { value: _, ...limit }]) => [name, limit])),
    memory: { peakMb, limitMb: MEMORY_LIMIT_MB, met: peakMb <= MEMORY_LIMIT_MB },
    writeVsCopyOfMirrorRows: median(
      rounds.map(({ results, copyOfMirrorRows }) => (results.write?.wall ?? 0) / copyOfMirrorRows),
    ),
    deltaWasReleased: rounds.some(({ released }) => released),
  };
}

const fromNames = <T>(entries: readonly (readonly [RatioName, T])[]): Record<RatioName, T> =>
  Object.fromEntries(entries) as Record<RatioName, T>;

function figuresOf(name: string, users: number, all: readonly Result[]): Figures {
  const wall = median(all.map((result) => result.wall));
  const cpu = median(all.map((result) => result.cpu));
  return {
    name,
    wall,
    cpu,
    wallPerUser: (wall / users) * 1000,
    cpuPerUser: (cpu / users) * 1000,
    usersPerSecond: (users / wall) * 1000,
    peakMb: Math.max(...all.map(({ peakMemory }) => peakMemory)) / 1024 ** 2,
    requests: median(all.map(({ requests }) => requests)),
    all,
  };
}
