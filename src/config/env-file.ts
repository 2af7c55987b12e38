import { parseEnv } from "node:util";
import type { Problem } from "../domain/errors";
import { MOST_BYTES, readTextFile, type Unreadable } from "./read-file";
import { type Finding, SourceText } from "./yaml/source-text";

/** What `.env` says, and where it says it. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** Frames show names alone: not only values, what is commented out may be secret, too. */
  readonly source: SourceText;
  /** Where the name of each variable stands. */
  readonly places: ReadonlyMap<string, number>;
  readonly problems: readonly Problem[];
}

const NOTHING = /[ \t\r]*(?:#.*)?$/my;
/** A quote that is closed may span lines; one that is not closed is part of its line. */
const ASSIGNMENT =
  /(?<before>[ \t]*(?:export[ \t]+)?)(?<name>[A-Za-z_][\w.-]*)[ \t]*=(?<value>[ \t]*(?<quoted>"[^"]*"|'[^']*'|`[^`]*`)?(?<rest>[^\n]*))/y;

/** Null without a file, which is the ordinary case. */
export function readEnvFile(path: string): EnvFile | null {
  const read = readTextFile(path, MOST_BYTES.environment);
  if (typeof read === "string") return parseEnvFile(read.replace(/^\uFEFF/, ""));
  return read.isAbsent ? null : unreadable(read);
}

function unreadable({ why, fix, broken = { text: "", start: 0 } }: Unreadable): EnvFile {
  const source = new SourceText(".env", broken.text, "");
  const message = `the file cannot be read: ${why}, so nothing that it says counts`;
  const problem = source.problem({ code: "CFG012", message, start: broken.start, length: 1, hint: fix });
  return { values: {}, source, places: new Map(), problems: [problem] };
}

/**
 * Each assignment is found here and read by Node by itself: given the whole text, Node takes a line that is no assignment for
 * a part of the next one's name.
 */
function parseEnvFile(text: string): EnvFile {
  const values: Record<string, string> = {};
  const places = new Map<string, number>();
  const findings: Finding[] = [];
  const shown = text.replace(/[^\r\n]/g, "*").split("");
  let end = 0;
  for (let start = 0; start < text.length; start = end + 1) {
    const found = matchAt(ASSIGNMENT, text, start)?.groups;
    if (found === undefined) {
      end = endOfLine(text, start);
      if (matchAt(NOTHING, text, start) === null) findings.push(lost(start, text.slice(start, end).trimEnd().length));
      continue;
    }
    const { before = "", name = "", value = "", quoted = "", rest = "" } = found;
    end = ASSIGNMENT.lastIndex;
    for (let index = start; index < end - value.length; index += 1) shown[index] = text[index] ?? "";
    values[name] = parseEnv(`${name}=${value}\n`)[name] ?? "";
    places.set(name, start + before.length);
    // The quote that closes it was meant to open the next one, and variables between them are swallowed.
    if (quoted.includes("\n") && !/^[ \t\r]*(#|$)/.test(rest)) findings.push(closedLate(name, start + before.length));
  }
  const source = new SourceText(".env", text, shown.join(""));
  return { values, source, places, problems: findings.map((finding) => source.problem(finding)) };
}

const lost = (start: number, length: number): Finding => ({
  code: "CFG012",
  start,
  length,
  message: "this line assigns nothing to a variable, so what it says would be lost",
  hint: "write NAME=value, or # before a comment",
});

const closedLate = (name: string, start: number): Finding => ({
  code: "CFG012",
  start,
  length: name.length,
  message: `the quote of \`${name}\` is closed lines below, in the middle of another, so what stands between would be lost`,
  hint: "close it in its own line, or take quotes of another kind around a value with quotes",
});

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

const endOfLine = (text: string, start: number): number => {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
};
