import { join } from "node:path";
import { hasErrors, type Problem } from "../domain/errors";
import type { LoginJob } from "../domain/job";
import type { ExpressionFinding } from "../domain/mapping";
import { nearest } from "../domain/suggest";
import { checkJobShape, checkLoginShape } from "./check-shape";
import { findJobFiles } from "./find-files";
import { readDocument, readLoginJob } from "./job/read-login-job";
import { deepFreeze, locate, type ProjectOptions } from "./load-project";
import { checkName, readText } from "./load-source";
import { OF_RUNS } from "./shapes";
import { Variables } from "./variables";
import { JOB_CODES } from "./yaml/entry";
import { parseYaml } from "./yaml/parse-yaml";

/** What a job file says of logins. */
interface LoginFile {
  /** Null when there is a mistake in what is said. */
  readonly job: LoginJob | null;
  /** Mistakes in what logins take; those elsewhere keep nobody out. */
  readonly problems: readonly Problem[];
  /** False when the word stands nowhere in the file, in no spelling: then its mistakes, whatever they are, are none of logins. */
  readonly mayHaveLogin: boolean;
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
  const isWhole = text === null || !hasErrors(said);
  const { ofLogins, ofRuns } = partsOf(text ?? "");
  const isLost = STRICTER.test(ofRuns);
  const isCut = !isWhole && !isLost && !leansOn(ofRuns, ofLogins);
  const problems = isCut ? [] : said;
  const root = isCut ? parseYaml(file, ofLogins, JOB_CODES, problems) : isWhole ? whole : null;
  let job: LoginJob | null = null;
  if (root !== null) {
    checkLoginShape(root);
    checkName(root, source, jobs);
    const api = root.get("baseUrl") === null ? await readDocument(root.get("openapi"), path) : null;
    job = readLoginJob(root, api, new Variables(env, home, requireEnv));
    // That nobody signs in is believed of a whole file only: one half written, or with the word in a wrong place, does not say so.
    if (isWhole && (job.login === null || isLost)) checkJobShape(root);
    if (isCut && job.login === null) problems.push(...said);
  }
  return {
    job: hasErrors(problems) ? null : deepFreeze(job),
    problems,
    mayHaveLogin: text === null || mayHaveLogin(text),
    locate: (finding) => locate(root === null ? [] : [root.file], finding),
  };
}

/** What stands before a colon or begins a line, outside of remarks, whether that is YAML or not. */
const MAY_BE_A_KEY = /^[ \t?{"'-]*([\p{L}\p{N}_]+)|(?<![\p{L}\p{N}_])([\p{L}\p{N}_]+)["']?\s*:/gmu;

const mayHaveLogin = (text: string): boolean =>
  [...text.replace(/^[ \t]*#.*$/gm, "").matchAll(MAY_BE_A_KEY)].some(
    ([, first, other]) => nearest(first ?? other ?? "", ["login"]) !== null,
  );

/**
 * What the text says of logins, and what of runs, so that the latter may be no YAML at all; lines stay where they are. What begins in the
 * first column is a word of the file itself: YAML has whatever belongs to another one stand further to the right.
 */
function partsOf(text: string): { readonly ofLogins: string; readonly ofRuns: string } {
  let isOfRuns = false;
  const [ofLogins, ofRuns]: [string[], string[]] = [[], []];
  for (const line of text.split("\n")) {
    const word = /^(\w+):(?=\s|$)/.exec(line)?.[1];
    if (word !== undefined) isOfRuns = OF_RUNS.includes(word);
    else if (MAY_BE_A_WORD.test(line)) isOfRuns = false;
    ofLogins.push(isOfRuns ? "" : line);
    ofRuns.push(isOfRuns ? line : "");
  }
  return { ofLogins: ofLogins.join("\n"), ofRuns: ofRuns.join("\n") };
}

/**
 * A word of the file that is written in another way, in quotes for one, or the border between two documents or two versions that were
 * merged: what follows may be for logins, so YAML is to say what it is. No remark, item of a list or end of a bracket.
 */
const MAY_BE_A_WORD = /^(?:[^\s#\-\]}].*:|\?\s|---|\.{3}|<{7}|={7}|>{7})/;

/** What is cut out would be missed: an earlier anchor of the same name may say something else. */
const leansOn = (ofRuns: string, ofLogins: string): boolean =>
  [...ofRuns.matchAll(/&([^\s,[\]{}]+)/g)].some(([, name]) => ofLogins.includes(`*${name}`));

/** Without these more people are let in, so one that slipped below another word counts, unless it has its place there. */
const STRICTER = /^(?:[^#\n]*[\s{,])?(?:mode|offline|maxAge|freshness)\s*:/m;
