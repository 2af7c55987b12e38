import type { Schedule } from "../domain/job";
import type { Entry } from "./entry";
import { readDuration } from "./read-policies";
import { suggestion } from "./suggest";

interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names that may stand for numbers, from `least` on. */
  readonly names: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const CRON_FIELDS: readonly CronField[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of the week", least: 0, most: 7, names: DAYS },
];

/** `schedule:` of a job file; null when the source only runs when asked. */
export function readSchedule(entry: Entry | null): Schedule | null {
  if (entry === null) return null;
  checkCron(entry.get("cron"));
  checkTimezone(entry.get("timezone"));
  return {
    cron: entry.get("cron")?.text() ?? "",
    timezone: entry.get("timezone")?.text() ?? "UTC",
    jitter: readDuration(entry.get("jitter"), "0s"),
    missed: entry.get("missed")?.text() === "skip" ? "skip" : "once",
    grace: readDuration(entry.get("grace"), "12h"),
    overlap: entry.get("overlap")?.text() === "queue" ? "queue" : "skip",
  };
}

function checkCron(entry: Entry | null): void {
  const written = entry?.text();
  if (entry === null || written == null) return;
  const words = [...written.matchAll(/\S+/g)];
  if (words.length !== CRON_FIELDS.length) {
    const message = `\`cron\` must be five words: ${CRON_FIELDS.map((field) => field.name).join(", ")}`;
    entry.report({ message, hint: "e.g. `15 2 * * *` for 02:15 every day" });
    return;
  }
  for (const [index, field] of CRON_FIELDS.entries()) {
    const word = words[index];
    if (word === undefined || word[0].split(",").every((item) => isCronItem(item, field))) continue;
    const names = field.names.length === 0 ? "" : `, or \`${field.names[0]}\` to \`${field.names.at(-1)}\``;
    const message = `\`${word[0]}\` cannot be the ${field.name}: ${field.least} to ${field.most}${names}`;
    entry.report({ message, part: { index: word.index, length: word[0].length } });
  }
}

/** `*`, `5`, `1-5`, `mon-fri`, each with an optional `/step`. */
function isCronItem(item: string, { least, most, names }: CronField): boolean {
  const [span = "", step, ...rest] = item.split("/");
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
  if (span === "*") return true;
  const numbers = span.split("-").map((word) => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  });
  const [from = Number.NaN, to = from] = numbers;
  return numbers.length <= 2 && from >= least && to <= most && from <= to;
}

function checkTimezone(entry: Entry | null): void {
  const zone = entry?.text();
  if (entry === null || zone == null) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    const message = `\`${zone}\` is not a time zone`;
    entry.report({ message, hint: suggestion(zone, Intl.supportedValuesOf("timeZone"), "e.g. `Europe/Berlin`") });
  }
}
