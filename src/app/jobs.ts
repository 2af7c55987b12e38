import { loadLogin } from "../config/load-login";
import { listSources, loadProject, type Project } from "../config/load-project";
import type { CheckAnswer } from "../domain/answers";
import type { Problem } from "../domain/errors";
import type { Job, LoginJob, Stream } from "../domain/job";
import { expressionsByWay } from "../domain/login-expressions";
import type { ExpressionFinding } from "../domain/mapping";
import { noSuchSource } from "../domain/no-source";
import { type IsPersonal, personalBy, personalNames } from "../domain/personal-data";
import { Secret } from "../domain/secret";
import { TimeSlice } from "../domain/time-slice";
import { checkExpressions } from "../mapping/check-expressions";
import { checkIgnored } from "../mapping/check-ignored";
import { checkLiterals } from "../mapping/check-literals";
import { checkLoginExpressions } from "../mapping/check-login-expressions";
import { checkPasswords } from "../mapping/check-passwords";
import { checkPaths } from "../mapping/check-paths/check-paths";
import { acrossSources } from "../mirror/one-source";
import { type Adapters, refuse } from "./adapters";
import { checkBySamples, type SampledStream } from "./check-samples";
import { withoutPasswords } from "./compile-stream";

/** What the files say, with the mistakes that only the folder knowing JSONata can find. */
export function createJobs({ home, environment, log, stores }: Adapters) {
  const { env } = environment;
  const findingsOf = createFinder();
  /**
   * Mistakes in expressions are found by the folder that knows JSONata, and shown by the one that knows the files. What
   * that found an error in gets no second one at the very same place.
   */
  async function problemsOf({ streams, logins, locate, problems }: Project): Promise<readonly Problem[]> {
    const found: ExpressionFinding[] = [];
    const slice = new TimeSlice();
    for (const stream of streams) {
      found.push(...findingsOf(stream));
      if (slice.isOver) await slice.giveWay();
    }
    const known = new Set(problems.filter(({ severity }) => severity === "error").map(placeOf));
    const all = [...found, ...logins.flatMap(expressionsByWay).flatMap(checkLoginExpressions)].map(locate);
    return all.filter((problem) => !known.has(placeOf(problem)));
  }

  /** All that the files of all sources, or of one, say, with every mistake in them. Jobs are those without any. */
  async function read(requireEnv: boolean, only?: string): Promise<Project> {
    const project = await loadProject({ home, env, requireEnv, ...(only === undefined ? {} : { only }) });
    const problems = [...project.problems, ...(await problemsOf(project))];
    const broken = new Set(problems.flatMap(({ severity, file }) => (severity === "error" ? [file] : [])));
    const jobs = project.jobs.filter((job) => filesOf(job).every((file) => !broken.has(file)));
    return { ...project, jobs, problems };
  }

  /** What is wrong with the environment stands first: of an `.env` that cannot be read no variable is set. */
  function refuseWithEnvironment(problems: readonly Problem[]): void {
    const isError = ({ severity }: Problem) => severity === "error";
    if (problems.some(isError)) refuse([...environment.problems.filter(isError), ...problems]);
  }

  const names = (): Promise<readonly string[]> => listSources(home);

  /** A source is known by its job file, or by what the mirror still holds of it. @throws Failure USE002 */
  async function refuseUnknown(source: string): Promise<void> {
    const files = await names();
    if (files.includes(source)) return;
    const { sources } = await stores();
    if ((await sources.names()).includes(source)) return;
    // Whoever asks about it is shown no other one.
    const inMirror = await acrossSources(() => sources.names());
    throw noSuchSource(source, { home, known: [...new Set([...files, ...inMirror])], inMirror: true });
  }

  /** The job of a source, for those who only look; null when there is none, or a mistake in its files. */
  async function find(source: string): Promise<Job | null> {
    return (await read(false, source)).jobs[0] ?? null;
  }

  /** What the files say of a source's logins, with every mistake in that; none without a job file. */
  async function readLogin(requireEnv: boolean, source: string) {
    const read = await loadLogin({ home, env, requireEnv }, source);
    if (read === null) return { job: null, problems: [], mayHaveLogin: false };
    const found = expressionsByWay(read.job?.login ?? null).flatMap(checkLoginExpressions);
    const isBroken = found.some(({ severity }) => severity === "error");
    const problems = [...read.problems, ...found.map(read.locate)];
    return { job: isBroken ? null : read.job, problems, mayHaveLogin: read.mayHaveLogin };
  }

  /** From then on what is secret in it is masked in the log. */
  function maskSecrets({ auth, login }: LoginJob): void {
    const ways = [login?.password, login?.token, login?.browser];
    log.maskValues([auth, ...ways].flatMap((way) => Object.values(way ?? {})).flatMap(secretWords));
  }

  /** The same, and what is personal. */
  function mask(job: Job): void {
    maskSecrets(job);
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
      const { jobs, problems, locate } = await read(requireEnv, source);
      refuseWithEnvironment(problems);
      const [job] = jobs;
      if (job === undefined) throw noSuchSource(source, { home, known: await names() });
      refuse((await findMore(job)).map(locate));
      mask(job);
      return withoutPasswords(job);
    },
    /**
     * What of a job lets people in, whatever else is wrong in the files; what is secret in it is masked in the log from then on.
     *
     * @throws Failure USE002, and InvalidFiles when there is any mistake in just that
     */
    async loadLogin(source: string): Promise<LoginJob> {
      const { job, problems } = await readLogin(true, source);
      refuseWithEnvironment(problems);
      if (job === null) throw noSuchSource(source, { home, known: await names() });
      maskSecrets(job);
      return job;
    },
    /** The same for those who only look; null when a mistake is in it, and not only elsewhere in a file that says nothing of logins. */
    async findLogin(source: string): Promise<Pick<LoginJob, "login"> | null> {
      const { job, mayHaveLogin } = await readLogin(false, source);
      return job ?? (mayHaveLogin ? null : { login: null });
    },
    /**
     * Those whose files are without mistakes, or the one; variables need not be set.
     *
     * @throws Failure CFG002, as `names`
     */
    async readable(only: string | null = null): Promise<readonly Job[]> {
      // That none can be listed does not mean that there is none.
      await names();
      return (await read(false, only ?? undefined)).jobs;
    },
    /**
     * The jobs of these sources, or of all. Variables need not be set.
     *
     * @throws Failure USE002, and InvalidFiles when there is any mistake in their files
     */
    async valid(sources: readonly string[] | null): Promise<readonly Job[]> {
      const known = await names();
      const missing = sources?.find((source) => !known.includes(source));
      if (missing !== undefined) throw noSuchSource(missing, { home, known });
      const found: Project[] = [];
      for (const only of sources ?? [undefined]) found.push(await read(false, only));
      refuse(found.flatMap(({ problems }) => problems));
      return found.flatMap(({ jobs }) => jobs);
    },
    find,
    /** Files that cannot be read say nothing about what is personal, so everything is. */
    async personalIn(source: string): Promise<IsPersonal> {
      const job = await find(source);
      return job === null ? () => true : personalBy(job.streams.map((stream) => stream.mapping));
    },
    async inspect(requireEnv: boolean): Promise<CheckAnswer> {
      const { files, sources, problems } = await read(requireEnv);
      return { files, sources, problems: [...environment.problems, ...problems], sampled: [] };
    },
    /** The same, and what records of the streams show of which no document speaks. Files with errors come first. */
    async inspectBySamples(signal: AbortSignal): Promise<CheckAnswer> {
      const answer = await this.inspect(true);
      if (answer.problems.some(({ severity }) => severity === "error")) return answer;
      const { jobs, locate } = await read(true);
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

const placeOf = ({ file, line, column, length }: Problem): string => `${file}:${line}:${column}:${length}`;

const filesOf = ({ file, streams }: Job) => [file, ...streams.map(({ mapping }) => mapping.file)];

/** Mappings whose findings are remembered. */
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

/** A secret as it is, and without the scheme that may stand before it. */
const secretWords = (value: unknown): readonly string[] =>
  value instanceof Secret ? [value.reveal(), ...value.reveal().split(" ").slice(-1)] : [];
