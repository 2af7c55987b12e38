import { listSources, loadJob, loadProject, type Project } from "../config/load-project";
import type { CheckAnswer } from "../domain/answers";
import { Failure, type Problem } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import { expressionsByWay } from "../domain/login-expressions";
import type { ExpressionFinding } from "../domain/mapping";
import { type IsPersonal, personalBy, personalNames } from "../domain/personal-data";
import { Secret } from "../domain/secret";
import { suggestion } from "../domain/suggest";
import { checkExpressions } from "../mapping/check-expressions";
import { checkIgnored } from "../mapping/check-ignored";
import { checkLiterals } from "../mapping/check-literals";
import { checkLoginExpressions } from "../mapping/check-login-expressions";
import { checkPasswords } from "../mapping/check-passwords";
import { checkPaths } from "../mapping/check-paths/check-paths";
import { type Adapters, refuse } from "./adapters";
import { checkBySamples, type SampledStream } from "./check-samples";
import { withoutPasswords } from "./compile-stream";

/** What the files say, with the mistakes that only the folder knowing JSONata can find. */
export function createJobs({ home, environment, log, stores }: Adapters) {
  const { env } = environment;
  const findingsOf = createFinder();
  /** Mistakes in expressions are found by the folder that knows JSONata, and shown by the one that knows the files. */
  const problemsOf = (
    { streams, logins }: Pick<Project, "streams" | "logins">,
    locate: Project["locate"],
  ): readonly Problem[] =>
    [...streams.flatMap(findingsOf), ...logins.flatMap(expressionsByWay).flatMap(checkLoginExpressions)].map(locate);
  const names = (): Promise<readonly string[]> => listSources(home);

  /** A source is known by its job file, or by what the mirror still holds of it. @throws Failure USE002 */
  async function refuseUnknown(source: string): Promise<void> {
    const files = await names();
    if (files.includes(source)) return;
    const known = [...files, ...(await (await stores()).sources.facts()).map((facts) => facts.source)];
    if (known.includes(source)) return;
    throw new Failure("USE002", `there is no source \`${source}\``, {
      fix: suggestion(source, known, null) ?? "see what there is: understudy status",
    });
  }

  /** The job of a source, for those who only look; null when there is none, or a mistake in its files. */
  async function find(source: string): Promise<Job | null> {
    const { jobs, locate } = await loadProject({ home, env, requireEnv: false, only: source });
    const [job] = jobs;
    const isGood = (job === undefined ? [] : problemsOf(partsOf(job), locate)).every(
      ({ severity }) => severity !== "error",
    );
    return job !== undefined && isGood ? job : null;
  }

  /** From then on what is secret or personal in it is masked in the log. */
  function mask(job: Job): void {
    const ways = [job.login?.password, job.login?.token, job.login?.browser];
    log.maskValues([job.auth, ...ways].flatMap((way) => Object.values(way ?? {})).flatMap(secretWords));
    log.maskFields([...personalNames(job.streams.map((stream) => stream.mapping))]);
  }

  return {
    names,
    refuseUnknown,
    /**
     * The job as a run needs it; what is secret or personal in it is masked in the log from then on. Who asks nothing of the
     * upstream needs no variables; `findMore` looks for mistakes that only the mirror can tell.
     */
    async load(
      source: string,
      requireEnv = true,
      findMore: (job: Job) => Promise<readonly ExpressionFinding[]> = async () => [],
    ): Promise<Job> {
      const { job, locate } = await loadJob({ home, env, requireEnv, source });
      refuse(problemsOf(partsOf(job), locate));
      refuse((await findMore(job)).map(locate));
      mask(job);
      return withoutPasswords(job);
    },
    /** Those whose files are without mistakes; variables need not be set. @throws Failure CFG002, as `names` */
    async readable(): Promise<readonly Job[]> {
      // That none can be listed does not mean that there is none.
      await names();
      return (await loadProject({ home, env, requireEnv: false })).jobs;
    },
    /**
     * The jobs of these sources, or of all. Variables need not be set.
     *
     * @throws Failure USE002, and InvalidFiles when there is any mistake in their files
     */
    async valid(sources: readonly string[] | null): Promise<readonly Job[]> {
      const known = await names();
      for (const source of sources ?? []) refuseMissingFile(source, known);
      const found: Job[] = [];
      const mistakes: Problem[] = [];
      for (const only of sources ?? [undefined]) {
        const project = await loadProject({ home, env, requireEnv: false, ...(only === undefined ? {} : { only }) });
        found.push(...project.jobs);
        mistakes.push(...project.problems, ...problemsOf(project, project.locate));
      }
      refuse(mistakes);
      return found;
    },
    find,
    /** Files that cannot be read say nothing about what is personal, so everything is. */
    async personalIn(source: string): Promise<IsPersonal> {
      const job = await find(source);
      return job === null ? () => true : personalBy(job.streams.map((stream) => stream.mapping));
    },
    async inspect(requireEnv: boolean): Promise<CheckAnswer> {
      const project = await loadProject({ home, env, requireEnv });
      const { files, sources, problems, locate } = project;
      return {
        files,
        sources,
        problems: [...environment.problems, ...problems, ...problemsOf(project, locate)],
        sampled: [],
      };
    },
    /** The same, and what records of the streams show of which no document speaks. Files with errors come first. */
    async inspectBySamples(signal: AbortSignal): Promise<CheckAnswer> {
      const answer = await this.inspect(true);
      if (answer.problems.some(({ severity }) => severity === "error")) return answer;
      const { jobs, locate } = await loadProject({ home, env, requireEnv: true });
      const found: SampledStream[] = [];
      for (const job of jobs) {
        mask(job);
        found.push(...(await checkBySamples(job, log, signal)));
      }
      return {
        ...answer,
        problems: [...answer.problems, ...found.flatMap(({ findings }) => findings.map(locate))],
        sampled: found.map(({ source, entity, records }) => ({ source, entity, records })),
      };
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;

const partsOf = ({ streams, login }: Job) => ({ streams, logins: login === null ? [] : [login] });

const REMEMBERED = 1_000;

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

function refuseMissingFile(source: string, known: readonly string[]): void {
  if (known.includes(source)) return;
  throw new Failure("USE002", `there is no source \`${source}\`: jobs/${source}.yaml does not exist`, {
    fix: suggestion(source, known) ?? "write the file, or name the folder that holds `jobs/` with -C",
  });
}

/** A secret as it is, and without the scheme that may stand before it. */
const secretWords = (value: unknown): readonly string[] =>
  value instanceof Secret ? [value.reveal(), ...value.reveal().split(" ").slice(-1)] : [];
