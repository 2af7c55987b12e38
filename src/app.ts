import { openAdapters } from "./app/adapters";
import { createApiKeys } from "./app/api-keys";
import { createJobs } from "./app/jobs";
import type { Logins } from "./app/logins";
import { createMappings } from "./app/mappings";
import { createNotices } from "./app/notices";
import { createQuestions } from "./app/questions";
import { createRecordings } from "./app/recordings";
import { createReplays } from "./app/replays";
import { createRuns } from "./app/runs";
import { createWhy } from "./app/why";
import type { App, AppOptions } from "./domain/app";
import { maskChange, maskHolder, maskPerson } from "./domain/personal-data";
import { withDatabaseFailures } from "./mirror/database-failure";
import { migrate } from "./mirror/migrate";

export type { App, AppOptions } from "./domain/app";

/**
 * The composition root: joins what `app/` makes of the adapters into everything a command can ask for. What few commands need
 * is loaded by them: libraries are most of the time that a short command takes.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const adapters = openAdapters(options);
  const { stores, database } = adapters;
  const jobs = createJobs(adapters);
  const questions = createQuestions(adapters, jobs);
  const notices = createNotices(adapters, questions);
  const runs = createRuns(adapters, jobs, notices);
  const mappings = createMappings(adapters, jobs);
  const recordings = createRecordings(adapters, jobs);
  const replays = createReplays(adapters, jobs);
  let loaded: Logins | null = null;
  const logins = (): Logins => {
    const opening = require("./app/logins") as typeof import("./app/logins");
    loaded ??= opening.createLogins(adapters, jobs, async (source, reason) => {
      // Whoever reads it at this moment looks at everybody, too.
      if ((await (await stores()).sources.busyWith(source)) !== null) return;
      const trigger = { kind: "cli", by: "logins", reason } as const;
      await runs.detach({ source, only: null, user: null, full: false, planId: null, trigger });
    });
    return loaded;
  };

  const app: App = {
    sources: jobs.names,
    sync: runs.sync,
    detach: runs.detach,
    plan: runs.plan,
    async runs(filter) {
      if (filter.source !== null) await jobs.refuseUnknown(filter.source);
      return (await stores()).runs.list(filter);
    },
    showRun: async (run) => (await stores()).runs.summary(run),
    showSource: questions.showSource,
    async showPerson(source, key) {
      await jobs.refuseUnknown(source);
      return maskPerson(await (await stores()).identities.person(source, key), await jobs.personalIn(source));
    },
    why: createWhy(adapters, jobs).why,
    async holds(filter) {
      if (filter.source !== null) await jobs.refuseUnknown(filter.source);
      return (await stores()).holds.list(filter);
    },
    async rejects(filter) {
      await jobs.refuseUnknown(filter.source);
      return (await stores()).rejects.list(filter);
    },
    showHold: runs.showHold,
    releaseHold: runs.releaseHold,
    async rejectHold({ run, trigger }) {
      const rejected = await (await stores()).holds.reject(run, trigger.by, trigger.reason);
      await notices.look(rejected.source, new AbortController().signal);
      return rejected;
    },
    check: (sampling) => (sampling === undefined ? jobs.inspect(false) : jobs.inspectBySamples(sampling.signal)),
    testMappings: mappings.testMappings,
    tryMapping: mappings.tryMapping,
    init(request) {
      const drafts = require("./app/draft-source") as typeof import("./app/draft-source");
      return drafts.initSource(request, { home: adapters.home, schemas: adapters.schemas, jobs });
    },
    rekey: runs.rekey,
    planRevert: runs.planRevert,
    revert: runs.revert,
    doctor() {
      const checks = require("./app/doctor") as typeof import("./app/doctor");
      return checks.doctor(adapters, jobs, notices);
    },
    async migrate() {
      adapters.refuseEnvironment();
      const opened = await adapters.connect();
      try {
        return await migrate(opened, { directory: adapters.migrations });
      } finally {
        await opened.close();
      }
    },
    recordTest: recordings.record,
    replayMapping: replays.replay,
    status: questions.status,
    listSources: questions.status,
    async auditUser(source, key, since) {
      await jobs.refuseUnknown(source);
      const isPersonal = await jobs.personalIn(source);
      const entries = await (await stores()).audit.ofUser(source, key, since);
      return { source, key, entries: entries.map((entry) => maskChange(entry, isPersonal)) };
    },
    async auditWho({ source, role, at }) {
      await jobs.refuseUnknown(source);
      const isPersonal = await jobs.personalIn(source);
      const answer = await (await stores()).audit.who(source, role, at);
      return { ...answer, holders: answer.holders.map((holder) => maskHolder(holder, isPersonal)) };
    },
    async retireSource({ source, expect, trigger }) {
      await jobs.refuseUnknown(source);
      const file = (await jobs.names()).includes(source) ? `jobs/${source}.yaml` : null;
      return (await stores()).retire.retire({ source, file, expect, trigger });
    },
    login: (call) => logins().answers.login(call),
    concludeLogin: (answer) => logins().answers.concludeLogin(answer),
    verifyLogin: (call) => logins().answers.verifyLogin(call),
    identity: (source, key) => logins().answers.identity(source, key),
    identities: (request) => logins().answers.identities(request),
    grantRole: (request) => logins().answers.grantRole(request),
    grants: (filter) => logins().answers.grants(filter),
    revokeGrant: (request) => logins().answers.revokeGrant(request),
    createAdministrator: (request) => logins().answers.createAdministrator(request),
    administrators: () => logins().answers.administrators(),
    removeAdministrator: (request) => logins().answers.removeAdministrator(request),
    offlineReport: (source) => logins().answers.offlineReport(source),
    drill: (request) => logins().answers.drill(request),
    admitted: (request) => logins().answers.admitted(request),
    ...createApiKeys(adapters, jobs),
    operate(request) {
      const service = require("./app/operate") as typeof import("./app/operate");
      return service.operate(request, { adapters, jobs, runs, questions, notices, logins: logins(), app });
    },
    testNotify: notices.test,
    async close() {
      await notices.close();
      await loaded?.close();
      await adapters.close();
    },
  };
  return withDatabaseFailures(app, async () => (await database.opened)?.where);
}
