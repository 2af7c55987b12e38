import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadEnvironment } from "./config/environment";
import { listSources, loadJob, loadProject, type Project } from "./config/load-project";
import { suggestion } from "./config/suggest";
import type { CheckAnswer, DoctorCheck, SourceStatus } from "./domain/answers";
import type { App, AppOptions, SyncRequest } from "./domain/app";
import { Failure, InvalidFiles } from "./domain/errors";
import type { Job, Stream } from "./domain/job";
import type { Log } from "./domain/log";
import type { ExpressionFinding } from "./domain/mapping";
import { once } from "./domain/once";
import { type IsPersonal, maskAccess, maskChange, maskPerson, personalBy, personalNames } from "./domain/personal-data";
import type { RunOptions, RunReport } from "./domain/runs";
import { Secret } from "./domain/secret";
import { createLog } from "./log/create-log";
import { checkExpressions } from "./mapping/check-expressions";
import { compileMapping } from "./mapping/compile-mapping";
import { AuditStore } from "./mirror/audit-store";
import { checkDatabase } from "./mirror/check-database";
import { type Database, openDatabase } from "./mirror/database";
import { asDatabaseFailure, withDatabaseFailures } from "./mirror/database-failure";
import { HoldStore } from "./mirror/hold-store";
import { IdentityStore } from "./mirror/identity-store";
import { migrate } from "./mirror/migrate";
import { PlanStore } from "./mirror/plan-store";
import { RunDesk } from "./mirror/run-desk";
import { RunStore } from "./mirror/run-store";
import { SourceStore } from "./mirror/source-store";
import { checkQueue } from "./schedule/check-queue";
import { openRunQueue } from "./schedule/open-run-queue";
import { describeSource } from "./sync/describe-source";
import { workRun } from "./sync/work-run";
import { createUpstream } from "./upstream/create-upstream";

export type { App, AppOptions } from "./domain/app";

/** How much of a plan is listed; the rest is counted. */
const LISTED = 1_000;

/** The composition root: constructs every adapter, when it is first needed, and hands it on as an argument. */
export async function openApp({ home: folder, env: processEnv, logLevel }: AppOptions): Promise<App> {
  const home = resolve(folder);
  const environment = loadEnvironment({ home, env: processEnv });
  const { settings, env } = environment;
  const log = createLog({ level: logLevel ?? settings.logLevel, format: settings.logFormat });
  const migrations = join(packageRoot(), "migrations");

  const connect = (): Promise<Database> => openDatabase({ url: settings.databaseUrl?.reveal() ?? null, home, log });
  const database = once(async () => {
    refuse(environment.problems);
    const opened = await connect();
    try {
      await migrate(opened, { directory: migrations });
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  });
  const stores = once(async () => {
    const { knex } = await database();
    return {
      runs: new RunStore(knex),
      holds: new HoldStore(knex),
      plans: new PlanStore(knex),
      identities: new IdentityStore(knex),
      audit: new AuditStore(knex),
      sources: new SourceStore(knex),
    };
  });
  const redisUrl = settings.redisUrl?.reveal() ?? null;
  const queueOptions = async () => ({
    redisUrl,
    postgres: (await database()).poolConfig,
    namespace: (await (await stores()).sources.mirrorId()).slice(0, 8),
    log,
  });
  const queue = once(async () => openRunQueue(await queueOptions()));

  /** Mistakes in expressions are found by the folder that knows JSONata, and shown by the one that knows the files. */
  const problemsOf = (streams: readonly Stream[], locate: Project["locate"]) => streams.flatMap(findingsOf).map(locate);

  async function loadCheckedJob(source: string): Promise<Job> {
    const { job, locate } = await loadJob({ home, env, requireEnv: true, source });
    refuse(problemsOf(job.streams, locate));
    log.maskValues(Object.values(job.auth).flatMap(secretWords));
    log.maskFields([...personalNames(job.streams.map((stream) => stream.mapping))]);
    return job;
  }

  async function startRun(source: string, options: RunOptions, follower: Follower): Promise<RunReport> {
    const job = await loadCheckedJob(source);
    refuseUnknownStreams(job, options.only);
    await refuseUnknownPlan(source, options.planId);
    // Both are opened before the run exists: a run that cannot be queued is none.
    const [{ runs }, opened, runQueue] = [await stores(), await database(), await queue()];
    const services = {
      desk: new RunDesk(opened),
      loadJob: loadCheckedJob,
      openUpstream: (ofJob: Job, runLog: Log) => createUpstream({ job: ofJob, log: runLog }),
      compile: (_job: Job, { mapping, deletes }: Stream) =>
        compileMapping(mapping, { deletes: deletes.expression?.text ?? null }),
      asFailure: (error: unknown) => asDatabaseFailure(error, opened.where),
      log,
      now: () => new Date(),
    };
    return runQueue.workOne({
      job: { run: await runs.queue(source, options, follower.trigger), source },
      handler: (run, tell, signal) => workRun(run, services, { tell, signal }),
      follow: follower.follow,
      signal: follower.signal,
    });
  }

  /** Before there is a run: a mistyped plan must not leave a failed run behind. */
  async function refuseUnknownPlan(source: string, plan: string | null): Promise<void> {
    if (plan === null || (await (await stores()).plans.expiresAt(source, plan)) !== null) return;
    throw new Failure("USE003", `\`${source}\` has no plan \`${plan}\``, {
      fix: `make one: understudy plan ${source}`,
    });
  }

  /** Files that cannot be read say nothing about what is personal, so everything is. */
  async function personalIn(source: string): Promise<IsPersonal> {
    const { jobs } = await loadProject({ home, env, requireEnv: false, only: source });
    return jobs[0] === undefined ? () => true : personalBy(jobs[0].streams.map((stream) => stream.mapping));
  }

  async function status(): Promise<readonly SourceStatus[]> {
    const { runs, holds, sources } = await stores();
    const { jobs } = await loadProject({ home, env, requireEnv: false });
    const [facts, waiting, files] = [
      await sources.facts(),
      await holds.list({ source: null, all: false }),
      await listSources(home),
    ];
    const names = [...new Set([...files, ...facts.map((fact) => fact.source)])].sort();
    return Promise.all(
      names.map(async (source) => {
        const known = facts.find((fact) => fact.source === source) ?? neverRead(source);
        return describeSource({
          facts: known,
          lastRun: known.lastRun === null ? null : await runs.summary(known.lastRun),
          holds: waiting.filter((hold) => hold.source === source),
          hasFile: files.includes(source),
          job: jobs.find((job) => job.source === source) ?? null,
        });
      }),
    );
  }

  /** A source is known by its job file, or by what the mirror still holds of it. */
  async function showSource(source: string): Promise<SourceStatus> {
    const all = await status();
    const found = all.find((one) => one.source === source);
    if (found !== undefined) return found;
    const names = all.map((one) => one.source);
    throw new Failure("USE002", `there is no source \`${source}\``, {
      fix: suggestion(source, names, null) ?? "see what there is: understudy status",
    });
  }

  async function refuseUnknownSource(source: string | null): Promise<void> {
    if (source !== null && !(await listSources(home)).includes(source)) await showSource(source);
  }

  async function inspectFiles(requireEnv: boolean): Promise<CheckAnswer> {
    const { streams, files, problems, locate } = await loadProject({ home, env, requireEnv });
    return {
      files,
      sources: await listSources(home),
      problems: [...environment.problems, ...problems, ...problemsOf(streams, locate)],
    };
  }

  async function doctor(): Promise<readonly DoctorCheck[]> {
    const { sources, problems } = await inspectFiles(true);
    const mistakes = problems.filter(({ severity }) => severity === "error").length;
    const named = `${sources.join(", ") || "no sources yet"}, in ${home}`;
    const checks: DoctorCheck[] = [
      { name: "node", state: "ok", message: process.version, fix: null },
      mistakes === 0
        ? { name: "files", state: "ok", message: named, fix: null }
        : { name: "files", state: "error", message: `mistakes: ${mistakes}`, fix: "see them: understudy check" },
    ];
    // A database whose address cannot be read cannot be looked at.
    if (environment.problems.length > 0) return checks;
    checks.push(...(await checkDatabase(database, migrations)));
    if (redisUrl !== null) checks.push(await checkQueue({ redisUrl, postgres: {}, log }));
    else if (database.opened !== null) checks.push(await checkQueue(await queueOptions()));
    else checks.push({ name: "queue", state: "error", message: "it lives in the database", fix: null });
    return checks;
  }

  const app: App = {
    sources: () => listSources(home),
    sync: (request) => startRun(request.source, optionsOf("sync", request), request),
    async plan(request) {
      const report = await startRun(request.source, optionsOf("plan", { ...request, planId: null }), request);
      const [{ plans }, isPersonal] = [await stores(), await personalIn(request.source)];
      const access = await plans.access(request.source, report.plan ?? "", LISTED);
      const changes = await plans.changes(request.source, report.plan ?? "", LISTED);
      return {
        report,
        access: access.listed.map((one) => maskAccess(one, isPersonal)),
        accessTotal: access.total,
        changes: changes.listed.map((change) => maskChange(change, isPersonal)),
        changesTotal: changes.total,
        expiresAt: await plans.expiresAt(request.source, report.plan ?? ""),
      };
    },
    async runs(filter) {
      await refuseUnknownSource(filter.source);
      return (await stores()).runs.list(filter);
    },
    showRun: async (run) => (await stores()).runs.summary(run),
    showSource,
    async showPerson(source, key) {
      await refuseUnknownSource(source);
      return maskPerson(await (await stores()).identities.person(source, key), await personalIn(source));
    },
    async holds(filter) {
      await refuseUnknownSource(filter.source);
      return (await stores()).holds.list(filter);
    },
    async releaseHold({ run, expect, ...follower }) {
      const { holds } = await stores();
      const { source } = await holds.release(run, expect, follower.trigger.by, follower.trigger.reason);
      return startRun(source, optionsOf("sync", { only: null, user: null, full: false, planId: null }), follower);
    },
    rejectHold: async ({ run, trigger }) => (await stores()).holds.reject(run, trigger.by, trigger.reason),
    check: () => inspectFiles(false),
    doctor,
    async migrate() {
      refuse(environment.problems);
      const opened = await connect();
      try {
        return await migrate(opened, { directory: migrations });
      } finally {
        await opened.close();
      }
    },
    status,
    async auditUser(source, key) {
      await refuseUnknownSource(source);
      const isPersonal = await personalIn(source);
      const entries = await (await stores()).audit.ofUser(source, key);
      return { source, key, entries: entries.map((entry) => maskChange(entry, isPersonal)) };
    },
    async close() {
      await (await queue.opened)?.close();
      await (await database.opened)?.close();
    },
  };
  return withDatabaseFailures(app, async () => (await database.opened)?.where);
}

type Follower = Pick<SyncRequest, "trigger" | "follow" | "signal">;

const optionsOf = (
  mode: RunOptions["mode"],
  { only, user, full, planId }: Pick<SyncRequest, "only" | "user" | "full" | "planId">,
): RunOptions => ({ mode, only, user, full, planId });

function refuse(problems: CheckAnswer["problems"]): void {
  if (problems.some((problem) => problem.severity === "error")) throw new InvalidFiles(problems);
}

function refuseUnknownStreams({ source, streams }: Job, only: readonly string[] | null): void {
  const unknown = only?.find((name) => !streams.some((stream) => stream.name === name));
  if (unknown === undefined) return;
  throw new Failure("USE003", `\`${source}\` has no entity \`${unknown}\``, {
    fix: `it has: ${streams.map((stream) => stream.name).join(", ")}`,
  });
}

const findingsOf = ({ mapping, deletes }: Stream): readonly ExpressionFinding[] =>
  checkExpressions(mapping, deletes.expression);

/** A secret as it is, and without the scheme that may stand before it. */
const secretWords = (value: unknown): readonly string[] =>
  value instanceof Secret ? [value.reveal(), ...value.reveal().split(" ").slice(-1)] : [];

const neverRead = (source: string) => ({
  source,
  lastComplete: null,
  counts: {},
  rejects: 0,
  dangling: 0,
  lastRun: null,
  busyWith: null,
});

/** The folder of package.json, from the sources and from the build alike. */
function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
