import { join, resolve } from "node:path";
import { type Environment, loadEnvironment } from "../../config/environment";
import { packageRoot } from "../../config/package-root";
import type { CheckAnswer } from "../../domain/answers";
import type { AppOptions } from "../../domain/app";
import { hasErrors, InvalidFiles } from "../../domain/errors";
import type { Job } from "../../domain/job";
import { lazily } from "../../domain/lazily";
import type { Log } from "../../domain/log";
import { once } from "../../domain/once";
import type { Upstream } from "../../domain/upstream";
import { createLog, type MaskedLog } from "../../log/create-log";
import type { Database } from "../../mirror/database";
import { migrate } from "../../mirror/migrate";
import { knownPeppers, openPeppers } from "../../passwords/open-peppers";
import type { Pepper } from "../../passwords/pepper";
import type { QueueOptions, RunQueue } from "../../schedule/open-run-queue";
import type { Outgoing } from "../../upstream/http/outgoing";
import { openStores, type Stores } from "./open-stores";
import { openUpstream } from "./open-upstream";

/** The adapters of one working folder, each opened when it is first needed. */
export interface Adapters {
  /** Absolute. */
  readonly home: string;
  readonly environment: Environment;
  readonly log: MaskedLog;
  /** The folder of the SQL files. */
  readonly migrations: string;
  /** The folder of the JSON Schemas. */
  readonly schemas: string;
  /** Opens a database that may not be migrated yet; the caller closes it. */
  readonly connect: () => Promise<Database>;
  /** Migrated. */
  readonly database: ReturnType<typeof once<Database>>;
  readonly stores: () => Promise<Stores>;
  /** The secrets beside the database that passwords are hashed and sealed with, the one in use first. */
  readonly peppers: () => Promise<readonly [Pepper, ...Pepper[]]>;
  /** Those that there are: none is made. */
  readonly knownPeppers: () => Promise<readonly Pepper[]>;
  readonly queue: ReturnType<typeof once<RunQueue>>;
  readonly queueOptions: () => Promise<QueueOptions>;
  /** What holds for every connection to somebody else's server. */
  readonly outgoing: () => Outgoing;
  /** A customer's system, as a run reads it. @param log its own, unless told */
  readonly openUpstream: (job: Job, log?: Log) => Upstream;
  /** @throws InvalidFiles when the environment holds a mistake */
  readonly refuseEnvironment: () => void;
  readonly close: () => Promise<void>;
}

/** The libraries of the database and the queue are loaded on first use, as `app.ts` says. */
export function openAdapters({ home: folder, env, logLevel, lasting = false }: AppOptions): Adapters {
  const home = resolve(folder);
  const environment = loadEnvironment({ home, env });
  const { settings } = environment;
  const log = createLog({
    level: logLevel ?? settings.logLevel ?? (lasting ? "info" : null),
    format: settings.logFormat,
  });
  const migrations = join(packageRoot(), "migrations");

  const refuseEnvironment = (): void => refuse(environment.problems);
  const connect = (): Promise<Database> => {
    const { openDatabase } = require("../../mirror/database") as typeof import("../../mirror/database");
    return openDatabase({ url: settings.databaseUrl?.reveal() ?? null, home, log });
  };
  const database = once(async () => {
    refuseEnvironment();
    const opened = await connect();
    try {
      await migrate(opened, { directory: migrations });
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  });
  const stores = once(async () => openStores(await database(), settings));
  const pepperOptions = {
    current: settings.loginPepper?.reveal() ?? null,
    previous: settings.loginPepperPrevious?.reveal() ?? null,
    file: join(home, ".understudy", "pepper"),
  };
  const peppers = once(() => openPeppers(pepperOptions));
  const queueOptions = async () => ({
    redisUrl: settings.redisUrl?.reveal() ?? null,
    postgres: (await database()).poolConfig,
    embedded: (await database()).kind === "embedded",
    namespace: await (await stores()).sources.placeId(),
    lasting,
    log,
  });
  const queue = once(async () => {
    const { openRunQueue } = require("../../schedule/open-run-queue") as typeof import("../../schedule/open-run-queue");
    return openRunQueue(await queueOptions());
  });
  const outgoing = lazily(() => {
    const { readOutgoing } = require("../../upstream/http/outgoing") as typeof import("../../upstream/http/outgoing");
    return readOutgoing(environment.env, settings.authorities);
  });
  const close = async (): Promise<void> => {
    await (await queue.opened)?.close();
    await (await database.opened)?.close();
  };
  return {
    home,
    environment,
    log,
    migrations,
    schemas: join(packageRoot(), "schemas"),
    connect,
    database,
    stores,
    peppers,
    knownPeppers: () => knownPeppers(pepperOptions),
    queue,
    queueOptions,
    outgoing,
    openUpstream: (job, own = log) => openUpstream(job, { log: own, outgoing: outgoing() }),
    refuseEnvironment,
    close,
  };
}

/** @throws InvalidFiles when any of them is an error */
export function refuse(problems: CheckAnswer["problems"]): void {
  if (hasErrors(problems)) throw new InvalidFiles(problems);
}
