import type { Notice } from "../domain/notify";
import { ENDED } from "../domain/runs";

const SAID: Readonly<Record<Notice["state"], string>> = {
  fresh: "is fresh again",
  held: "waits for a person",
  stale: "is out of date",
  late: "is late",
  never: "was never read completely",
  retired: "is retired",
  test: "sends a test",
};

export const subjectOf = ({ source, state }: Notice): string => `[understudy] ${source} ${SAID[state]}`;

export function mailText({ sentence, run, outcome, at, id }: Notice): string {
  const lines = [
    sentence,
    "",
    ...(run === null ? [] : [`latest run: ${run}${outcome === null ? "" : `, which ${ENDED[outcome]}`}`]),
    `as of: ${at}`,
    `message: ${id}`,
  ];
  return `${lines.join("\n")}\n`;
}
