import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../domain/log";
import { LOCAL_SOURCE } from "../../domain/login";
import { createLogin, type Login } from "../../login/create-login";
import type { LoginPorts, LoginSource } from "../../login/ports";
import type { LoginSources } from "./login-sources";
import type { LoginStores } from "./login-stores";

interface World {
  readonly stores: LoginStores;
  readonly sources: LoginSources;
  readonly hasher: LoginPorts["hasher"];
  readonly breaker: LoginPorts["breaker"];
  readonly log: Log;
}

/** Joins the login policy with its adapters, with the local administrators beside the customers' people, and with the log. */
export function openLogin({ stores, sources, hasher, breaker, log }: World): Login {
  const { directory, verifiers, attempts, journal } = stores;
  return createLogin({
    directory,
    verifiers,
    attempts,
    hasher,
    breaker,
    sources: {
      find: async (source) => (source === LOCAL_SOURCE ? LOCAL : sources.find(source)),
    },
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
    clock: { now: Date.now, elapsed: () => performance.now(), sleep },
  });
}

/** No customer's system is asked about local administrators, and anybody who is not one is refused. */
const LOCAL: LoginSource = {
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
