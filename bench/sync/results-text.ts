import type { Machine } from "./machine";
import { RATIO_NAMES, RATIOS } from "./ratios";
import type { Figures, Summary } from "./summary";

/** With commas between thousands. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const short = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

/** A Markdown table, its columns padded so that the source can be read as well; all but the first are numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[], isText: readonly number[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const cell = (text: string, column: number): string =>
    isText.includes(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    isText.includes(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

export const machineText = ({ cpu, cores, memoryGb, node, postgres, platform, at }: Machine): string =>
  `${at.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node.slice(1)}, PostgreSQL ${postgres}`;

/** The results as Markdown, for people and for the README. */
export function formatResults(summary: Summary): string {
  const { users, rounds, machine, memory, contenders } = summary;
  const row = ({ name, wallPerUser, cpuPerUser, usersPerSecond, peakMb, requests }: Figures): readonly string[] => [
    name,
    `${short(wallPerUser)} µs`,
    `${short(cpuPerUser)} µs`,
    whole(usersPerSecond),
    `${whole(peakMb)} MB`,
    whole(requests),
  ];
  return [
    `${whole(users)} users, medians of ${rounds === 1 ? "1 round" : `${rounds} interleaved rounds`}; ${machineText(machine)}.`,
    "",
    table(
      ["", "wall a user", "CPU a user", "users/s", "peak memory", "requests"],
      Object.values(contenders).map(row),
      [0],
    ),
    "",
    table(["ratio", "", "measured", "limit", ""], ratioRows(summary), [0, 1, 4]),
    "",
    `Most memory of a run: ${whole(memory.peakMb)} MB (at most ${memory.limitMb} MB).`,
  ].join("\n");
}

const ratioRows = ({ ratios, limits }: Summary): readonly (readonly string[])[] =>
  RATIO_NAMES.map((name) => {
    const value = ratios[name];
    const { atMost, atLeast, met } = limits[name];
    return [
      `\`${name}\``,
      RATIOS[name].says,
      value === null ? "" : short(value),
      atMost === null ? `at least ${atLeast}` : `at most ${atMost}`,
      met === null ? "not measured" : met ? "met" : "not met",
    ];
  });

/** What a reader of the numbers should know; not part of the README. */
export function formatRemarks({ writeVsCopyOfMirrorRows, deltaWasReleased, users }: Summary): string {
  return [
    "Each contender works in a process of its own; measured is the work alone, modules loaded and connections open. CPU is that",
    "process's, without the database's. The limits are those at 200,000 users; at fewer, what a run costs once weighs more.",
    "Machines are noisy: a ratio that is not met is told, and no failure; too much memory or wrong work is.",
    `The write phase took ${short(writeVsCopyOfMirrorRows)} times a bare COPY of the mirror's rows without those of the audit.`,
    deltaWasReleased
      ? `Of ${whole(users)} users so many were gone that the safeguard held them the night before: the run measured is that of the release.`
      : "Those who were gone were removed by the run that missed them.",
  ].join("\n");
}
