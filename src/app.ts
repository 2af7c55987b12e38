import { aboutItsSource } from "./app/about-source";
import { createApiKeys } from "./app/answers/api-keys";
import { createAuditAnswers } from "./app/answers/audit-answers";
import { createErasures } from "./app/answers/erasures";
import { createHoldAnswers } from "./app/answers/hold-answers";
import { createLoginAnswers } from "./app/answers/login-answers";
import { createQuestions } from "./app/answers/questions";
import { createRunAnswers } from "./app/answers/run-answers";
import { createSourceAnswers } from "./app/answers/source-answers";
import { createJobs } from "./app/jobs";
import { createNotices } from "./app/notices/notices";
import { openAdapters } from "./app/open/adapters";
import { createAuditSeals } from "./app/service/audit-seals";
import type { App, AppOptions } from "./domain/app";
import { lazily } from "./domain/lazily";
import { EVERYTHING } from "./domain/runs";
import { withDatabaseFailures } from "./mirror/database-failure";

export type { App, AppOptions } from "./domain/app";

/**
 * The composition root: joins what `app/` builds from the adapters into everything a command can ask for. What only a
 * few commands need is loaded by those: loading libraries is most of the time that a short command takes.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const adapters = openAdapters(options);
  const { stores, database } = adapters;
  const jobs = createJobs(adapters);
  const questions = createQuestions(adapters, jobs);
  const notices = createNotices(adapters, questions);
  const runs = lazily(() => {
    const loaded = require("./app/runs") as typeof import("./app/runs");
    return loaded.createRuns(adapters, jobs, notices);
  });
  const mappings = lazily(() => {
    const loaded = require("./app/answers/mappings") as typeof import("./app/answers/mappings");
    return loaded.createMappings(adapters, jobs);
  });
  const logins = lazily(() => {
    const loaded = require("./app/logins") as typeof import("./app/logins");
    return loaded.createLogins(adapters, jobs, readAnew);
  });

  /** Queues a run that reads the source; false while another one does something there. */
  async function readAnew(source: string, reason: string): Promise<boolean> {
    if ((await (await stores()).sources.busyWith(source)) !== null) return false;
    const trigger = { kind: "logins", by: "logins", reason } as const;
    await runs().detach(source, { mode: "sync", ...EVERYTHING }, trigger);
    return true;
  }

  const app: App = aboutItsSource({
    sources: jobs.names,
    ...createRunAnswers(adapters, jobs, runs),
    ...createHoldAnswers(adapters, jobs, runs, notices),
    ...createSourceAnswers(adapters, jobs, questions),
    why(request) {
      const loaded = require("./app/answers/why") as typeof import("./app/answers/why");
      return loaded.createWhy(adapters, jobs).why(request);
    },
    check: (sampling) =>
      sampling === undefined ? jobs.inspect({ variables: "may-be-unset" }) : jobs.inspectBySamples(sampling.signal),
    testMappings: (request) => mappings().testMappings(request),
    tryMapping: (request) => mappings().tryMapping(request),
    init(request) {
      const drafts = require("./app/answers/draft-source") as typeof import("./app/answers/draft-source");
      return drafts.initSource(request, { home: adapters.home, schemas: adapters.schemas, jobs });
    },
    doctor() {
      const checks = require("./app/answers/doctor") as typeof import("./app/answers/doctor");
      return checks.doctor(adapters, jobs, notices);
    },
    migrate(request) {
      const loaded = require("./app/migrate-database") as typeof import("./app/migrate-database");
      return loaded.migrateDatabase(adapters, request);
    },
    recordTest(request) {
      const loaded = require("./app/answers/recordings") as typeof import("./app/answers/recordings");
      return loaded.createRecordings(adapters, jobs).record(request);
    },
    replayMapping(request) {
      const loaded = require("./app/answers/replays") as typeof import("./app/answers/replays");
      return loaded.createReplays(adapters, jobs).replay(request);
    },
    ...createAuditAnswers(adapters, jobs),
    ...createAuditSeals(adapters),
    prune: async (request) => (await stores()).retention.prune(request),
    ...createErasures(adapters, jobs),
    ...createLoginAnswers(jobs, logins),
    ...createApiKeys(adapters, jobs),
    operate(request) {
      const service = require("./app/service/operate") as typeof import("./app/service/operate");
      return service.operate(request, { adapters, jobs, runs: runs(), questions, notices, logins: logins(), app });
    },
    testNotify: notices.test,
    async close() {
      await notices.close();
      await logins.made?.close();
      await adapters.close();
    },
  });
  return withDatabaseFailures(app, async () => (await database.opened)?.where);
}
