import { durationText } from "../../domain/duration-text";
import type { Schedule } from "../../domain/job";
import { suggestion } from "../../domain/suggest";
import type { Entry } from "../yaml/entry";
import { readDuration } from "./read-policies";

interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names that may stand for numbers, from `least` on. */
  readonly names: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Days of each month in the year that has most of them. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const SECOND: CronField = { name: "second", least: 0, most: 59, names: [] };
const CRON_FIELDS: readonly CronField[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of the week", least: 0, most: 7, names: DAYS },
];

/** Without a word for it, a slot comes at second 0. */
const ZERO: readonly number[] = [0];

/** `schedule:` of a job file; null when the source only runs when asked. */
export function readSchedule(entry: Entry | null): Schedule | null {
  if (entry === null) return null;
  const cron = readCron(entry.get("cron"));
  checkTimezone(entry.get("timezone"));
  const jitter = readDuration(entry.get("jitter"), "0s");
  // Otherwise a slot would still wait for its moment when the next one has come.
  if (cron !== null && jitter >= cron.distance) {
    const message = `\`jitter\` must be shorter than the time between two slots, which is \`${durationText(cron.distance)}\``;
    entry.get("jitter")?.report({ message });
  }
  return {
    cron: cron?.words ?? "",
    timezone: entry.get("timezone")?.text() ?? "UTC",
    jitter,
    missed: entry.get("missed")?.text() === "skip" ? "skip" : "once",
    grace: readDuration(entry.get("grace"), "12h"),
    overlap: entry.get("overlap")?.text() === "queue" ? "queue" : "skip",
  };
}

/** The words with one blank between, and how near to each other two slots can come, in milliseconds. Null when it is wrong. */
function readCron(entry: Entry | null): { readonly words: string; readonly distance: number } | null {
  const written = entry?.text();
  if (entry === null || written == null) return null;
  const words = [...written.matchAll(/\S+/g)];
  const fields = words.length === CRON_FIELDS.length + 1 ? [SECOND, ...CRON_FIELDS] : CRON_FIELDS;
  if (words.length !== fields.length) {
    const names = CRON_FIELDS.map((field) => field.name).join(", ");
    const message = `\`cron\` must be five words: ${names}; or six, with the ${SECOND.name} before them`;
    entry.report({ message, hint: "e.g. `15 2 * * *` for 02:15 every day" });
    return null;
  }
  const numbers = fields.map((field, index) => readWord(entry, words[index], field));
  const [seconds = ZERO, minutes = ZERO, hours = ZERO, days = [], months = []] =
    fields === CRON_FIELDS ? [ZERO, ...numbers] : numbers;
  if (numbers.some((each) => each.length === 0)) return null;
  const [dayWord, monthWord] = words.slice(-3);
  if (dayWord !== undefined && days.every((day) => months.every((month) => day > (LONGEST[month - 1] ?? 0)))) {
    const message = `\`${dayWord[0]}\` cannot be the day of the month: month \`${monthWord?.[0]}\` never has it`;
    entry.report({ message, part: { index: dayWord.index, length: dayWord[0].length } });
  }
  return { words: words.map(([word]) => word).join(" "), distance: leastDistance(seconds, minutes, hours) };
}

/** The numbers that a word stands for, from the least on; none when the word is wrong. */
function readWord(entry: Entry, word: RegExpMatchArray | undefined, field: CronField): readonly number[] {
  if (word === undefined) return [];
  const items = word[0].split(",").map((item) => readItem(item, field));
  if (items.every((item) => item !== null)) return [...new Set(items.flat())].sort((a, b) => a - b);
  const names = field.names.length === 0 ? "" : `, or \`${field.names[0]}\` to \`${field.names.at(-1)}\``;
  const message = `\`${word[0]}\` cannot be the ${field.name}: ${field.least} to ${field.most}${names}`;
  const hint = /(^|,)\w+\//.test(word[0]) ? "a step needs a span or `*` before it, e.g. `10-50/5` or `*/5`" : null;
  entry.report({ message, hint, part: { index: word.index ?? 0, length: word[0].length } });
  return [];
}

/** `*`, `5`, `1-5`, `mon-fri`; `*` and a span with an optional `/step`. */
function readItem(item: string, { least, most, names }: CronField): readonly number[] | null {
  const [span = "", step, ...rest] = item.split("/");
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return null;
  const ends = (span === "*" ? `${least}-${most}` : span).split("-").map((word) => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  });
  const [from = Number.NaN, to = from] = ends;
  const isSpan = ends.length === 2;
  if (ends.length > 2 || !(from >= least && to <= most && from <= to) || (step !== undefined && !isSpan)) return null;
  const by = Number(step ?? 1);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

/** How near to each other two slots can come on clocks that are not changed, in milliseconds. */
function leastDistance(seconds: readonly number[], minutes: readonly number[], hours: readonly number[]): number {
  if (seconds.length > 1) return 1_000 * leastStep(seconds, 60, haveNeighbours(minutes, 60));
  if (minutes.length > 1) return 60_000 * leastStep(minutes, 60, haveNeighbours(hours, 24));
  return 3_600_000 * leastStep(hours, 24, true);
}

/** The least step from one number to the next, and when they come again at once from the last to the first. */
function leastStep(numbers: readonly number[], size: number, comeAgain: boolean): number {
  const all = comeAgain ? [...numbers, size + (numbers[0] ?? 0)] : numbers;
  return Math.min(...all.slice(1).map((number, index) => number - (all[index] ?? 0)));
}

const haveNeighbours = (numbers: readonly number[], size: number) =>
  numbers.some((number) => numbers.includes((number + 1) % size));

/** To ask takes long, and all files are read again and again. */
const timezones = new Set<string>();

function checkTimezone(entry: Entry | null): void {
  const zone = entry?.text();
  if (entry === null || zone == null || timezones.has(zone)) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    timezones.add(zone);
  } catch {
    const message = `\`${zone}\` is not a time zone`;
    entry.report({ message, hint: suggestion(zone, Intl.supportedValuesOf("timeZone"), "e.g. `Europe/Berlin`") });
  }
}
