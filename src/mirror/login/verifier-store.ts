import type { Account } from "../../domain/login";
import type { Database } from "../database";
import type { KeyedDigest } from "./keyed-digest";
import { ask, boundedNow, momentOf } from "./statement";

export interface Verifier {
  readonly hash: string;
  readonly vouchedAt: number;
  readonly isForeign: boolean;
}

export interface VerifierRow {
  readonly hash: string;
  readonly is_foreign: boolean;
  readonly vouched_at: string;
}

/** What a mapping brings is vouched for by every complete read that brings the same. An empty one opens for nobody. */
export const VERIFIER = `
  select v.source, v.key, v.hash, v.is_foreign,
         greatest(v.vouched_at, case when v.imported is not null then s.last_complete_at end) as vouched_at
  from login.verifiers v join sync.sources s on s.source = v.source
  where v.hash <> ''`;

/** Since the customer's system was asked about this password it has spoken of another one, or of none. */
const IS_LATER = "v.vouched_at > excluded.vouched_at";

/**
 * Keeps a verifier only for somebody who is still as they were when the login began. Anybody who changes that person
 * holds the row locked: then nothing is kept, for what was right a moment ago may not be so any more. A later change
 * takes the verifier away.
 */
const KEEP = {
  name: "keep verifier",
  text: `
    with person as (
      select source, key from mirror.users
      -- Local ids are counted up: by one alone nobody is to be led to a person.
      where source = $1 and id = $2::bigint and key = $7 and tombstoned_at is null and status = 'active'
        and password_changed_at is not distinct from $3::timestamptz
        and (password_changed_at is null or password_changed_at <= $5::timestamptz)
      for share skip locked
    ),
    -- What was typed leads to one person: to whoever was let in by it last.
    taken as (
      update login.verifiers set login = null
      where (source, key) in (
        select v.source, v.key from login.verifiers v join person p on p.source = v.source and p.key <> v.key
        where v.login = any($6::bytea[]) for update of v skip locked)
    )
    insert into login.verifiers as v (source, key, hash, vouched_at, login)
    select source, key, $4, ${boundedNow("$5")}, ($6::bytea[])[1] from person
    on conflict (source, key) do update
    set hash = case when ${IS_LATER} then v.hash else excluded.hash end,
        is_foreign = coalesce(${IS_LATER}, false) and v.is_foreign,
        vouched_at = greatest(v.vouched_at, excluded.vouched_at), login = excluded.login
    returning true as kept`,
  takes: "text, bigint, timestamptz, text, timestamptz, bytea[], text",
  gives: "kept boolean",
};

const RENEW = {
  name: "renew verifier",
  text: "update login.verifiers set hash = $4, is_foreign = false where source = $1 and key = $2 and hash = $3",
  takes: "text, text, text, text",
  gives: null,
};

/**
 * Also where the key has changed meanwhile. Anybody who holds it locked takes it away, or puts a newer one in its
 * place.
 */
const DROP = {
  name: "drop verifier",
  text: `
    delete from login.verifiers where (source, key) in (
      select v.source, v.key from login.verifiers v join mirror.users u on u.source = v.source and u.key = v.key
      where u.source = $1 and u.id = $2::bigint for update of v skip locked)`,
  takes: "text, bigint",
  gives: null,
};

/** An empty one is left, so that a login that is under way with the same password does not bring it back. */
const EMPTY = {
  name: "empty verifier",
  text: `
    update login.verifiers
    set hash = '', is_foreign = false, imported = null, vouched_at = greatest(vouched_at, ${boundedNow("$3")})
    where source = $1 and key = $2 and ($4::text is null or hash = $4)`,
  takes: "text, text, timestamptz, text",
  gives: null,
};

export const VERIFIER_STATEMENTS = [KEEP, RENEW, DROP, EMPTY];

/** What passwords are checked against while the customer's system is out of reach. */
export class VerifierStore {
  constructor(
    private readonly database: Database,
    private readonly digest: KeyedDigest,
  ) {}

  async keep({
    source,
    account,
    hash,
    vouchedAt,
    login,
  }: {
    readonly source: string;
    readonly account: Account;
    readonly hash: string;
    readonly vouchedAt: number;
    readonly login: string;
  }): Promise<void> {
    const { passwordChangedAt } = account;
    const changedAt = passwordChangedAt === null ? null : momentOf(passwordChangedAt);
    const typed = this.digest.logins(source, login);
    const values = [source, account.id, changedAt, hash, momentOf(vouchedAt), typed, account.key];
    const kept = await ask(this.database, KEEP, values);
    // The one that is there may be of another password.
    if (kept.length === 0) await ask(this.database, DROP, [source, account.id]);
  }

  async renew(source: string, account: Account, from: Verifier, hash: string): Promise<void> {
    await ask(this.database, RENEW, [source, account.key, from.hash, hash]);
  }

  async drop({
    source,
    account,
    askedAt,
    hash,
  }: {
    readonly source: string;
    readonly account: Account;
    readonly askedAt: number;
    readonly hash: string | null;
  }): Promise<void> {
    await ask(this.database, EMPTY, [source, account.key, momentOf(askedAt), hash]);
  }
}

export const verifierOf = ({ hash, is_foreign, vouched_at }: VerifierRow): Verifier => ({
  hash,
  vouchedAt: Date.parse(vouched_at),
  isForeign: is_foreign,
});
