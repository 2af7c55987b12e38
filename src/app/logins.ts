import type { SignedIn } from "../domain/api";
import type { BrowserSignIn } from "../domain/live-check";
import { LOCAL_SOURCE, type LoginPolicy, type Subject } from "../domain/login";
import type { OfflineFacts } from "../domain/offline";
import { once } from "../domain/once";
import { TimeSlice } from "../domain/time-slice";
import { NO_HASHES } from "../http/login-metrics";
import { isActive } from "../login/is-active";
import { withFreshRoles } from "../login/with-fresh-roles";
import { COST, createHasher } from "../passwords/create-hasher";
import type { Jobs } from "./jobs";
import type { Adapters } from "./open/adapters";
import { isNoLoginSource, LoginSources } from "./open/login-sources";
import { openLoginStores } from "./open/login-stores";
import { openBrowserSignIn, openLiveCheck } from "./open/open-live-check";
import { openLogin } from "./open/open-login";
import { createLoginUpkeep } from "./service/login-upkeep";

/** Logins: the policy with all that it works with, opened with the first who asks, and what a service asks beside it. */
export function createLogins(
  { home, environment, database, peppers, outgoing, log }: Adapters,
  jobs: Jobs,
  /** Queues a run that reads the source; false while another one does something there. */
  readAnew: (source: string, reason: string) => Promise<boolean>,
) {
  const stores = openLoginStores({ database, peppers });
  const findKey = async (source: string, username: string) => (await stores()).directory.keyOf(source, username);
  const sources = new LoginSources({
    home,
    jobs,
    log,
    openLive: (job, policy) => openLiveCheck(job, policy, { findKey, database, outgoing, log }),
    openSignIn: (job, policy) => openBrowserSignIn(job, policy, { findKey, database, outgoing, log }),
  });
  const { probes, upkeep } = createLoginUpkeep({ stores, sources, readAnew, log });
  const hasher = once(async () =>
    createHasher({ peppers: await peppers(), cost: environment.settings.loginHash ?? COST }),
  );
  const login = once(async () =>
    openLogin({ stores: await stores(), sources, hasher: await hasher(), breaker: probes, log }),
  );

  /** What decides whether somebody could be let in by the mirror now. */
  async function offlineWindow({ offline }: LoginPolicy) {
    return { now: Date.now(), offline, peppers: (await peppers()).map(({ id }) => id) };
  }

  /** Null when nobody signs in at a source any more. */
  async function policyOf(source: string): Promise<LoginPolicy | null> {
    try {
      return (await sources.find(source)).policy;
    } catch (error) {
      if (isNoLoginSource(error)) return null;
      throw error;
    }
  }

  return {
    login,
    stores,
    sources,
    hasher,
    probes,
    upkeep,
    offlineWindow,
    /** How ready each source is at which people sign in, for monitoring. */
    async offlineFacts(): Promise<ReadonlyMap<string, OfflineFacts>> {
      const found = new Map<string, OfflineFacts>();
      const slice = new TimeSlice();
      for (const source of await jobs.names()) {
        if (slice.isOver) await slice.giveWay();
        const policy = (await jobs.findLogin(source))?.login ?? null;
        if (policy === null || policy.offline === 0) continue;
        const { readiness, breakers } = await stores();
        const upstream = await breakers.state(source, Date.now());
        found.set(source, { ...(await readiness.facts(source, await offlineWindow(policy))), upstream });
      }
      return found;
    },
    /** Hashes of this process that are under way, that wait, and that were made. */
    hashing: async () => (await hasher.opened)?.load() ?? NO_HASHES,
    /** Secrets of another purpose, 32 bytes each, made of those beside the database: the one in use first, then those before it. */
    async secrets(purpose: string): Promise<[Uint8Array, ...Uint8Array[]]> {
      const [current, ...previous] = await peppers();
      return [current.derive(purpose), ...previous.map((pepper) => pepper.derive(purpose))];
    },
    /**
     * Who somebody is at this moment, with what they hold; null for nobody who may sign in. Whoever was let in by the mirror
     * holds no more than the mirror is fresh enough for, now as then, and nothing once no job says what that is.
     */
    async subjectOf({ source, key, basis }: SignedIn): Promise<Subject | null> {
      const { directory } = await stores();
      const account = await directory.byKey(source, key);
      const held = account !== null && isActive(account, Date.now()) ? await directory.subject(source, key) : null;
      // Local administrators are nobody's but ours: what they hold is as fresh as ever.
      if (held === null || basis === "live" || source === LOCAL_SOURCE) return held?.subject ?? null;
      const policy = await policyOf(source);
      return policy === null ? null : withFreshRoles(held, policy.freshness, Date.now());
    },
    /** @throws Failure LOG001, LOG020 */
    signIn: async (source: string): Promise<BrowserSignIn> => (await sources.find(source)).signIn(),
    async close(): Promise<void> {
      await probes.settled();
      await sources.close();
    },
  };
}

export type Logins = ReturnType<typeof createLogins>;
