import { Failure } from "../../domain/errors";
import type { Account, Identity, IdentityPage, Subject } from "../../domain/login";
import type { Database } from "../database";
import { type BreakerRow, stateOf } from "./breaker-store";
import type { KeyedDigest } from "./keyed-digest";
import { ask, millisecondsOf } from "./statement";
import { VERIFIER, type Verifier, type VerifierRow, verifierOf } from "./verifier-store";

interface AccountRow extends Pick<Account, "key" | "id" | "status" | "isLocal"> {
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly password_changed_at: string | null;
}

interface IdentityRow {
  readonly key: string;
  readonly id: string;
  readonly username: string;
  readonly status: Identity["status"];
  readonly display_name: string | null;
  readonly email: string | null;
  readonly as_of: string;
  readonly roles: readonly {
    readonly key: string;
    readonly name: string;
    readonly org: string | null;
    readonly given: "upstream" | "default" | "local";
    readonly expiresAt: string | null;
    readonly privileged: boolean;
  }[];
  readonly permissions: Subject["permissions"];
  readonly organizations: Subject["organizations"];
}

interface Known {
  readonly account: Account | null;
  readonly verifier: Verifier | null;
  readonly breaker: "closed" | "open" | "drill";
  /** Milliseconds since 1970; 0 for never. */
  readonly seenAt: number;
}

/** Of whom the login leads to, of their verifier, and of the breaker; null where there is none. */
type KnownRow = Nullable<AccountRow> &
  Nullable<VerifierRow> &
  BreakerRow & { readonly answers: boolean; readonly seen_at: string | null };
type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

const ACCOUNT = `
  select u.key, u.id::text as id, u.source = 'local' as "isLocal", u.status, u.valid_from, u.valid_until, u.password_changed_at
  from mirror.users u
  where u.source = $1 and u.tombstoned_at is null`;

const BY_LOGIN = `${ACCOUNT} and (
    (u.realm = $1 and u.unique_name = mirror.canonical($2))
    or u.key = (select v.key from login.verifiers v where v.source = $1 and v.login = $3 order by v.key limit 1))
  order by u.unique_name = mirror.canonical($2) desc limit 1`;
const KEY_BY_LOGIN = { name: "key by login", text: BY_LOGIN };
const BY_KEY = { name: "login account by key", text: `${ACCOUNT} and u.key = $2` };

const IDENTITY = `
  select key, id::text as id, username, status, display_name, email, as_of, roles, permissions, organizations
  from mirror.identities where source = $1`;
const ONE = { name: "identity", text: `${IDENTITY} and key = $2` };
const PAGE = {
  name: "identities",
  text: `${IDENTITY} and key > $2
    and ($4::text is null or mirror.canonical(username) = mirror.canonical($4)) and ($5::text is null or lower(email) = lower($5))
    order by key limit $3`,
};

/** Nobody reads the local administrators from anywhere. */
const ANSWERS = {
  name: "source that answers",
  text: `
    select where $1 = 'local'
      or exists (select from sync.sources where source = $1 and first_complete_at is not null and retired_at is null)`,
};

/** All that a login begins with, in one statement: each way to the database and back takes longer than what is done there. */
const LOOK = {
  name: "look at a login",
  text: `
    select account.*, verifier.hash, verifier.is_foreign, verifier.vouched_at,
           upstream.open_since, upstream.probed_at, upstream.drill_until, clock.seen_at,
           exists (${ANSWERS.text}) as answers
    from (values (1)) as one
    left join (${BY_LOGIN}) as account on true
    left join lateral (${VERIFIER} and v.source = $1 and v.key = account.key) as verifier on true
    left join login.upstreams as upstream on upstream.source = $1
    left join login.clock as clock on true`,
};

interface Page {
  /** Where an earlier page ended. */
  readonly after: string | null;
  readonly limit: number;
  /** Both compare without regard to case. */
  readonly username: string | null;
  readonly email: string | null;
}

/** Finds people for logins and for whoever asks about them. A tombstone is nobody. */
export class Directory {
  constructor(
    private readonly database: Database,
    private readonly digest: KeyedDigest,
  ) {}

  /**
   * Whom a login leads to, by user name, or by what somebody typed when last let in by the customer's system, and what is known of it.
   *
   * @throws Failure USE005 while the source answers no questions
   */
  async look(source: string, login: string, now: number): Promise<Known> {
    const [row] = await ask<KnownRow>(this.database, LOOK, [source, login, this.digest.login(source, login)]);
    if (row?.answers !== true) throw silent(source);
    return {
      account: isWhole<AccountRow>(row, "key") ? accountOf(row) : null,
      verifier: isWhole<VerifierRow>(row, "hash") ? verifierOf(row) : null,
      breaker: stateOf(row, now),
      seenAt: millisecondsOf(row.seen_at) ?? 0,
    };
  }

  /** Whom a login leads to; null for nobody. */
  async keyOf(source: string, login: string): Promise<string | null> {
    const values = [source, login, this.digest.login(source, login)];
    const [row] = await ask<AccountRow>(this.database, KEY_BY_LOGIN, values);
    return row?.key ?? null;
  }

  async byKey(source: string, key: string): Promise<Account | null> {
    const [row] = await ask<AccountRow>(this.database, BY_KEY, [source, key]);
    return row === undefined ? null : accountOf(row);
  }

  async subject(
    source: string,
    key: string,
  ): Promise<{ subject: Subject; asOf: number; privileged: ReadonlySet<string> } | null> {
    const [row] = await ask<IdentityRow>(this.database, ONE, [source, key]);
    if (row === undefined) return null;
    const privileged = new Set(row.roles.filter((role) => role.privileged).map((role) => role.key));
    return { subject: subjectOf(source, row), asOf: Date.parse(row.as_of), privileged };
  }

  /** @throws Failure USE003 for nobody who is there, USE005 while the source answers no questions */
  async identity(source: string, key: string): Promise<Identity> {
    const [row] = await ask<IdentityRow>(this.database, ONE, [source, key]);
    if (row !== undefined) return identityOf(source, row);
    await this.refuseSilent(source);
    throw new Failure("USE003", `the mirror of \`${source}\` holds nobody with the key \`${key}\``, {
      fix: `read this person now: understudy sync ${source} --user KEY`,
    });
  }

  /** @throws Failure USE005 while the source answers no questions */
  async identities(source: string, { after, limit, username, email }: Page): Promise<IdentityPage> {
    const rows = await ask<IdentityRow>(this.database, PAGE, [source, after ?? "", limit + 1, username, email]);
    if (rows.length === 0) await this.refuseSilent(source);
    const identities = rows.slice(0, limit).map((row) => identityOf(source, row));
    return { identities, next: rows.length > limit ? (identities.at(-1)?.key ?? null) : null };
  }

  /** @throws Failure USE005 while the source answers no questions */
  async refuseSilent(source: string): Promise<void> {
    if ((await ask(this.database, ANSWERS, [source])).length === 0) throw silent(source);
  }
}

const silent = (source: string): Failure =>
  new Failure("USE005", `\`${source}\` answers no questions: it was never read completely, or was retired`, {
    fix: `understudy status; understudy sync ${source}`,
  });

/** Whether an outer join found something: then all that must be there is. */
const isWhole = <T extends object>(row: Nullable<T>, witness: keyof T): row is T => row[witness] !== null;

const accountOf = (row: AccountRow): Account => ({
  key: row.key,
  id: row.id,
  isLocal: row.isLocal,
  status: row.status,
  validFrom: millisecondsOf(row.valid_from),
  validUntil: millisecondsOf(row.valid_until),
  passwordChangedAt: millisecondsOf(row.password_changed_at),
});

function subjectOf(source: string, row: IdentityRow): Subject {
  return {
    source,
    key: row.key,
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    email: row.email,
    roles: row.roles.map(({ key, name, org, given, expiresAt }) => ({ key, name, org, origin: given, expiresAt })),
    permissions: row.permissions,
    organizations: row.organizations,
  };
}

const identityOf = (source: string, row: IdentityRow): Identity => ({
  ...subjectOf(source, row),
  status: row.status,
  asOf: row.as_of,
});
