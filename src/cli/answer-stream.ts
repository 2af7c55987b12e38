import { type Cell, csvLine, type Format } from "./answer";
import { type Palette, paletteFor, type Terminal } from "./text/terminal";

/** An answer that is too long for memory, in each of its forms: one list, told record by record. */
export interface StreamedAnswer<T> {
  /** What the list is called in the document of `json`. */
  readonly list: string;
  readonly columns: readonly string[];
  readonly row: (record: T) => readonly Cell[];
  readonly text: (record: T, palette: Palette) => readonly string[];
}

/** Writes such an answer as its records come. Each call resolves when all of it is written, with false when nobody reads on. */
export interface AnswerStream<T> {
  write(records: readonly T[]): Promise<boolean>;
  /**
   * @param rest what else the document of `json` says. Without this call it is no valid document, so that a part cannot
   * pass for the whole
   */
  end(rest: object): Promise<boolean>;
}

export function openAnswerStream<T>(
  answer: StreamedAnswer<T>,
  format: Format,
  { stdout, env }: Pick<Terminal, "stdout" | "env">,
): AnswerStream<T> {
  const { head, records: written, foot } = formOf(answer, format, paletteFor(stdout, env));
  let begun = false;
  const put = (text: string): Promise<boolean> => {
    const whole = begun ? text : head + text;
    begun = true;
    return new Promise((resolve) => stdout.write(whole, (error) => resolve(error == null)));
  };
  return { write: (records) => put(written(records)), end: (rest) => put(foot(rest)) };
}

/** What is written before the records, of some of them, and after them. */
interface Form<T> {
  readonly head: string;
  readonly records: (records: readonly T[]) => string;
  readonly foot: (rest: object) => string;
}

function formOf<T>({ list, columns, row, text }: StreamedAnswer<T>, format: Format, palette: Palette): Form<T> {
  const foot = () => "";
  switch (format) {
    case "text":
      return { head: "", records: (records) => lines(records.flatMap((record) => text(record, palette))), foot };
    case "json":
      return documentOf(list);
    case "jsonl":
      return { head: "", records: (records) => lines(records.map((record) => JSON.stringify(record))), foot };
    case "csv":
      return { head: lines([csvLine(columns)]), records: (records) => lines(records.map(row).map(csvLine)), foot };
  }
}

const lines = (told: readonly string[]): string => told.map((line) => `${line}\n`).join("");

function documentOf<T>(list: string): Form<T> {
  let separator = "\n    ";
  const told = (record: T): string => {
    const text = separator + JSON.stringify(record);
    separator = ",\n    ";
    return text;
  };
  return {
    head: `{\n  ${JSON.stringify(list)}: [`,
    records: (records) => records.map(told).join(""),
    foot: (rest) => `\n  ],${JSON.stringify(rest, null, 2).slice(1)}\n`,
  };
}
