import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { compileKey, compileStream, maskOf, withoutPasswords } from "../../src/app/compile-stream";
import { refuse } from "../../src/app/open/adapters";
import { loadProject } from "../../src/config/load-project";
import type { Job } from "../../src/domain/job";
import { type Log, silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import type { RunOptions, RunReport, Trigger } from "../../src/domain/runs";
import { versionOf } from "../../src/mapping/mapping-version";
import type { Database } from "../../src/mirror/database";
import { asDatabaseFailure } from "../../src/mirror/database-failure";
import type { LeaseTerms } from "../../src/mirror/fence";
import type { DatabaseRetry } from "../../src/mirror/lease-source";
import { RunDesk } from "../../src/mirror/run-desk";
import { RunStore } from "../../src/mirror/run-store";
import type { BatchTerms } from "../../src/mirror/stage/stage-batches";
import { HashSeal } from "../../src/passwords/hash-seal";
import type { Pepper } from "../../src/passwords/pepper";
import { workRun } from "../../src/sync/work-run";
import { createUpstream } from "../../src/upstream/create-upstream";
import { PEPPER } from "./pepper";

export interface RunChoices extends Partial<RunOptions> {
  source?: string;
  by?: string;
  reason?: string;
  /** Who asks: a person, unless told. */
  kind?: Trigger["kind"];
  signal?: AbortSignal;
  tell?: (event: RunEvent) => void;
  /** With a database that goes away; that of `up` unless told. */
  retry?: DatabaseRetry;
  /** When it writes what it read; as `up` does unless told. */
  batches?: Partial<BatchTerms>;
  /** Hears the warnings of its log. */
  warned?: (message: string) => void;
}

interface Place {
  readonly database: Database;
  readonly home: string;
  readonly upstreamUrl: string;
  readonly lease?: LeaseTerms;
  /** Passwords are sealed with it; that of all tests unless told. */
  readonly pepper?: Pepper;
}

/** The two halves of a run, for who comes between them. */
export interface Worker {
  /** @returns the run's number */
  queue(choices?: RunChoices): Promise<number>;
  work(run: number, choices?: RunChoices): Promise<RunReport>;
}

/** Runs of the jobs of a folder, put together as `app.ts` does, without the queue and the command line. */
export function createRunner(place: Place): (choices?: RunChoices) => Promise<RunReport> {
  const worker = createWorker(place);
  return async (choices) => worker.work(await worker.queue(choices), choices);
}

export function createWorker({ database, home, upstreamUrl, lease, pepper = PEPPER }: Place): Worker {
  const seal = new HashSeal([pepper]);
  const runs = new RunStore(database.knex);
  // A bug must not hide behind a report that only says so.
  const log: Log = { ...silentLog, error: (message, fields) => console.error(message, fields), child: () => log };
  const services = {
    loadJob: (only: string) => readOnce(home, upstreamUrl, only),
    openUpstream: (job: Job) => createUpstream({ job, log: silentLog }),
    compile: compileStream,
    keyReader: compileKey,
    versionOf,
    maskOf,
    sealedUnder: async () => seal.id,
    asFailure: (error: unknown) => asDatabaseFailure(error, "the test database"),
    log,
  };
  return {
    queue(choices = {}) {
      const { source = "acme", by = "test@here", reason = null, kind = "cli", ...rest } = choices;
      const { tell: _tell, signal: _signal, retry: _patience, batches: _batches, warned: _warned, ...options } = rest;
      return runs.queue(
        source,
        { mode: "sync", only: null, user: null, full: false, planId: null, ...options },
        { kind, by, reason },
      );
    },
    work(run, { retry, batches, warned = () => {}, tell = () => {}, signal = new AbortController().signal } = {}) {
      const desk = new RunDesk(database, { lease, retry, batches, passwordSeal: async () => seal });
      return workRun(
        run,
        { ...services, desk, log: { ...log, warn: warned, child: () => ({ ...log, warn: warned }) } },
        { tell, signal },
      );
    },
  };
}

/** By what the files say: a test reads the same ones before each of its runs, and the tests of a file read the same ones. */
const read = new Map<string, Promise<Job>>();

/** The one thing in most jobs that is another in another folder. */
const ADDRESS = `\nbaseUrl: \${UPSTREAM_URL}\n`;

async function readOnce(home: string, upstreamUrl: string, source: string): Promise<Job> {
  const texts = textsIn(home);
  const said = texts.map(([, text]) => text).join();
  // A value from elsewhere may be another in each folder.
  const isAlike = said.includes(ADDRESS) && !said.replace(ADDRESS, "").includes("${");
  const key = JSON.stringify(isAlike ? [source, texts] : [source, texts, home, upstreamUrl]);
  const reading = read.get(key) ?? readJob(home, upstreamUrl, source);
  read.set(key, reading);
  reading.catch(() => read.delete(key));
  const job = await reading;
  return isAlike ? { ...job, baseUrl: upstreamUrl } : job;
}

const textsIn = (folder: string): readonly (readonly [file: string, text: string])[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [relative(folder, file), readFileSync(file, "utf8")]);

async function readJob(home: string, upstreamUrl: string, only: string): Promise<Job> {
  const { jobs, problems } = await loadProject({ home, env: { UPSTREAM_URL: upstreamUrl }, requireEnv: true, only });
  refuse(problems);
  const [job] = jobs;
  if (job === undefined) throw new Error(`the folder of the test describes no ${only}`);
  return withoutPasswords(job);
}
