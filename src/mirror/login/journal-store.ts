import type { Account } from "../../domain/login";
import type { Database } from "../database";
import type { KeyedDigest } from "./keyed-digest";
import { ask, boundedNow, millisecondsOf, momentOf } from "./statement";

const SEEN = { name: "login clock", text: "select seen_at from login.clock" };
const RAISE = {
  name: "raise login clock",
  text: `
    insert into login.clock (seen_at) values (${boundedNow("$1")})
    on conflict (only_one) do update
    set seen_at = greatest(least(login.clock.seen_at, clock_timestamp() + interval '1 minute'), excluded.seen_at)`,
};
/** How far behind what is written may be: not every login is to write it. */
const RAISE_INTERVAL = 15_000;

const PERSON = `
  person as (
    select u.source, u.key from mirror.users u
    where u.source = $1 and u.id = $2::bigint and u.tombstoned_at is null and u.status = 'active'`;

/**
 * Failures count against a person, or against a name that belonged to nobody when it was typed. A token does not say
 * who guesses. Attempts under way go with the failures, or those of processes that died would keep out a program that
 * signs in all the time.
 */
const FORGOTTEN = `
  forgotten as (
    update login.failures f set failures = 0, under_way = 0 from person
    where f.source = $1 and f.kind = 'login' and $4::bytea is not null and f.subject in (int8send($2::bigint), $4))`;

const LIVE = {
  name: "admit by the customer's system",
  text: `
    with ${PERSON}), ${FORGOTTEN}
    insert into login.last_logins as l (source, key, live_at) select source, key, $3::timestamptz from person
    on conflict (source, key) do update set live_at = greatest(l.live_at, excluded.live_at)
    returning true as admitted`,
  takes: "text, bigint, timestamptz, bytea",
  gives: "admitted boolean",
};

const MIRROR = {
  name: "admit by the mirror",
  text: `
    with ${PERSON}
        and exists (select from login.verifiers v where v.source = u.source and v.key = u.key and v.hash = $6)), ${FORGOTTEN},
    -- What is owed to a source is looked for by its row.
    known as (insert into login.upstreams (source) select source from person where $7 on conflict do nothing),
    noted as (
      insert into login.admissions (source, key, at, as_of, away)
      select source, key, $3::timestamptz, $5::timestamptz, $7 from person
    )
    insert into login.last_logins as l (source, key, mirror_at) select source, key, $3::timestamptz from person
    on conflict (source, key) do update set mirror_at = greatest(l.mirror_at, excluded.mirror_at)
    returning true as admitted`,
  takes: "text, bigint, timestamptz, bytea, timestamptz, text, boolean",
  gives: "admitted boolean",
};

export const JOURNAL_STATEMENTS = [LIVE, MIRROR];

const TIDY = [
  {
    name: "tidy failed logins",
    text: "delete from login.failures where greatest(at, begun_at) < $1::timestamptz - interval '2 days'",
  },
  {
    name: "tidy verifiers",
    text: "delete from login.verifiers where source <> 'local' and imported is null and vouched_at < $1::timestamptz - interval '120 hours'",
  },
  {
    name: "tidy admissions",
    text: "delete from login.admissions where at < $1::timestamptz - interval '90 days'",
  },
  // The next login takes away what is over of its own source alone. A token that is forgotten before its time could be used again.
  {
    name: "tidy used tokens",
    text: "delete from login.used_tokens where expires_at < least($1::timestamptz, clock_timestamp()) - interval '1 hour'",
  },
  {
    name: "tidy begun sign-ins",
    text: "delete from login.sign_ins where expires_at < least($1::timestamptz, clock_timestamp())",
  },
];

/** What is to be known of logins afterwards. */
export class JournalStore {
  constructor(
    private readonly database: Database,
    private readonly digest: KeyedDigest,
  ) {}

  /** The latest time that anybody has seen; milliseconds, 0 for none. */
  async seenAt(): Promise<number> {
    const [row] = await ask<{ seen_at: string }>(this.database, SEEN, []);
    return millisecondsOf(row?.seen_at ?? null) ?? 0;
  }

  async saw(now: number, seenAt: number): Promise<void> {
    if (now > seenAt + RAISE_INTERVAL) await ask(this.database, RAISE, [momentOf(now)]);
  }

  async admit({
    source,
    account,
    at,
    basis,
    asOf,
    away,
    verifier,
    login,
  }: {
    readonly source: string;
    readonly account: Account;
    readonly at: number;
    readonly basis: "live" | "mirror";
    readonly asOf: number;
    readonly away: boolean;
    readonly verifier: { readonly hash: string } | null;
    readonly login: string | null;
  }): Promise<boolean> {
    const typed = login === null ? null : this.digest.login(source, login);
    const person = [source, account.id, momentOf(at), typed];
    const rows =
      basis === "live"
        ? await ask(this.database, LIVE, person)
        : await ask(this.database, MIRROR, [...person, momentOf(asOf), verifier?.hash ?? null, away]);
    return rows.length > 0;
  }

  /** What nobody can need any more: failures that are forgotten, verifiers that are too old for anything, admissions of last quarter, tokens and sign-ins that are over. */
  async tidy(now: number): Promise<void> {
    for (const statement of TIDY) await ask(this.database, statement, [momentOf(now)]);
  }
}
