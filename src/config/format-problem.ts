import { isError, type Problem } from "../domain/errors";
import { counted } from "../domain/grouped";
import { COMMANDING } from "../domain/plain";

export interface FormatOptions {
  readonly color: boolean;
}

/** In the place of a file: variables of the process. */
export const ENVIRONMENT = "environment";

/** The longest line shown as it stands, in columns of a terminal. */
const MAX_WIDTH = 100;
const TAB = "    ";
const CUT = "…";

/**
 * A mistake with its place, the line of the file and a caret under what is wrong:
 *
 *     error[MAP012]: `emial` is not a field of `users`
 *       --> mappings/acme/users.yaml:11:3
 *        |
 *     11 |   emial: contact.mail
 *        |   ^^^^^ did you mean `email`?
 */
export function formatProblem(problem: Problem, { color }: FormatOptions): string {
  const paint = color ? painted : (_: Paint, text: string) => text;
  const level: Paint = isError(problem) ? "red" : "yellow";
  const number = String(problem.line);
  const gutter = " ".repeat(number.length);
  const bar = paint("blue", "|");
  const { before, marked, after } = cutOut(problem);
  const hint = problem.hint === null ? "" : ` ${problem.hint}`;
  const caret = "^".repeat(Math.max(1, widthOf(marked)));
  const lines = [
    `${paint(level, `${problem.severity}[${problem.code}]`)}: ${paint("bold", problem.message)}`,
    `${gutter}${paint("blue", "-->")} ${problem.file}:${problem.line}:${problem.column}`,
    `${gutter} ${bar}`,
    `${paint("blue", number)} ${bar} ${before}${marked}${after}`,
    `${gutter} ${bar} ${" ".repeat(widthOf(before))}${paint(level, caret + hint)}`,
  ];
  // The process's environment has no lines; a file that could not be read has none to show.
  const isVariable = problem.file === ENVIRONMENT;
  if (isVariable) lines[1] = `${gutter}${paint("blue", "-->")} ${ENVIRONMENT}: ${marked}`;
  const shown =
    isVariable || problem.sourceLine === ""
      ? [...lines.slice(0, 2), ...(hint === "" ? [] : [`${gutter} ${paint("blue", "=")}${hint}`])]
      : lines;
  return shown.map((line) => line.trimEnd()).join("\n");
}

/** All mistakes, one after another, how many there are, and where the first grave one is explained. Empty for none. */
export function formatProblems(problems: readonly Problem[], options: FormatOptions): string {
  const [first] = problems;
  if (first === undefined) return "";
  const gravest = problems.find(isError) ?? first;
  const count = (severity: Problem["severity"]) => {
    const number = problems.filter((problem) => problem.severity === severity).length;
    return number === 0 ? [] : [counted(number, severity)];
  };
  const all = new Set(problems.map((problem) => problem.file));
  const variables = all.delete(ENVIRONMENT) ? ["the environment"] : [];
  const files = all.size === 0 ? [] : [counted(all.size, "file")];
  const total = `${[...count("error"), ...count("warning")].join(" and ")} in ${[...files, ...variables].join(" and ")}`;
  const end = `${total}\nexplain a code: understudy explain ${gravest.code}`;
  return [...problems.map((problem) => formatProblem(problem, options)), end].join("\n\n");
}

/** The source line in three parts around what is marked, shortened so that the mark stays in sight. */
function cutOut({ sourceLine, column, length }: Problem): { before: string; marked: string; after: string } {
  const parts = [
    sourceLine.slice(0, column - 1),
    sourceLine.slice(column - 1, column - 1 + length),
    sourceLine.slice(column - 1 + length),
  ];
  const [before = "", marked = "", after = ""] = parts.map(printable);
  if (widthOf(before) + widthOf(marked) + widthOf(after) <= MAX_WIDTH) return { before, marked, after };
  const mark = keepStart(marked, MAX_WIDTH - 20);
  const room = MAX_WIDTH - widthOf(mark);
  const lead = keepEnd(before, Math.max(room - widthOf(after), Math.ceil(room / 2)));
  return { before: lead, marked: mark, after: mark === marked ? keepStart(after, room - widthOf(lead)) : "" };
}

/** Tabs as spaces; nothing that could steer a terminal. */
const printable = (text: string) => text.replaceAll("\t", TAB).replace(COMMANDING, "\ufffd");

function keepStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const char of text) {
    if (widthOf(kept + char) > width - 1) break;
    kept += char;
  }
  return kept + CUT;
}

function keepEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const char of [...text].reverse()) {
    if (widthOf(char + kept) > width - 1) break;
    kept = char + kept;
  }
  return CUT + kept;
}

/** East Asian wide and full-width characters and pictures, which take two columns (Unicode TR 11, in broad strokes). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += /[\p{Mn}\p{Me}\p{Cf}]/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

type Paint = "red" | "yellow" | "blue" | "bold";
const ANSI: Readonly<Record<Paint, string>> = { red: "31;1", yellow: "33;1", blue: "34", bold: "1" };
const painted = (paint: Paint, text: string) => `\u001b[${ANSI[paint]}m${text}\u001b[0m`;
