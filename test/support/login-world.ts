/** The login policy over ports in memory: a clock that is set by hand, people, and a customer's system that does as it is told. */
import { createHash } from "node:crypto";
import type { LiveCheck } from "../../src/domain/live-check";
import type { Account, LiveOutcome, LoginAnswer, LoginPolicy, LoginStep, Subject } from "../../src/domain/login";
import { createLogin } from "../../src/login/create-login";
import { waitAfter } from "../../src/login/limits";
import type { Attempt, Known, LoginPorts, Verifier } from "../../src/login/ports";

export const HOUR = 3_600_000;
export const policyOf = (changes: Partial<LoginPolicy> = {}): LoginPolicy => ({
  mode: "live-first",
  maxAge: HOUR / 4,
  offline: 72 * HOUR,
  freshness: { privileged: HOUR, roles: {} },
  deadline: 1_000,
  defaultRoles: [],
  // What is asked there is played.
  password: { kind: "oauth2-password" } as LoginPolicy["password"],
  token: { kind: "jwt" } as LoginPolicy["token"],
  browser: null,
  ...changes,
});

const ROLES = ["clerk", "admin", "guard", "granted"] as const;

export class LoginWorld {
  now = Date.UTC(2026, 0, 5, 12);
  policy = policyOf();
  /** What the customer's system does at the next calls; `hang` never answers. The last one goes on. */
  script: (LiveOutcome | "hang")[] = [];
  breakerState: "closed" | "open" | "drill" = "closed";
  asOf = this.now - 10 * 60_000;
  readonly people = new Map<string, Account & { readonly login: string; present: boolean }>();
  readonly verifiers = new Map<string, Verifier>();
  readonly failures = new Map<string, { count: number; at: number }>();
  readonly alerts: string[] = [];
  readonly suspicions: string[] = [];
  readonly admitted: string[] = [];
  readonly asked: string[] = [];
  /** Hashes made or compared, also for nothing. */
  hashes = 0;
  isFull = false;
  latest = 0;
  /** Called at each step of a login by its name: where another's deeds come in between. */
  between: (step: string) => void = () => undefined;

  person(key: string, changes: Partial<Account> = {}): void {
    const account = { key, isLocal: false, id: `1${key}`, status: "active" as const };
    const times = { validFrom: null, validUntil: null, passwordChangedAt: null };
    this.people.set(key, { ...account, ...times, ...changes, login: key, present: true });
  }

  verifierOf(key: string, password: string, vouchedAt = this.now - HOUR): void {
    const account = this.people.get(key)?.id ?? "";
    this.verifiers.set(key, { hash: hashOf({ source: "acme", account, password }), vouchedAt, isForeign: false });
  }

  async login(login: string, password: string, address: string | null = null): Promise<LoginAnswer> {
    return this.#login.login({
      source: "acme",
      credential: { kind: "password", login, password },
      client: { address },
    });
  }

  async steps(login: string, password: string): Promise<readonly LoginStep[]> {
    const steps: LoginStep[] = [];
    const call = {
      source: "acme",
      credential: { kind: "password" as const, login, password },
      client: { address: null },
    };
    await this.#login.login(call, (step) => steps.push(step));
    return steps;
  }

  async token(token: string): Promise<LoginAnswer> {
    return this.#login.login({ source: "acme", credential: { kind: "token", token }, client: { address: null } });
  }

  readonly #live: LiveCheck = {
    check: async (credential) => {
      this.asked.push(credential.kind === "password" ? credential.login : credential.token);
      const next = this.script.length > 1 ? this.script.shift() : this.script[0];
      this.between("asked");
      if (next === undefined) throw new Error("nobody said what the customer's system does");
      return next === "hang" ? new Promise(() => undefined) : next;
    },
    probe: async () => "answers" as const,
    close: async () => undefined,
  };

  readonly #ports: LoginPorts = {
    sources: { find: async () => ({ policy: this.policy, live: this.#live }) },
    clock: { now: () => this.now, elapsed: () => performance.now(), sleep: async () => undefined },
    directory: {
      look: async (_source, login) => this.#look(login),
      byKey: async (_source, key) => this.#present(this.people.get(key)),
      subject: async (_source, key) =>
        this.people.get(key)?.present
          ? { subject: subjectOf(key), asOf: this.asOf, privileged: new Set(["admin"]) }
          : null,
    },
    verifiers: {
      keep: async ({ account, hash, vouchedAt }) => {
        this.between("before keeping");
        const person = this.people.get(account.key);
        if (person?.present && person.status === "active" && person.passwordChangedAt === account.passwordChangedAt)
          this.verifiers.set(account.key, { hash, vouchedAt, isForeign: false });
        else this.verifiers.delete(account.key);
      },
      renew: async (_source, account, from, hash) => {
        this.verifiers.set(account.key, { ...from, hash, isForeign: false });
      },
      drop: async ({ account: { key }, hash }) => {
        if (hash === null || this.verifiers.get(key)?.hash === hash) this.verifiers.delete(key);
      },
    },
    attempts: {
      begin: async (attempt) => {
        const known = this.#look(attempt.login);
        return { ...known, admission: this.#admit(attempt, known.account?.id ?? null) };
      },
    },
    breaker: {
      suspect: (source) => void this.suspicions.push(source),
      mayTry: () => false,
      answered: async () => undefined,
    },
    hasher: {
      enter: () =>
        this.isFull
          ? null
          : {
              hash: async (bound) => this.#hashed(hashOf(bound)),
              verify: async (hash, bound) => {
                this.between("before comparing");
                return this.#hashed(
                  hash === "of another pepper" ? "unreadable" : hash === hashOf(bound) ? "right" : "wrong",
                );
              },
              pretend: async () => this.#hashed(undefined),
              leave: () => undefined,
            },
    },
    journal: {
      saw: async (now, seenAt) => {
        this.latest = Math.max(seenAt, now);
      },
      admit: async ({ account, basis, verifier, login }) => {
        this.between("before admitting");
        const person = this.people.get(account.key);
        const stands = verifier === null || this.verifiers.get(account.key)?.hash === verifier.hash;
        if (!person?.present || person.status !== "active" || !stands) return false;
        this.admitted.push(`${account.key} ${basis}`);
        if (login !== null) for (const name of [account.id, `nobody called ${login}`]) this.failures.delete(name);
        return true;
      },
      alert: (_source, what) => void this.alerts.push(what),
    },
  };
  readonly #login = createLogin(this.#ports);

  #present(person: (Account & { present: boolean }) | undefined): Account | null {
    if (!person?.present) return null;
    const { present: _, ...account } = person;
    return account;
  }

  #hashed<T>(result: T): T {
    this.hashes += 1;
    return result;
  }

  #look(login: string | null): Known {
    if (login !== null) this.between("looked up");
    const account = this.#present([...this.people.values()].find((person) => person.login === login));
    const verifier = this.verifiers.get(account?.key ?? "") ?? null;
    return { account, verifier, breaker: this.breakerState, seenAt: this.latest };
  }

  #admit(
    { login }: Attempt,
    account: string | null,
  ): Awaited<ReturnType<LoginPorts["attempts"]["begin"]>>["admission"] {
    if (login === null) return { admitted: true, settle: async () => undefined };
    const name = account ?? `nobody called ${login}`;
    const before = this.failures.get(name) ?? { count: 0, at: 0 };
    if (this.now < before.at + waitAfter(before.count) * 1000) return { admitted: false, because: "login" };
    this.failures.set(name, { count: before.count + 1, at: this.now });
    return {
      admitted: true,
      settle: async (as) => {
        if (as === "neither") this.failures.set(name, before);
      },
    };
  }
}

const hashOf = ({ source, account, password }: { source: string; account: string; password: string }): string =>
  createHash("sha256")
    .update(JSON.stringify([source, account, password]))
    .digest("hex");

function subjectOf(key: string): Subject {
  const roles = ROLES.map((role) => ({
    key: role,
    name: role,
    org: null,
    expiresAt: null,
    origin: role === "granted" ? ("local" as const) : ("upstream" as const),
  }));
  return {
    source: "acme",
    key,
    id: `1${key}`,
    username: key,
    displayName: null,
    email: null,
    roles,
    organizations: [],
    permissions: [
      { key: "read", name: "read", via: ["clerk", "admin"] },
      { key: "delete", name: "delete", via: ["admin"] },
    ],
  };
}
