import type { App } from "../../domain/app";
import { Failure } from "../../domain/errors";
import { LOCAL_SOURCE, type LoginStep } from "../../domain/login";
import { maskSubject } from "../../domain/personal-data";
import type { Jobs } from "../jobs";
import type { Logins } from "../logins";

/** How far back the list of people whom the mirror let in goes; milliseconds. */
const ADMITTED_FOR = 30 * 86_400_000;

type LoginAnswers = Pick<
  App,
  | "login"
  | "concludeLogin"
  | "verifyLogin"
  | "identity"
  | "identities"
  | "grantRole"
  | "grants"
  | "revokeGrant"
  | "createAdministrator"
  | "administrators"
  | "removeAdministrator"
  | "offlineReport"
  | "drill"
  | "admitted"
>;

/** What is asked about logins: who is let in, who people are, what they were given here, and how ready all is for an outage. */
export function createLoginAnswers(jobs: Jobs, logins: () => Logins): LoginAnswers {
  return {
    login: async (call) => (await logins().login()).login(call),
    concludeLogin: async (answer) => (await logins().login()).conclude(answer),
    async verifyLogin(call) {
      const { login, probes } = logins();
      const steps: LoginStep[] = [];
      const answer = await (await login()).login(call, (step) => steps.push(step));
      // Nobody looks after a breaker once this command is over.
      await probes.settled();
      if (answer.result !== "accepted") return { answer, steps };
      // No mapping says anything about local administrators.
      const isPersonal = call.source === LOCAL_SOURCE ? () => false : await jobs.personalIn(call.source);
      return { answer: { ...answer, subject: maskSubject(answer.subject, isPersonal) }, steps };
    },
    async identity(source, key) {
      await jobs.refuseUnknown(source);
      return (await logins().stores()).directory.identity(source, key);
    },
    async identities({ source, ...page }) {
      await jobs.refuseUnknown(source);
      return (await logins().stores()).directory.identities(source, page);
    },
    async grantRole(request) {
      await jobs.refuseUnknown(request.source);
      return (await logins().stores()).grants.grant(request);
    },
    async grants(filter) {
      await jobs.refuseUnknown(filter.source);
      return (await logins().stores()).grants.list(filter);
    },
    async revokeGrant(request) {
      await jobs.refuseUnknown(request.source);
      return (await logins().stores()).grants.revoke(request);
    },
    async createAdministrator({ password, ...request }) {
      const { hasher, stores } = logins();
      const place = (await hasher()).enter(LOCAL_SOURCE);
      if (place === null) throw new Error("logins take up every place of the queue of a process that answers none");
      const bound = (account: string) => ({ source: LOCAL_SOURCE, account, password });
      return (await stores()).administrators
        .create(request, (id) => place.hash(bound(id)))
        .finally(() => place.leave());
    },
    administrators: async () => (await logins().stores()).administrators.list(),
    removeAdministrator: async (request) => (await logins().stores()).administrators.remove(request),
    async offlineReport(source) {
      const { sources, stores, offlineWindow } = logins();
      const { policy } = await sources.find(source);
      const { directory, readiness, breakers } = await stores();
      await directory.refuseSilent(source);
      const report = await readiness.report(source, await offlineWindow(policy));
      const told = await breakers.told(source, Date.now());
      return { source, mode: policy.mode, offline: policy.offline, ...report, ...told };
    },
    async drill({ source, for: length, by, reason }) {
      const { sources, stores } = logins();
      const { policy } = await sources.find(source);
      if (policy.mode === "live-only" || policy.mode === "mirror-only")
        throw new Failure("LOG003", `\`${source}\` is \`mode: ${policy.mode}\`: there is no fallback to rehearse`, {
          fix: `say \`mode: live-first\` under \`login:\` in jobs/${source}.yaml`,
        });
      const until = length === null ? null : Date.now() + length;
      await (await stores()).breakers.drill(source, until, by, reason);
      return { source, until: until === null ? null : new Date(until).toISOString() };
    },
    async admitted({ source, since }) {
      await jobs.refuseUnknown(source);
      const from = since === null ? Date.now() - ADMITTED_FOR : Date.parse(since);
      const admitted = await (await logins().stores()).readiness.admitted(source, from);
      return { source, since: new Date(from).toISOString(), ...admitted };
    },
  };
}
