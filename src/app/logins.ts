import { setTimeout as delay } from "node:timers/promises";
import type { SignedIn } from "../domain/api";
import type { App } from "../domain/app";
import { Failure } from "../domain/errors";
import type { BrowserSignIn } from "../domain/live-check";
import { LOCAL_SOURCE, type LoginPolicy, type LoginStep, type Subject } from "../domain/login";
import type { OfflineFacts } from "../domain/offline";
import { once } from "../domain/once";
import { pause } from "../domain/pause";
import { NO_HASHES } from "../http/login-metrics";
import { createLogin } from "../login/create-login";
import { heldRoles } from "../login/held-roles";
import { isActive } from "../login/is-active";
import { ADDRESS_LIMITS, FORGOTTEN_AFTER, LOST_AFTER, WAITS } from "../login/limits";
import { AdministratorStore } from "../mirror/login/administrator-store";
import { AttemptStore } from "../mirror/login/attempt-store";
import { BreakerStore } from "../mirror/login/breaker-store";
import { Directory } from "../mirror/login/directory";
import { GrantStore } from "../mirror/login/grant-store";
import { JournalStore } from "../mirror/login/journal-store";
import { KeyedDigest } from "../mirror/login/keyed-digest";
import { ReadinessStore } from "../mirror/login/readiness-store";
import { VerifierStore } from "../mirror/login/verifier-store";
import { COST, createHasher } from "../passwords/create-hasher";
import type { Adapters } from "./adapters";
import type { Jobs } from "./jobs";
import { type LoginSource, LoginSources } from "./login-sources";
import { openBrowserSignIn, openLiveCheck } from "./open-live-check";
import { OwedReadings } from "./owed-readings";
import { Probes } from "./probes";

/** How often a process that stays looks at what is out of reach; milliseconds. */
const ROUND_EVERY = 1_000;

const TIDY_EVERY = 600_000;
/** How far back the list of those whom the mirror let in goes; milliseconds. */
const ADMITTED_FOR = 30 * 86_400_000;

type Answers = Pick<
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

/** Logins: the policy over what this house has, opened with the first who asks. */
export function createLogins(
  { home, environment, database, peppers, log }: Adapters,
  jobs: Jobs,
  /** Queues a run that reads the source; false while another one does something there. */
  readAnew: (source: string, reason: string) => Promise<boolean>,
) {
  const { settings } = environment;
  const now = Date.now;
  let tidyAt = 0;

  const stores = once(async () => {
    const opened = await database();
    const [pepper] = await peppers();
    const digest = new KeyedDigest(pepper.derive("logins"));
    const limits = { waits: WAITS, forgottenAfter: FORGOTTEN_AFTER, lostAfter: LOST_AFTER, ...ADDRESS_LIMITS };
    return {
      directory: new Directory(opened, digest),
      verifiers: new VerifierStore(opened, digest),
      attempts: new AttemptStore(opened, digest, limits),
      breakers: new BreakerStore(opened),
      journal: new JournalStore(opened, digest),
      grants: new GrantStore(opened),
      administrators: new AdministratorStore(opened),
      readiness: new ReadinessStore(opened),
    };
  });
  const findKey = async (source: string, username: string) => (await stores()).directory.keyOf(source, username);
  const sources = new LoginSources({
    home,
    jobs,
    log,
    openLive: (job, policy) => openLiveCheck(job, policy, { findKey, database, log }),
    openSignIn: (job, policy) => openBrowserSignIn(job, policy, { findKey, database, log }),
  });
  const probes = new Probes({
    sources,
    log,
    now,
    breakers: async () => (await stores()).breakers,
    recovered: lookAgain,
  });
  const readings = new OwedReadings(
    (source) => readAnew(source, "the mirror let people in during an outage"),
    (source, error) => log.warn("whom the mirror let in could not be looked at again", { source, error }),
  );

  const hasher = once(async () => createHasher({ peppers: await peppers(), cost: settings.loginHash ?? COST }));
  const login = once(async () => {
    const { directory, verifiers, attempts, journal } = await stores();
    return createLogin({
      directory,
      verifiers,
      attempts,
      hasher: await hasher(),
      sources: {
        find: async (source) => (source === LOCAL_SOURCE ? LOCAL : sources.find(source)),
      },
      breaker: probes,
      journal: {
        saw: (at, seenAt) => journal.saw(at, seenAt),
        async admit(entry) {
          const { key: name, isLocal } = entry.account;
          const isAdmitted = await journal.admit(entry);
          if (isLocal && isAdmitted) log.warn("a local administrator was let in", { name });
          return isAdmitted;
        },
        alert: (source, what) => log.error(ALERTS[what], { source }),
      },
      clock: { now, elapsed: () => performance.now(), sleep: (milliseconds) => delay(milliseconds) },
    });
  });

  const answers: Answers = {
    login: async (call) => (await login()).login(call),
    concludeLogin: async (answer) => (await login()).conclude(answer),
    async verifyLogin(call) {
      const steps: LoginStep[] = [];
      const answer = await (await login()).login(call, (step) => steps.push(step));
      // Nobody looks after a breaker once this command is over.
      await probes.settled();
      return { answer, steps };
    },
    async identity(source, key) {
      await jobs.refuseUnknown(source);
      return (await stores()).directory.identity(source, key);
    },
    async identities({ source, ...page }) {
      await jobs.refuseUnknown(source);
      return (await stores()).directory.identities(source, page);
    },
    async grantRole(request) {
      await jobs.refuseUnknown(request.source);
      return (await stores()).grants.grant(request);
    },
    async grants(filter) {
      await jobs.refuseUnknown(filter.source);
      return (await stores()).grants.list(filter);
    },
    async revokeGrant(request) {
      await jobs.refuseUnknown(request.source);
      return (await stores()).grants.revoke(request);
    },
    async createAdministrator({ password, ...request }) {
      const place = (await hasher()).enter(LOCAL_SOURCE);
      if (place === null) throw new Error("logins take up every place of the queue of a process that answers none");
      const bound = (account: string) => ({ source: LOCAL_SOURCE, account, password });
      return (await stores()).administrators
        .create(request, (id) => place.hash(bound(id)))
        .finally(() => place.leave());
    },
    administrators: async () => (await stores()).administrators.list(),
    removeAdministrator: async (request) => (await stores()).administrators.remove(request),
    async offlineReport(source) {
      const { policy } = await sources.find(source);
      const { directory, readiness, breakers } = await stores();
      await directory.refuseSilent(source);
      const report = await readiness.report(source, await windowOf(policy));
      return { source, mode: policy.mode, offline: policy.offline, ...report, ...(await breakers.told(source, now())) };
    },
    async drill({ source, for: length, by, reason }) {
      const { policy } = await sources.find(source);
      if (policy.mode === "live-only" || policy.mode === "mirror-only")
        throw new Failure("LOG003", `\`${source}\` is \`mode: ${policy.mode}\`: there is no fallback to rehearse`, {
          fix: `say \`mode: live-first\` under \`login:\` in jobs/${source}.yaml`,
        });
      const until = length === null ? null : now() + length;
      await (await stores()).breakers.drill(source, until, by, reason);
      return { source, until: until === null ? null : new Date(until).toISOString() };
    },
    async admitted({ source, since }) {
      await jobs.refuseUnknown(source);
      const from = since === null ? now() - ADMITTED_FOR : Date.parse(since);
      return {
        source,
        since: new Date(from).toISOString(),
        ...(await (await stores()).readiness.admitted(source, from)),
      };
    },
  };

  return {
    answers,
    /** How ready each source is at which people sign in, for monitoring. */
    async offlineFacts(): Promise<ReadonlyMap<string, OfflineFacts>> {
      const found = new Map<string, OfflineFacts>();
      for (const { source, login: policy } of await jobs.readable()) {
        if (policy === null || policy.offline === 0) continue;
        const { readiness, breakers } = await stores();
        const upstream = await breakers.state(source, now());
        found.set(source, { ...(await readiness.facts(source, await windowOf(policy))), upstream });
      }
      return found;
    },
    /** Hashes of this process that are under way, that wait, and that were made. */
    hashing: async () => (await hasher.opened)?.load() ?? NO_HASHES,
    /** Secrets of other purposes, made of the same one beside the database. @param length bytes */
    secret: async (purpose: string, length = 32): Promise<Uint8Array> => (await peppers())[0].derive(purpose, length),
    /**
     * Who somebody is at this moment, with what they hold; null for nobody who may sign in. Whoever was let in by the mirror
     * holds no more than the mirror is fresh enough for, now as then.
     */
    async subjectOf({ source, key, basis }: SignedIn): Promise<Subject | null> {
      const { directory } = await stores();
      const account = await directory.byKey(source, key);
      const held = account !== null && isActive(account, now()) ? await directory.subject(source, key) : null;
      // Local administrators are nobody's but ours: what they hold is as fresh as ever.
      if (held === null || basis === "live" || source === LOCAL_SOURCE) return held?.subject ?? null;
      return heldRoles(held, (await sources.find(source)).policy.freshness, now());
    },
    /** @throws Failure LOG001, LOG020 */
    signIn: async (source: string): Promise<BrowserSignIn> => (await sources.find(source)).signIn(),
    /** What a process does that stays: looks after breakers, and ends what has had its time. */
    async stay(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await round().catch((error: unknown) => log.debug("logins could not be looked after", { error }));
        await pause(ROUND_EVERY, signal);
      }
    },
    async close(): Promise<void> {
      await probes.settled();
      await sources.close();
    },
  };

  /** Whom the mirror let in is looked at by a run as soon as there is somebody to ask. */
  async function lookAgain(source: string, since: number): Promise<void> {
    const { total } = await (await stores()).readiness.admitted(source, since);
    if (total > 0) await readings.owe(source);
  }

  async function windowOf({ offline }: LoginPolicy) {
    return { now: now(), offline, peppers: (await peppers()).map(({ id }) => id) };
  }

  async function round(): Promise<void> {
    await probes.round();
    await readings.round();
    const { journal, grants } = await stores();
    await journal.saw(now(), await journal.seenAt());
    await grants.expire();
    if (performance.now() < tidyAt) return;
    tidyAt = performance.now() + TIDY_EVERY;
    await journal.tidy(now());
  }
}

export type Logins = ReturnType<typeof createLogins>;

/** Nobody is asked about local administrators, and whoever is none is refused. */
const LOCAL: Pick<LoginSource, "policy" | "live"> = {
  policy: {
    mode: "mirror-only",
    maxAge: 0,
    offline: 3_600_000,
    deadline: 1_000,
    freshness: { privileged: null, roles: {} },
    defaultRoles: [],
    password: null,
    token: null,
    browser: null,
  },
  live: {
    check: async () => ({ outcome: "refused" }),
    probe: async () => "answers",
    close: async () => undefined,
  },
};

const ALERTS = {
  "service-account": "the customer's system refuses our own account at logins; they are answered by the mirror",
  "clock-set-back": "the clock was set back; the mirror lets nobody in until it is right",
} as const;
