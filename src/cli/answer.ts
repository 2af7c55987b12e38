import { Failure } from "../domain/errors";
import { type Palette, paletteFor, type Terminal } from "./text/terminal";

export const FORMATS = ["text", "json", "jsonl", "csv"] as const;
export type Format = (typeof FORMATS)[number];

export type Cell = string | number | null;

/** A command's answer in each of its forms. */
export interface Answer {
  /** One document, for `json`. */
  readonly value: unknown;
  /** One record a line, for `jsonl`; without it the value is the only line. */
  readonly records?: readonly unknown[];
  /** Flat rows, for `csv`; the first names the columns. Commands without a table leave it out. */
  readonly table?: readonly (readonly Cell[])[];
  readonly text: (palette: Palette) => string;
}

/** Writes an answer to standard output. */
export function printAnswer(answer: Answer, format: Format, { stdout, env }: Terminal): void {
  const lines = linesOf(answer, format, paletteFor(stdout, env));
  stdout.write(lines.map((line) => `${line}\n`).join(""));
}

function linesOf({ value, records, table, text }: Answer, format: Format, palette: Palette): readonly string[] {
  switch (format) {
    case "text": {
      const told = text(palette);
      return told === "" ? [] : [told];
    }
    case "json":
      return [JSON.stringify(value, null, 2)];
    case "jsonl":
      return (records ?? [value]).map((record) => JSON.stringify(record));
    case "csv":
      return (table ?? []).map(csvLine);
  }
}

/** Asked before a command does anything: a run must not be made only to find that it cannot be shown. */
export function refuseCsv(command: string): Failure {
  return new Failure("USE001", `\`${command}\` has no table that could be csv`, { fix: "use -o json or -o jsonl" });
}

/** RFC 4180, for spreadsheets: a text that one would run is kept text by an apostrophe. */
export const csvLine = (row: readonly Cell[]): string => row.map(csvCell).join(",");

/** What a spreadsheet takes for a formula, or finds one behind; a customer's system could say anything there. */
const FORMULA = /^[=+\-@\t\r]/;

function csvCell(value: Cell): string {
  const told = value === null ? "" : String(value);
  const text = typeof value === "string" && FORMULA.test(told) ? `'${told}` : told;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
