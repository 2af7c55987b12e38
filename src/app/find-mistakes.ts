import type { Project } from "../config/load-project";
import { isError, type Problem } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import { expressionsByWay } from "../domain/login-expressions";
import type { ExpressionFinding } from "../domain/mapping";
import { TimeSlice } from "../domain/time-slice";
import { checkExpressions } from "../mapping/check-expressions";
import { checkIgnored } from "../mapping/check-ignored";
import { checkLiterals } from "../mapping/check-literals";
import { checkLoginExpressions } from "../mapping/check-login-expressions";
import { checkPasswords } from "../mapping/check-passwords";
import { checkPaths } from "../mapping/check-paths/check-paths";

/** Mappings whose findings are remembered. */
const REMEMBERED = 1_000;

/**
 * Gives what the files say with every mistake in them, and only the jobs without any. Mistakes in expressions are found by the
 * folder that knows JSONata, and shown by the one that knows the files.
 */
export function createMistakeFinder(): (project: Project) => Promise<Project> {
  const findingsOf = createFinder();

  /** What the files' own folder found an error in gets no second one at the very same place. */
  async function problemsOf({ streams, logins, locate, problems }: Project): Promise<readonly Problem[]> {
    const found: ExpressionFinding[] = [];
    const slice = new TimeSlice();
    for (const stream of streams) {
      found.push(...findingsOf(stream));
      if (slice.isOver) await slice.giveWay();
    }
    const known = new Set(problems.filter(isError).map(placeOf));
    const all = [...found, ...logins.flatMap(expressionsByWay).flatMap(checkLoginExpressions)].map(locate);
    return all.filter((problem) => !known.has(placeOf(problem)));
  }

  return async (project) => {
    const problems = [...project.problems, ...(await problemsOf(project))];
    const broken = new Set(problems.filter(isError).map(({ file }) => file));
    const jobs = project.jobs.filter((job) => filesOf(job).every((file) => !broken.has(file)));
    return { ...project, jobs, problems };
  };
}

const placeOf = ({ file, line, column, length }: Problem): string => `${file}:${line}:${column}:${length}`;

const filesOf = ({ file, streams }: Job) => [file, ...streams.map(({ mapping }) => mapping.file)];

/** Finds mistakes in mappings, once in those that say the same: files are read anew for every run. */
function createFinder(): (stream: Stream) => readonly ExpressionFinding[] {
  const known = new Map<string, readonly ExpressionFinding[]>();
  return ({ mapping, each, deletes, ignore, shape, parentShape }) => {
    // What a document says of records can be asked, but not compared.
    const said = shape === null && parentShape === null ? JSON.stringify([mapping, each, deletes, ignore]) : null;
    const found = (said === null ? undefined : known.get(said)) ?? [
      ...checkExpressions(mapping, deletes.expression, each !== null),
      ...checkLiterals(mapping),
      ...checkIgnored(mapping, deletes.expression, ignore),
      ...checkPasswords(mapping),
      ...checkPaths(mapping, deletes.expression, { record: shape, parent: parentShape }),
    ];
    if (known.size >= REMEMBERED) known.clear();
    if (said !== null) known.set(said, found);
    return found;
  };
}
