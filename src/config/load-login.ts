import { join } from "node:path";
import type { Problem } from "../domain/errors";
import type { LoginJob } from "../domain/job";
import type { ExpressionFinding } from "../domain/mapping";
import { checkJobShape, checkLoginShape, OF_RUNS } from "./check-shape";
import { findJobFiles } from "./find-files";
import { readDocument, readLoginJob } from "./job/read-login-job";
import { deepFreeze, locate, type ProjectOptions } from "./load-project";
import { checkName, readText } from "./load-source";
import { Variables } from "./variables";
import { JOB_CODES } from "./yaml/entry";
import { parseYaml } from "./yaml/parse-yaml";

/** What a job file says of logins. */
interface LoginFile {
  /** Null when there is a mistake in what is said. */
  readonly job: LoginJob | null;
  /** Mistakes in what logins take; those elsewhere keep nobody out. */
  readonly problems: readonly Problem[];
  readonly locate: (finding: ExpressionFinding) => Problem;
}

/**
 * What logins take of one source's job file, whatever else is wrong there, in its mappings or in its OpenAPI document. Nothing is
 * believed that is not in the file now. Null when there is none.
 */
export async function loadLogin(
  { home, env, requireEnv }: Omit<ProjectOptions, "only">,
  source: string,
): Promise<LoginFile | null> {
  const jobs = await findJobFiles(home);
  const file = jobs.get(source);
  if (file === undefined) return null;
  const path = join(home, file);
  const said: Problem[] = [];
  const text = readText(path, file, JOB_CODES, said);
  const whole = text === null ? null : parseYaml(file, text, JOB_CODES, said);
  // Read as a whole while that can be: what is written for runs may be meant for logins, too, by an alias.
  const isWhole = text === null || !said.some(isError);
  const problems = isWhole ? said : [];
  const root = isWhole ? whole : parseYaml(file, withoutRuns(text), JOB_CODES, problems);
  let job: LoginJob | null = null;
  if (root !== null) {
    checkLoginShape(root);
    checkName(root, source, jobs);
    const api = root.get("baseUrl") === null ? await readDocument(root.get("openapi"), path) : null;
    job = readLoginJob(root, api, new Variables(env, home, requireEnv));
    // That nobody signs in is believed of a whole file only: one half written, or with the word in a wrong place, does not say so.
    if (job.login === null && isWhole) checkJobShape(root);
    else if (job.login === null) problems.push(...said);
  }
  return {
    job: problems.some(isError) ? null : deepFreeze(job),
    problems,
    locate: (finding) => locate(root === null ? [] : [root.file], finding),
  };
}

const isError = ({ severity }: Problem): boolean => severity === "error";

/**
 * The text without what it says of runs, so that this may be no YAML at all; lines stay where they are. What begins in the first
 * column is a word of the file itself: YAML has whatever belongs to another one stand further to the right.
 */
function withoutRuns(text: string): string {
  let isOfRuns = false;
  const kept = text.split("\n").map((line) => {
    const word = /^(\w+):(?=\s|$)/.exec(line)?.[1];
    if (word !== undefined) isOfRuns = OF_RUNS.includes(word);
    return isOfRuns ? "" : line;
  });
  return kept.join("\n");
}
