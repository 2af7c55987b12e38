import { Failure } from "../../domain/errors";
import type { Account, Identity, IdentityPage, Subject } from "../../domain/login";
import type { Database } from "../database";
import type { KeyedDigest } from "./keyed-digest";
import { ask, millisecondsOf } from "./statement";

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

const ACCOUNT = `
  select u.key, u.id::text as id, u.source = 'local' as "isLocal", u.status, u.valid_from, u.valid_until, u.password_changed_at
  from mirror.users u
  where u.source = $1 and u.tombstoned_at is null`;

const BY_LOGIN = {
  name: "login account by login",
  text: `${ACCOUNT} and (
      (u.realm = $1 and u.unique_name = mirror.canonical($2))
      or u.key = (select v.key from login.verifiers v where v.source = $1 and v.login = $3 order by v.key limit 1))
    order by u.unique_name = mirror.canonical($2) desc limit 1`,
};
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

const ANSWERS = {
  name: "source that answers",
  text: "select from sync.sources where source = $1 and first_complete_at is not null and retired_at is null",
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

  /** By user name; when nobody has it, by what somebody typed when last let in by the customer's system. */
  async byLogin(source: string, login: string): Promise<Account | null> {
    return this.#account(BY_LOGIN, [source, login, this.digest.login(source, login)]);
  }

  async byKey(source: string, key: string): Promise<Account | null> {
    return this.#account(BY_KEY, [source, key]);
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
    if ((await ask(this.database, ANSWERS, [source])).length > 0) return;
    throw new Failure("USE005", `\`${source}\` answers no questions: it was never read completely, or was retired`, {
      fix: `understudy status; understudy sync ${source}`,
    });
  }

  async #account(statement: { name: string; text: string }, values: readonly unknown[]): Promise<Account | null> {
    const [row] = await ask<AccountRow>(this.database, statement, values);
    if (row === undefined) return null;
    const { valid_from, valid_until, password_changed_at, ...account } = row;
    return {
      ...account,
      validFrom: millisecondsOf(valid_from),
      validUntil: millisecondsOf(valid_until),
      passwordChangedAt: millisecondsOf(password_changed_at),
    };
  }
}

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
