import { FREE_SPACE } from "./storage-failure";

const MOST_LINES = 4;
/** Before each line of a server's log: the time and the process. */
const STAMP = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /gm;
const GRAVE = /^(?:PANIC|FATAL): /;
/** What every start and every end says; of the FATALs, what those are told who come too early. */
const ORDINARY = new RegExp(
  [
    "^FATAL: +(?:the database system is |terminating connection )",
    "^LOG: +(?:starting PostgreSQL|listening on|database system |redo |startup process |terminating |shutting down|received )",
    "^keeper: PostgreSQL ended each time",
  ].join("|"),
);

/** Of what a program of PostgreSQL's wrote, on one line, what tells why it ended: what is grave first, each thing once. */
export function causeIn(output: string): string {
  // A DETAIL or a HINT stays with the line that it explains.
  const told = output.replace(STAMP, "").split(/\n(?!(?:DETAIL|HINT|CONTEXT): )/);
  const lines = told.map((line) => line.trim().replace(/ *\n */g, "; ")).filter((line) => line !== "");
  const telling = lines.filter((line) => !ORDINARY.test(line));
  // The same of each attempt to start differs in the number of its process.
  const once = new Map((telling.length > 0 ? telling : lines).map((line) => [line.replace(/\d+/g, "0"), line]));
  const grave = [...once.values()].filter((line) => GRAVE.test(line)).slice(-MOST_LINES);
  const others = [...once.values()].filter((line) => !GRAVE.test(line)).slice(-MOST_LINES);
  return [...grave, ...others].slice(0, MOST_LINES).join(" | ") || "no message";
}

/** What to do about it. */
export const fixFor = (output: string): string =>
  `${/No space left/.test(output) ? FREE_SPACE : "remove the cause"}, or set DATABASE_URL to a PostgreSQL server`;
