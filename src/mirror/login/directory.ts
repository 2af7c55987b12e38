import { Failure } from "../../domain/errors";
import type { Account, Identity, IdentityPage, Subject } from "../../domain/login";
import type { Database } from "../database";
import { ANSWERING, type AnsweringRow, refuseSilent } from "./answering";
import type { KeyedDigest } from "./keyed-digest";
import {
  ACCOUNT,
  ACCOUNT_COLUMNS,
  type AccountRow,
  accountOf,
  BY_NAME,
  type Known,
  type KnownRow,
  knownOf,
  LOOK,
  LOOK_COLUMNS,
} from "./look";
import { ask } from "./statement";

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

const LOOK_AGAIN = { name: "look at a login", text: LOOK, takes: "text, text, bytea[]", gives: LOOK_COLUMNS };
const KEY_BY_NAME = { name: "key by user name", text: BY_NAME, takes: "text, text", gives: ACCOUNT_COLUMNS };
const BY_KEY = {
  name: "login account by key",
  text: `${ACCOUNT} and u.key = $2`,
  takes: "text, text",
  gives: ACCOUNT_COLUMNS,
};

const IDENTITY = `
  select key, id::text as id, username, status, display_name, email, as_of, roles, permissions, organizations
  from mirror.identities where source = $1`;
const IDENTITY_COLUMNS = `key text, id text, username text, status text, display_name text, email text, as_of timestamptz,
  roles jsonb, permissions jsonb, organizations jsonb`;
const ONE = { name: "identity", text: `${IDENTITY} and key = $2`, takes: "text, text", gives: IDENTITY_COLUMNS };
const listed = (email: "$4" | "$5"): string =>
  `${IDENTITY} and key > $2 and (${email}::text is null or lower(email) = lower(${email}))`;
/** Lists people: nothing that the login reader may ask. */
const PAGE = { name: "identities", text: `${listed("$4")} order by key limit $3` };
/** By the index of names, among however many people. */
const NAMED = {
  name: "identities by name",
  text: `${listed("$5")}
    and key = (select u.key from mirror.users u where u.realm = $1 and u.unique_name = mirror.canonical($4))
  order by key limit $3`,
  takes: "text, text, integer, text, text",
  gives: IDENTITY_COLUMNS,
};

export const DIRECTORY_STATEMENTS = [LOOK_AGAIN, KEY_BY_NAME, BY_KEY, ONE, NAMED];

interface Page {
  /** Where an earlier page ended. */
  readonly after: string | null;
  readonly limit: number;
  /** Both compare without regard to case. */
  readonly username: string | null;
  readonly email: string | null;
}

/** Finds people for logins and for the API. A tombstone is nobody. */
export class Directory {
  constructor(
    private readonly database: Database,
    private readonly digest: KeyedDigest,
  ) {}

  /**
   * What is known of a login, also of one that was begun before.
   *
   * @throws Failure USE005 while the source answers no questions
   */
  async look(source: string, login: string, now: number): Promise<Known> {
    const [row] = await ask<KnownRow>(this.database, LOOK_AGAIN, [source, login, this.digest.logins(source, login)]);
    return knownOf(source, row, now);
  }

  /**
   * Who has a user name that the customer's system has vouched for; null for nobody. By that alone: what somebody typed once may
   * be somebody else's name there by now.
   */
  async keyOf(source: string, username: string): Promise<string | null> {
    const [row] = await ask<AccountRow>(this.database, KEY_BY_NAME, [source, username]);
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
    const [statement, name] = username === null ? [PAGE, []] : [NAMED, [username]];
    const rows = await ask<IdentityRow>(this.database, statement, [source, after ?? "", limit + 1, ...name, email]);
    if (rows.length === 0) await this.refuseSilent(source);
    const identities = rows.slice(0, limit).map((row) => identityOf(source, row));
    return { identities, next: rows.length > limit ? (identities.at(-1)?.key ?? null) : null };
  }

  /** @throws Failure USE005 while the source answers no questions */
  async refuseSilent(source: string): Promise<void> {
    const [row] = await ask<AnsweringRow>(this.database, ANSWERING, [source]);
    refuseSilent(source, row);
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
    roles: rolesOf(row),
    permissions: row.permissions,
    organizations: row.organizations,
  };
}

/** What several lists of the customer's system state is held once. */
function rolesOf({ roles }: IdentityRow): Subject["roles"] {
  const held = roles.map(({ key, name, org, given, expiresAt }) => ({ key, name, org, origin: given, expiresAt }));
  return [...new Map(held.map((role) => [JSON.stringify(role), role])).values()];
}

const identityOf = (source: string, row: IdentityRow): Identity => ({
  ...subjectOf(source, row),
  status: row.status,
  asOf: row.as_of,
});
