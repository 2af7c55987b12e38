import type { Problem } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import type { LoginPolicy } from "../domain/login";
import type { ExpressionFinding } from "../domain/mapping";
import { suggestion } from "../domain/suggest";
import { TimeSlice } from "../domain/time-slice";
import { findFiles, findJobFiles, type ProjectFiles } from "./find-files";
import { loadSource } from "./load-source";
import { Variables } from "./variables";
import type { YamlFile } from "./yaml/entry";
import { SourceText } from "./yaml/source-text";

export interface ProjectOptions {
  /** The folder that holds `jobs/` and `mappings/`. */
  readonly home: string;
  /** What `${NAME}` is looked up in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a variable that is not set is an error; otherwise it is a warning. */
  readonly requireEnv: boolean;
  /** Read the files of this source alone; mistakes in those of others are not its business. */
  readonly only?: string;
}

export interface Project {
  /** Those without errors, frozen, in the order of their names. */
  readonly jobs: readonly Job[];
  /** Every stream that could be read, also of jobs with errors, so that all expressions are checked at once. */
  readonly streams: readonly Stream[];
  /** The same of `login:`. */
  readonly logins: readonly LoginPolicy[];
  /** The names of all sources, or of the one, that have a job file. */
  readonly sources: readonly string[];
  /** Every job and mapping file read, relative to the folder worked in. */
  readonly files: readonly string[];
  /** Every mistake in every file, in the order of files and lines. */
  readonly problems: readonly Problem[];
  /** Turns a mistake inside an expression into one in its file. */
  readonly locate: (finding: ExpressionFinding) => Problem;
}

/** Names of all sources that have a job file. @throws Failure CFG002 when they cannot be listed */
export async function listSources(home: string): Promise<readonly string[]> {
  return [...(await findJobFiles(home)).keys()];
}

/** Reads and validates all files, or those of one source. Others get their turn between sources, however many there are. */
export async function loadProject({ home, env, requireEnv, only }: ProjectOptions): Promise<Project> {
  const found = await findFiles(home, only);
  const names = [...found.jobs.keys()].filter((name) => only === undefined || name === only);
  const sources = [];
  const slice = new TimeSlice();
  for (const name of names) {
    sources.push(await loadSource(home, name, found, new Variables(env, home, requireEnv)));
    if (slice.isOver) await slice.giveWay();
  }
  const yaml = sources.flatMap((source) => source.yaml);
  return {
    jobs: sources.flatMap(({ job }) => (job === null ? [] : [deepFreeze(job)])),
    streams: sources.flatMap((source) => source.streams),
    logins: sources.flatMap(({ login }) => (login === null ? [] : [login])),
    sources: names,
    files: sources.flatMap((source) => source.files),
    problems: [
      // A folder that all need is told once.
      ...new Set([...unlisted(found, only), ...strays(found, only), ...sources.flatMap(({ problems }) => problems)]),
    ].sort(byPlace),
    locate: (finding) => locate(yaml, finding),
  };
}

/** Folders that cannot be listed; of one source alone its own are told where it is read. */
const unlisted = ({ unlisted: folders }: ProjectFiles, only: string | undefined): readonly Problem[] =>
  [...folders].filter(([folder]) => only === undefined || folder === "jobs").map(([, problem]) => problem);

/** Files that nobody reads: under a wrong name, or mappings of a source that has no job. */
function strays(
  { jobs, mappings, misnamed, unlisted: folders }: ProjectFiles,
  only: string | undefined,
): readonly Problem[] {
  const belongs = (file: string) =>
    only === undefined || file.startsWith(`jobs/${only}.`) || file.startsWith(`mappings/${only}/`);
  const wrongName = misnamed.filter(belongs).map((file) => {
    const name = `${file.replace(/^.*\//, "").replace(/\..*$/, "")}.yaml`;
    const code = file.startsWith("jobs/") ? "CFG010" : "MAP015";
    return about(file, code, "this file is not read: its name must end in `.yaml`", `rename it to \`${name}\``);
  });
  if (only !== undefined || folders.has("jobs")) return wrongName;
  const ownerless = [...mappings].filter(([source, files]) => !jobs.has(source) && files.size > 0);
  return [
    ...wrongName,
    ...ownerless.map(([source, files]) => {
      const message = `these mappings belong to no source: \`jobs/${source}.yaml\` does not exist`;
      return about(
        [...files.values()][0] ?? `mappings/${source}`,
        "MAP015",
        message,
        suggestion(source, [...jobs.keys()]),
      );
    }),
  ];
}

const about = (file: string, code: "CFG010" | "MAP015", message: string, hint: string | null) =>
  new SourceText(file, "").problem({ code, message, start: 0, length: 1, hint });

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

export function locate(files: readonly YamlFile[], finding: ExpressionFinding): Problem {
  const { code, severity, message, at, offset, length, hint } = finding;
  const file = files.find((candidate) => candidate.source.file === at.file);
  const source = file?.source ?? new SourceText(at.file, "");
  const begin = source.offset(at);
  const places = file?.expressions.get(begin);
  const [start, span] = places?.span(offset, length) ?? [begin + offset, length];
  const isCut = places?.endsAtBrackets === true && suggests(hint ?? "", /^[^[].*[[\]{},]/);
  const whole = isCut ? `${hint}; quote the whole expression: '…'` : hint;
  return source.problem({ code, severity, message, start, length: span, hint: whole });
}

/** What is suggested is written in the place of what stands there, where YAML may take it otherwise. A list is one to YAML too. */
const suggests = (hint: string, what: RegExp): boolean =>
  [...hint.matchAll(/`([^`]+)`/g)].some(([, suggestion = ""]) => what.test(suggestion));

/** Freezes plain values all the way down; what is no plain object or list (a `Secret`) guards itself. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
