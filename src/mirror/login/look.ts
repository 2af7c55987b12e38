import type { Account } from "../../domain/login";
import { ANSWERS, silent } from "./answering";
import { type BreakerRow, stateOf } from "./breaker-store";
import { millisecondsOf } from "./statement";
import { VERIFIER, type Verifier, type VerifierRow, verifierOf } from "./verifier-store";

export interface AccountRow extends Pick<Account, "key" | "id" | "status" | "isLocal"> {
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly password_changed_at: string | null;
}

export interface Known {
  readonly account: Account | null;
  readonly verifier: Verifier | null;
  readonly breaker: "closed" | "open" | "drill";
  /** Milliseconds since 1970; 0 for never. */
  readonly seenAt: number;
}

/** The person the login leads to, their verifier, and the breaker; null where there is none. */
export type KnownRow = Nullable<AccountRow> &
  Nullable<VerifierRow> &
  BreakerRow & { readonly answers: boolean; readonly seen_at: string | null };
type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

export const ACCOUNT = `
  select u.key, u.id::text as id, u.source = 'local' as "isLocal", u.status, u.valid_from, u.valid_until, u.password_changed_at
  from mirror.users u
  where u.source = $1 and u.tombstoned_at is null`;

export const ACCOUNT_COLUMNS = `key text, id text, "isLocal" boolean, status text, valid_from timestamptz, valid_until timestamptz,
  password_changed_at timestamptz`;

const HAS_NAME = "u.realm = $1 and u.unique_name = mirror.canonical($2)";
export const BY_NAME = `${ACCOUNT} and ${HAS_NAME}`;

/** By user name; when nobody has it, by what somebody typed when last let in by the customer's system. */
const BY_LOGIN = `${ACCOUNT} and (
    (${HAS_NAME})
    or u.key = (
      select v.key from login.verifiers v where v.source = $1 and v.login = any($3::bytea[])
      order by v.login = ($3::bytea[])[1] desc, v.key limit 1))
  order by u.unique_name = mirror.canonical($2) desc limit 1`;

/** All that is known of a login. `$1` source, `$2` what was typed, `$3` its digests, the current one first. */
export const LOOK = `
  select account.*, verifier.hash, verifier.is_foreign, verifier.vouched_at,
         upstream.open_since, upstream.probed_at, upstream.drill_until, clock.seen_at, exists (${ANSWERS}) as answers
  from (values (1)) as one
  left join (${BY_LOGIN}) as account on true
  left join lateral (${VERIFIER} and v.source = $1 and v.key = account.key) as verifier on true
  left join login.upstreams as upstream on upstream.source = $1
  left join login.clock as clock on true`;

export const LOOK_COLUMNS = `${ACCOUNT_COLUMNS}, hash text, is_foreign boolean, vouched_at timestamptz, open_since timestamptz,
  probed_at timestamptz, drill_until timestamptz, seen_at timestamptz, answers boolean`;

/** @throws Failure USE005 while the source answers no questions */
export function knownOf(source: string, row: KnownRow | undefined, now: number): Known {
  if (row?.answers !== true) throw silent(source);
  return {
    account: isWhole<AccountRow>(row, "key") ? accountOf(row) : null,
    verifier: isWhole<VerifierRow>(row, "hash") ? verifierOf(row) : null,
    breaker: stateOf(row, now),
    seenAt: millisecondsOf(row.seen_at) ?? 0,
  };
}

/** Whether an outer join found something: then all that must be there is. */
const isWhole = <T extends object>(row: Nullable<T>, witness: keyof T): row is T => row[witness] !== null;

export const accountOf = (row: AccountRow): Account => ({
  key: row.key,
  id: row.id,
  isLocal: row.isLocal,
  status: row.status,
  validFrom: millisecondsOf(row.valid_from),
  validUntil: millisecondsOf(row.valid_until),
  passwordChangedAt: millisecondsOf(row.password_changed_at),
});
