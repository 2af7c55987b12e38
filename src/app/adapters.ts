import { join, resolve } from "node:path";
import { type Environment, loadEnvironment } from "../config/environment";
import { packageRoot } from "../config/package-root";
import type { CheckAnswer } from "../domain/answers";
import type { AppOptions } from "../domain/app";
import { InvalidFiles } from "../domain/errors";
import { once } from "../domain/once";
import { createLog, type MaskedLog } from "../log/create-log";
import { ApiKeyStore } from "../mirror/api/api-key-store";
import { SessionStore } from "../mirror/api/session-store";
import { SignInCodeStore } from "../mirror/api/sign-in-code-store";
import { SigningKeyStore } from "../mirror/api/signing-key-store";
import { AuditDiff } from "../mirror/audit-diff";
import { AuditExport } from "../mirror/audit-export";
import { AuditStore } from "../mirror/audit-store";
import type { Database } from "../mirror/database";
import { EraseStore } from "../mirror/erase/erase-store";
import { HoldStore } from "../mirror/hold-store";
import { IdentityStore } from "../mirror/identity-store";
import { KeptRecordStore } from "../mirror/kept-record-store";
import { MappingStore } from "../mirror/mapping-store";
import { migrate } from "../mirror/migrate";
import { NoticeStore } from "../mirror/notice-store";
import { PlanStore } from "../mirror/plan-store";
import { RejectStore } from "../mirror/reject-store";
import { RetentionStore } from "../mirror/retention/retention-store";
import { RetireStore } from "../mirror/retire-store";
import { RunStore } from "../mirror/run-store";
import { SealStore } from "../mirror/seal-store";
import { SlotStore } from "../mirror/slot-store";
import { SourceStore } from "../mirror/source-store";
import { ValueHistory } from "../mirror/value-history";
import { openPeppers } from "../passwords/open-peppers";
import type { Pepper } from "../passwords/pepper";
import type { QueueOptions, RunQueue } from "../schedule/open-run-queue";

/** Every adapter of one folder worked in, each opened when it is first needed. */
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
  readonly queue: ReturnType<typeof once<RunQueue>>;
  readonly queueOptions: () => Promise<QueueOptions>;
  /** @throws InvalidFiles when the environment holds a mistake */
  readonly refuseEnvironment: () => void;
  readonly close: () => Promise<void>;
}

interface Stores {
  readonly runs: RunStore;
  readonly slots: SlotStore;
  readonly holds: HoldStore;
  readonly mappings: MappingStore;
  readonly history: ValueHistory;
  readonly plans: PlanStore;
  readonly identities: IdentityStore;
  readonly audit: AuditStore;
  readonly auditDiff: AuditDiff;
  readonly auditExport: AuditExport;
  readonly seals: SealStore;
  readonly sources: SourceStore;
  readonly rejects: RejectStore;
  readonly retire: RetireStore;
  readonly retention: RetentionStore;
  readonly erasures: EraseStore;
  readonly kept: KeptRecordStore;
  readonly notices: NoticeStore;
  readonly apiKeys: ApiKeyStore;
  readonly sessions: SessionStore;
  readonly signInCodes: SignInCodeStore;
  readonly signingKeys: SigningKeyStore;
}

/** The libraries of the database and the queue are loaded with the first who needs them, as `app.ts` says. */
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
    const { openDatabase } = require("../mirror/database") as typeof import("../mirror/database");
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
  const stores = once(async () => {
    const opened = await database();
    const { knex } = opened;
    return {
      runs: new RunStore(knex),
      slots: new SlotStore(opened),
      holds: new HoldStore(knex),
      mappings: new MappingStore(opened),
      history: new ValueHistory(knex),
      plans: new PlanStore(knex),
      identities: new IdentityStore(knex),
      audit: new AuditStore(knex),
      auditDiff: new AuditDiff(knex),
      auditExport: new AuditExport(opened),
      seals: new SealStore(opened),
      sources: new SourceStore(knex),
      rejects: new RejectStore(knex),
      retire: new RetireStore(opened),
      retention: new RetentionStore(opened, settings.kept),
      erasures: new EraseStore(opened),
      kept: new KeptRecordStore(knex),
      notices: new NoticeStore(opened),
      apiKeys: new ApiKeyStore(opened),
      sessions: new SessionStore(opened),
      signInCodes: new SignInCodeStore(opened),
      signingKeys: new SigningKeyStore(opened),
    };
  });
  const peppers = once(() =>
    openPeppers({
      current: settings.loginPepper?.reveal() ?? null,
      previous: settings.loginPepperPrevious?.reveal() ?? null,
      file: join(home, ".understudy", "pepper"),
    }),
  );
  const queueOptions = async () => ({
    redisUrl: settings.redisUrl?.reveal() ?? null,
    postgres: (await database()).poolConfig,
    namespace: (await (await stores()).sources.mirrorId()).slice(0, 8),
    lasting,
    log,
  });
  const queue = once(async () => {
    const { openRunQueue } = require("../schedule/open-run-queue") as typeof import("../schedule/open-run-queue");
    return openRunQueue(await queueOptions());
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
    queue,
    queueOptions,
    refuseEnvironment,
    close,
  };
}

/** @throws InvalidFiles when any of them is an error */
export function refuse(problems: CheckAnswer["problems"]): void {
  if (problems.some((problem) => problem.severity === "error")) throw new InvalidFiles(problems);
}
