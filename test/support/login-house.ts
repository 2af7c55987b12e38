/** Logins over a real database, with a clock set by hand and a customer's system that does as it is told. Hashing is quick. */
import type { LiveOutcome, LoginAnswer, LoginPolicy } from "../../src/domain/login";
import { createLogin, type Login } from "../../src/login/create-login";
import { ADDRESS_LIMITS, FORGOTTEN_AFTER, LOST_AFTER, WAITS } from "../../src/login/limits";
import type { Database } from "../../src/mirror/database";
import { AttemptStore } from "../../src/mirror/login/attempt-store";
import { BreakerStore } from "../../src/mirror/login/breaker-store";
import { Directory } from "../../src/mirror/login/directory";
import { JournalStore } from "../../src/mirror/login/journal-store";
import { KeyedDigest } from "../../src/mirror/login/keyed-digest";
import { VerifierStore } from "../../src/mirror/login/verifier-store";
import { createHasher } from "../../src/passwords/create-hasher";
import type { Pepper } from "../../src/passwords/pepper";
import { policyOf } from "./login-world";
import { PEPPER } from "./pepper";

export { PEPPER } from "./pepper";

const QUICK = { memoryCost: 8, timeCost: 1, parallelism: 1 };

export interface HouseOptions {
  readonly policy?: Partial<LoginPolicy>;
  readonly pepper?: Pepper;
  /** The one before it. */
  readonly previous?: Pepper;
  readonly cost?: typeof QUICK;
}

/** One process that answers logins, as far as the database can tell. */
export class LoginHouse {
  now = Date.UTC(2026, 0, 5, 12);
  policy: LoginPolicy;
  live: LiveOutcome = { outcome: "unavailable", reason: "timeout" };
  /** Called when the customer's system is asked, before it answers. */
  meanwhile: () => Promise<unknown> = async () => undefined;
  readonly verifiers: VerifierStore;
  readonly directory: Directory;
  readonly breakers: BreakerStore;
  readonly journal: JournalStore;
  readonly attempts: AttemptStore;
  /** Hashes made or compared, also for nothing. */
  hashes = 0;
  readonly login: Login;

  constructor(
    readonly database: Database,
    { policy = {}, pepper = PEPPER, previous = pepper, cost = QUICK }: HouseOptions = {},
  ) {
    this.policy = policyOf(policy);
    const digest = new KeyedDigest([pepper.derive("logins"), previous.derive("logins")]);
    const limits = { waits: WAITS, forgottenAfter: FORGOTTEN_AFTER, lostAfter: LOST_AFTER, ...ADDRESS_LIMITS };
    const clock = () => this.now;
    this.verifiers = new VerifierStore(database, digest);
    this.directory = new Directory(database, digest);
    this.breakers = new BreakerStore(database);
    this.journal = new JournalStore(database, digest);
    this.attempts = new AttemptStore(database, digest, limits);
    this.login = createLogin({
      directory: this.directory,
      verifiers: this.verifiers,
      attempts: this.attempts,
      hasher: this.#counting(createHasher({ peppers: [pepper, previous], cost })),
      sources: {
        find: async () => ({
          policy: this.policy,
          live: {
            check: async () => {
              await this.meanwhile();
              return this.live;
            },
            probe: async () => "answers" as const,
            close: async () => undefined,
          },
        }),
      },
      breaker: { suspect: () => undefined, mayTry: () => false, answered: async () => undefined },
      journal: {
        saw: (at, seenAt) => this.journal.saw(at, seenAt),
        admit: (entry) => this.journal.admit(entry),
        alert: () => undefined,
      },
      clock: { now: clock, elapsed: () => performance.now(), sleep: async () => undefined },
    });
  }

  #counting(hasher: ReturnType<typeof createHasher>): ReturnType<typeof createHasher> {
    const counted = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
      return (...args: A): Promise<R> => {
        this.hashes += 1;
        return work(...args);
      };
    };
    return {
      load: () => hasher.load(),
      enter: (source) => {
        const place = hasher.enter(source);
        if (place === null) return null;
        const { hash, verify, pretend, leave } = place;
        return { hash: counted(hash), verify: counted(verify), pretend: counted(pretend), leave };
      },
    };
  }

  /** `live`, `mirror`, `refused` or `unavailable`. */
  async try(
    login: string,
    password: string,
    { address = null, source = "acme" }: { address?: string | null; source?: string } = {},
  ) {
    return told(await this.answer(login, password, address, source));
  }

  async answer(login: string, password: string, address: string | null = null, source = "acme"): Promise<LoginAnswer> {
    return this.login.login({ source, credential: { kind: "password", login, password }, client: { address } });
  }

  /** Lets somebody in by the customer's system, from which the mirror knows the password. */
  async letIn(key: string, password: string, login = key): Promise<void> {
    const before = this.live;
    this.live = { outcome: "accepted", key };
    const found = await this.try(login, password);
    if (found !== "live") throw new Error(`${login} was ${found}`);
    this.live = before;
  }
}

const told = (answer: LoginAnswer): string => (answer.result === "accepted" ? answer.basis : answer.result);

/** A source that answers, with people by their keys, who are also their user names. */
export async function seed(database: Database, people: readonly string[], source = "acme"): Promise<void> {
  const completeAt = new Date(Date.UTC(2026, 0, 5, 11, 50)).toISOString();
  await database.withClient(async (client) => {
    await client.query(
      `insert into sync.sources (source, first_complete_at, last_complete_at) values ($1, $2, $2) on conflict do nothing`,
      [source, completeAt],
    );
    await client.query(
      `insert into mirror.users (source, key, username, status, realm, created_at, updated_at, last_run)
       select $1, key, key, 'active', $1, $2, $2, 1 from unnest($3::text[]) key`,
      [source, completeAt, people],
    );
    await client.query(
      `insert into mirror.roles (source, key, name, privileged, created_at, updated_at, last_run)
       values ($1, 'clerk', 'Clerk', false, $2, $2, 1), ($1, 'admin', 'Admin', true, $2, $2, 1)`,
      [source, completeAt],
    );
    await client.query(
      `insert into mirror.user_roles (source, user_key, role_key, origin, owner_key, effective, since, last_run)
       select $1, key, role, 'users.roles', key, true, $2, 1 from unnest($3::text[]) key, unnest(array['clerk', 'admin']) role`,
      [source, completeAt, people],
    );
  });
}

export const sql = (database: Database, text: string, values: readonly unknown[] = []) =>
  database.withClient(async (client) => (await client.query(text, [...values])).rows as Record<string, unknown>[]);
