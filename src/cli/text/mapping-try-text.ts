import type { TrialAnswer, TriedRecord } from "../../domain/mapping-trials";
import { plain } from "../../domain/plain";
import { type FieldTrace, leavingOut, whyLeftOut } from "../../domain/trace";
import { columns, counted, grouped, indented } from "./layout";
import type { Palette } from "./terminal";
import { readText, valueText } from "./trace-text";

/** From so many columns on, what was read stands beside what it became; below, above it. */
const WIDE = 100;
const INDENT = 2;

const FROM: Readonly<Record<TrialAnswer["from"], string>> = {
  tests: "the records of its tests",
  file: "the records of the file",
  live: "the first records of the customer's system",
  key: "a record of the customer's system",
};

/** Every record with what each field read and became, and the counts. */
export function trialText(trial: TrialAnswer, width: number, palette: Palette): string {
  const { source, entity, file, from, masked, records } = trial;
  const note = masked ? "; personal data, and what no field reads, is masked" : "";
  return [
    `${palette.bold(`${source}/${entity}`)}  ${file}, on ${FROM[from]}${note}`,
    ...records.map((record, index) => recordLines(index + 1, record, width, palette).join("\n")),
    summary(trial, palette),
  ].join("\n\n");
}

function summary({ records, mapped, rejected, skipped, more }: TrialAnswer, palette: Palette): string {
  if (records.length === 0) return "there are no records";
  const parts = [
    palette.green(`${grouped(mapped)} mapped`),
    ...(rejected === 0 ? [] : [palette.red(`${grouped(rejected)} rejected`)]),
    ...(skipped === 0 ? [] : [palette.yellow(`${grouped(skipped)} left out`)]),
  ];
  return `${counted(records.length, "record")}: ${parts.join(", ")}${more ? "; there are more, see them with --limit" : ""}`;
}

function recordLines(number: number, tried: TriedRecord, width: number, palette: Palette): readonly string[] {
  const { it, decisions, fields } = tried;
  const because = leavingOut(tried);
  const decisive = decisions.filter(({ field }) => field === "key" || field === because);
  const rows = [...decisive, ...fields];
  const lines = width >= WIDE ? besides(rows, width) : stacked(rows, width);
  const name = it === null ? "" : `  ${plain(it)}`;
  return [`${palette.bold(`${number}`)}${name}  ${outcomeOf(tried, palette)}`, ...indented(lines)];
}

function outcomeOf(tried: TriedRecord, palette: Palette): string {
  const { result } = tried;
  switch (result.outcome) {
    case "rejected":
      return palette.red(`rejected: ${plain(result.reason)} (${result.code})`);
    case "skipped":
      return palette.yellow(`left out: ${whyLeftOut(tried)}`);
    default:
      return palette.green("mapped");
  }
}

function besides(rows: readonly FieldTrace[], width: number): readonly string[] {
  const half = Math.floor(width / 2) - 10;
  const cells = rows.flatMap((trace) => {
    const [first = "", ...rest] = readLines(trace).map((line) => cut(line, half));
    return [[first, "->", trace.field, becameText(trace)], ...rest.map((line) => [line])];
  });
  return columns(cells);
}

/** On one line where there is room, else what was read under what it became. */
const stacked = (rows: readonly FieldTrace[], width: number): readonly string[] =>
  rows.flatMap((trace) => {
    const [became, read] = [`${plain(trace.field)} = ${becameText(trace)}`, readLines(trace)];
    const line = `${became}  <- ${read.join("; ")}`;
    if (read.length < 3 && line.length <= width - INDENT) return [line];
    return [
      became,
      ...indented(
        read.map((one) => `<- ${one}`),
        "    ",
      ),
    ];
  });

/** What the source read that gave the value, or else all of those asked. */
function readLines({ sources }: FieldTrace): readonly string[] {
  const asked = sources.filter(({ reached }) => reached);
  const deciding = asked.filter(({ present, problem }) => present || problem !== null);
  return (deciding.length > 0 ? deciding : asked).flatMap(({ reads, expression }) =>
    // What reads no place is a constant, or computed from the whole record.
    reads.length > 0 ? reads.map((read) => readText(read, 60)) : [plain(expression)],
  );
}

/** The value, and what besides its source had a part in it. */
function becameText({ value, mapped, outcome, problem }: FieldTrace): string {
  if (outcome === "rejected") return `rejected: ${plain(problem?.reason ?? "it does not fit")}`;
  if (outcome === "dropped") return `${valueText(value, 60)}  dropped: ${plain(problem?.reason ?? "it does not fit")}`;
  const by =
    outcome === "default"
      ? "  by `default`"
      : mapped === null
        ? ""
        : `  by \`map\`${mapped.by === "entry" ? "" : ", `_`"}`;
  return `${valueText(value, 60)}${by}`;
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, Math.max(1, longest - 1))}…`;
