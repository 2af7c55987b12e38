import { loadLogin } from "../config/load-login";
import { listSources, loadProject, type Project } from "../config/load-project";
import type { CheckAnswer, SampleFailure } from "../domain/answers";
import { hasErrors, isError, type Problem } from "../domain/errors";
import type { Job, LoginJob } from "../domain/job";
import { expressionsByWay } from "../domain/login-expressions";
import type { ExpressionFinding } from "../domain/mapping";
import { noSuchSource } from "../domain/no-source";
import { type IsPersonal, personalBy, personalNames } from "../domain/personal-data";
import { Secret } from "../domain/secret";
import { checkLoginExpressions } from "../mapping/check-login-expressions";
import { acrossSources } from "../mirror/one-source";
import { checkBySamples, type SampledStream } from "./check-samples";
import { withoutPasswords } from "./compile-stream";
import { createMistakeFinder } from "./find-mistakes";
import { type Adapters, refuse } from "./open/adapters";

interface Reading {
  /** Whether a variable that a file names must be set. */
  readonly variables: "required" | "may-be-unset";
}

interface LoadOptions extends Partial<Reading> {
  readonly findMore?: (job: Job) => Promise<readonly ExpressionFinding[]>;
}

/** Of those who only look: a variable that is not set keeps nobody from that. */
const TO_LOOK: Reading = { variables: "may-be-unset" };

/** What the files say, with the mistakes that only the folder knowing JSONata can find. */
export function createJobs({ home, environment, openUpstream, log, stores }: Adapters) {
  const { env } = environment;
  const withMistakes = createMistakeFinder();

  /** All that the files of all sources, or of one, say, with every mistake in them. Jobs are those without any. */
  async function read({ variables }: Reading, only?: string): Promise<Project> {
    const requireEnv = variables === "required";
    return withMistakes(await loadProject({ home, env, requireEnv, ...(only === undefined ? {} : { only }) }));
  }

  /** What is wrong with the environment stands first: of an `.env` that cannot be read no variable is set. */
  function refuseWithEnvironment(problems: readonly Problem[]): void {
    if (hasErrors(problems)) refuse([...environment.problems.filter(isError), ...problems]);
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
    return (await read(TO_LOOK, source)).jobs[0] ?? null;
  }

  async function inspect(reading: Reading): Promise<CheckAnswer> {
    const { files, sources, problems } = await read(reading);
    return { files, sources, problems: [...environment.problems, ...problems], sampled: [], failures: [] };
  }

  /** What the files say of a source's logins, with every mistake in that; none without a job file. */
  async function readLogin({ variables }: Reading, source: string) {
    const read = await loadLogin({ home, env, requireEnv: variables === "required" }, source);
    if (read === null) return { job: null, problems: [], mayHaveLogin: false };
    const found = expressionsByWay(read.job?.login ?? null).flatMap(checkLoginExpressions);
    const isBroken = hasErrors(found);
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
    async load(source: string, { variables = "required", findMore }: LoadOptions = {}): Promise<Job> {
      const { jobs, problems, locate } = await read({ variables }, source);
      refuseWithEnvironment(problems);
      const [job] = jobs;
      if (job === undefined) throw noSuchSource(source, { home, known: await names() });
      refuse(((await findMore?.(job)) ?? []).map(locate));
      mask(job);
      return withoutPasswords(job);
    },
    /**
     * What of a job lets people in, whatever else is wrong in the files; what is secret in it is masked in the log from then on.
     *
     * @throws Failure USE002, and InvalidFiles when there is any mistake in just that
     */
    async loadLogin(source: string): Promise<LoginJob> {
      const { job, problems } = await readLogin({ variables: "required" }, source);
      refuseWithEnvironment(problems);
      if (job === null) throw noSuchSource(source, { home, known: await names() });
      maskSecrets(job);
      return job;
    },
    /** The same for those who only look; null when a mistake is in it, and not only elsewhere in a file that says nothing of logins. */
    async findLogin(source: string): Promise<Pick<LoginJob, "login"> | null> {
      const { job, mayHaveLogin } = await readLogin(TO_LOOK, source);
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
      return (await read(TO_LOOK, only ?? undefined)).jobs;
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
      for (const only of sources ?? [undefined]) found.push(await read(TO_LOOK, only));
      refuse(found.flatMap(({ problems }) => problems));
      return found.flatMap(({ jobs }) => jobs);
    },
    find,
    /** Files that cannot be read say nothing about what is personal, so everything is. */
    async personalIn(source: string): Promise<IsPersonal> {
      const job = await find(source);
      return job === null ? () => true : personalBy(job.streams.map((stream) => stream.mapping));
    },
    inspect,
    /** The same, and what records of the streams show of which no document speaks. Files with errors come first. */
    async inspectBySamples(signal: AbortSignal): Promise<CheckAnswer> {
      const answer = await inspect({ variables: "required" });
      if (hasErrors(answer.problems)) return answer;
      const { jobs, locate } = await read({ variables: "required" });
      const found: SampledStream[] = [];
      const failures: SampleFailure[] = [];
      for (const job of jobs) {
        mask(job);
        const samples = await checkBySamples(job, openUpstream, signal);
        found.push(...samples.sampled);
        failures.push(...samples.failures);
      }
      return {
        ...answer,
        problems: [...answer.problems, ...found.flatMap(({ findings }) => findings.map(locate))],
        sampled: found.map(({ source, entity, records }) => ({ source, entity, records })),
        failures,
      };
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;

/** A secret as it is, and without the scheme that may stand before it. */
const secretWords = (value: unknown): readonly string[] =>
  value instanceof Secret ? [value.reveal(), ...value.reveal().split(" ").slice(-1)] : [];
