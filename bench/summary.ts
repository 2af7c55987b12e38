import { availableParallelism } from "node:os";
import type { Usage } from "./report-usage";
import type { Round } from "./round";

/** The most a sync may take, whatever the number of users. */
const MEMORY_LIMIT = 300 * 1024 * 1024;

interface Figures {
  /** Medians over the rounds; the peak is the highest of all rounds. Milliseconds, bytes. */
  readonly wall: number;
  readonly cpu: number;
  readonly peakMemory: number;
  readonly usersPerSecond: number;
  /** Microseconds. */
  readonly cpuPerUser: number;
  /** Wall time as a multiple of the bare COPY of the same round. */
  readonly timesCopy: number;
}

export interface Summary {
  readonly users: number;
  readonly rounds: readonly Round[];
  readonly firstLoad: Figures;
  readonly nothingChanged: Figures;
  readonly bareCopy: Figures;
  readonly withinMemoryLimit: boolean;
}

export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
};

const figures = (users: number, rounds: readonly Round[], usageOf: (round: Round) => Usage): Figures => {
  const usages = rounds.map(usageOf);
  const wall = median(usages.map((usage) => usage.wall));
  const cpu = median(usages.map((usage) => usage.cpu));
  return {
    wall,
    cpu,
    peakMemory: Math.max(...usages.map(({ peakMemory }) => peakMemory)),
    usersPerSecond: (users / wall) * 1000,
    cpuPerUser: (cpu / users) * 1000,
    timesCopy: median(rounds.map((round) => usageOf(round).wall / round.copy.wall)),
  };
};

export const summarize = (users: number, rounds: readonly Round[]): Summary => {
  const firstLoad = figures(users, rounds, ({ first }) => first);
  const nothingChanged = figures(users, rounds, ({ again }) => again);
  return {
    users,
    rounds,
    firstLoad,
    nothingChanged,
    bareCopy: figures(users, rounds, ({ copy }) => copy),
    withinMemoryLimit: Math.max(firstLoad.peakMemory, nothingChanged.peakMemory) < MEMORY_LIMIT,
  };
};

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const megabytes = (bytes: number): string => `${whole(bytes / 1024 / 1024)} MB`;

const line = (cells: readonly string[]): string =>
  cells.map((cell, column) => (column === 0 ? cell.padEnd(16) : cell.padStart(12))).join("");

/** The summary as a table for people. */
export const formatSummary = (summary: Summary): string => {
  const row = (name: string, { wall, usersPerSecond, cpuPerUser, timesCopy, peakMemory }: Figures): string =>
    line([
      name,
      `${(wall / 1000).toFixed(2)} s`,
      whole(usersPerSecond),
      `${whole(cpuPerUser)} µs`,
      timesCopy.toFixed(1),
      megabytes(peakMemory),
    ]);
  const limit = megabytes(MEMORY_LIMIT);
  return [
    `${whole(summary.users)} users; rounds: ${summary.rounds.length}, medians; each process from its start to its end`,
    `Node ${process.version}, ${availableParallelism()} cores; CPU is that of the process, without the database's`,
    "",
    line(["", "wall", "users/s", "CPU/user", "x COPY", "peak memory"]),
    row("first load", summary.firstLoad),
    row("nothing changed", summary.nothingChanged),
    row("bare COPY", summary.bareCopy),
    "",
    summary.withinMemoryLimit ? `The sync stayed under ${limit}.` : `The sync went over ${limit}.`,
  ].join("\n");
};
