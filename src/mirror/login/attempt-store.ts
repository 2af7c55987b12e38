import { isIPv6 } from "node:net";
import type { Database } from "../database";
import type { KeyedDigest } from "./keyed-digest";
import { type Known, type KnownRow, knownOf, LOOK, LOOK_COLUMNS } from "./look";
import { ask, boundedNow, momentOf } from "./statement";

export interface AttemptLimits {
  /** Seconds to wait after 1, 2, 3 … failures in a row; the last stands for all beyond. */
  readonly waits: readonly number[];
  /** Milliseconds without a failure after which those in a row are forgotten. */
  readonly forgottenAfter: number;
  /** Milliseconds after which an attempt that has not ended never will, and failed. */
  readonly lostAfter: number;
  /** Milliseconds. */
  readonly window: number;
  /** Failures within the window that one address may make. */
  readonly failures: number;
  /** So many failures of a source within the window are an attack, during which an address may make `underAttack`. */
  readonly sourceFailures: number;
  readonly underAttack: number;
}

interface Attempt {
  readonly source: string;
  readonly login: string | null;
  readonly address: string | null;
}

type Admission =
  | { readonly admitted: true; readonly settle: (as: "failed" | "neither") => Promise<void> }
  | { readonly admitted: false; readonly because: "login" | "busy" }
  | { readonly admitted: false; readonly because: "address"; readonly retryAfter: number };

/**
 * Counts are not waited for on their way to the disk: a database that crashes forgets those of its last half second, and a login
 * need not wait for the disk as often as it counts.
 */
const UNWAITED = "unwaited as materialized (select set_config('synchronous_commit', 'off', true))";

interface BegunRow extends KnownRow {
  /** The person or name that the attempt counts against. */
  readonly subject: Buffer | null;
  readonly limited: string | null;
  readonly counted: boolean;
  readonly locked: boolean;
}

const BEGUN = boundedNow("$4");
const ago = (now: string, milliseconds: string) => `${now} - ${milliseconds}::float8 * interval '1 ms'`;

/**
 * A login's count as of `$4`: failures are forgotten if the last was `$5` ago, attempts that never ended count as failed if the
 * last began `$12` ago.
 */
const standingOf = (row: string) => {
  const isLost = `${row}.begun_at < ${ago(BEGUN, "$12")}`;
  return {
    failures: `case when ${row}.at < ${ago(BEGUN, "$5")} then 0 else ${row}.failures end + case when ${isLost} then ${row}.under_way else 0 end`,
    underWay: `case when ${isLost} then 0 else ${row}.under_way end`,
    at: `case when ${isLost} and ${row}.under_way > 0 then ${row}.begun_at else ${row}.at end`,
  };
};
const OF = standingOf("f");

/** Seconds after so many failures. */
const waitAfter = (failures: string) => `coalesce(($6::int[])[least(${failures}, cardinality($6::int[]))], 0)`;
const MAY_TRY_SINCE = `${OF.at} + make_interval(secs => ${waitAfter(OF.failures)})`;

/**
 * All that a login begins with, in one statement, for each way to the database and back takes longer than what is done there:
 * it is looked at, and counts as under way, unless too many failures in a row stand, or would if all that are under way fail, or
 * too many of the address within the window that is under way. `limited` is since when those of the address count; `counted` that
 * the attempt may be made, `locked` that nobody may try for a while. One person has one count, however the login is written; a
 * name that is nobody's has its own.
 */
const BEGIN = {
  name: "begin login",
  text: `
    with ${UNWAITED}, known as materialized (${LOOK}
    ), subject as (
      select coalesce(int8send(id::bigint), ($3::bytea[])[1]) as subject from known where answers and $2::text is not null
    ), windows as (
      select kind, failures, at from login.failures
      where source = $1 and kind in ('address', 'source') and subject in ($7, ''::bytea) and at > ${ago(BEGUN, "$8")}
    ), limited as (
      select at from windows
      where kind = 'address'
        and failures >= case when coalesce((select failures from windows where kind = 'source'), 0) < $10::int then $9::int else $11::int end
    ), locked as (
      select from login.failures f
      where source = $1 and kind = 'login' and subject = (select subject from subject) and ${MAY_TRY_SINCE} > ${BEGUN}
        -- Clocks of processes may be a little apart: who need not wait may try at once.
        and ${waitAfter(OF.failures)} > 0
    ), counted as (
      insert into login.failures as f (source, kind, subject, failures, at, under_way, begun_at)
      select $1, 'login', subject, 0, ${BEGUN}, 1, ${BEGUN} from subject where not exists (select from limited)
      on conflict (source, kind, subject) do update
      set failures = ${OF.failures}, at = ${OF.at}, under_way = ${OF.underWay} + 1, begun_at = ${BEGUN}
      where ${waitAfter(`${OF.failures} + ${OF.underWay}`)} = 0
         or ${OF.underWay} = 0 and ${MAY_TRY_SINCE} <= ${BEGUN}
      returning true
    )
    select known.*, (select subject from subject) as subject, (select at from limited) as limited,
           exists (select from locked) as locked, exists (select from counted) as counted
    from known, unwaited`,
  takes: `text, text, bytea[], timestamptz, double precision, integer[], bytea, double precision, integer, integer, integer, double precision`,
  gives: `${LOOK_COLUMNS}, subject bytea, limited timestamptz, locked boolean, counted boolean`,
};

/** It was no failure: neither counted, nor waited for. */
const TAKE_BACK = {
  name: "take back a failed login",
  text: `
    with ${UNWAITED}
    update login.failures set under_way = greatest(0, under_way - 1)
    from unwaited where source = $1 and kind = 'login' and subject = $2`,
  takes: "text, bytea",
  gives: null,
};

const FAILED = boundedNow("$3");
const IS_OVER = `f.at <= ${ago(FAILED, "$4")}`;

/** `$5` the person or name that the failure counts against; null for an attempt that was not begun. */
const COUNT = {
  name: "count a failed login",
  text: `
    with ${UNWAITED}, failed as (
      update login.failures
      set failures = failures + 1, under_way = greatest(0, under_way - 1), at = greatest(at, ${FAILED})
      where source = $1 and kind = 'login' and subject = $5
    )
    insert into login.failures as f (source, kind, subject, failures, at)
    select $1, kind, subject, 1, ${FAILED}
    from unwaited, (values ('address', $2::bytea), ('source', ''::bytea)) as counted (kind, subject)
    where subject is not null
    on conflict (source, kind, subject) do update
    set failures = case when ${IS_OVER} then 1 else f.failures + 1 end,
        at = case when ${IS_OVER} then excluded.at else f.at end`,
  takes: "text, bytea, timestamptz, double precision, bytea",
  gives: null,
};

export const ATTEMPT_STATEMENTS = [BEGIN, TAKE_BACK, COUNT];

/** Counts of failures in the database, so that all processes share them and none forgets them. */
export class AttemptStore {
  constructor(
    private readonly database: Database,
    private readonly digest: KeyedDigest,
    private readonly limits: AttemptLimits,
  ) {}

  /** @throws Failure USE005 while the mirror of the source answers no questions */
  async begin({ source, login, address }: Attempt, now: number): Promise<Known & { readonly admission: Admission }> {
    const from = address === null ? null : this.digest.of("address", source, networkOf(address));
    const typed = login === null ? null : this.digest.logins(source, login);
    const { waits, forgottenAfter, lostAfter, window, failures, sourceFailures, underAttack } = this.limits;
    const values = [
      source,
      login,
      typed,
      momentOf(now),
      forgottenAfter,
      waits,
      from,
      window,
      failures,
      sourceFailures,
      underAttack,
      lostAfter,
    ];
    const [row] = await ask<BegunRow>(this.database, BEGIN, values);
    const known = knownOf(source, row, now);
    const { limited = null, subject = null, counted = false, locked = false } = row ?? {};
    const failed = async (as: Buffer | null) => {
      await ask(this.database, COUNT, [source, from, momentOf(now), window, as]);
    };
    if (limited !== null) {
      const retryAfter = Math.max(1, Math.ceil((Date.parse(limited) + window - now) / 1000));
      return { ...known, admission: { admitted: false, because: "address", retryAfter } };
    }
    if (subject !== null && !counted) {
      if (!locked) return { ...known, admission: { admitted: false, because: "busy" } };
      // A locked login costs as many statements as a wrong password, so timing does not tell them apart.
      await failed(null);
      return { ...known, admission: { admitted: false, because: "login" } };
    }
    const takeBack = async () => {
      if (subject !== null) await ask(this.database, TAKE_BACK, [source, subject]);
    };
    return {
      ...known,
      admission: { admitted: true, settle: (as) => (as === "failed" ? failed(subject) : takeBack()) },
    };
  }
}

/** Somebody with one IPv6 address has the 2^64 beside it, too. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  // The platform writes an address in its one canonical form, without what names an interface.
  const canonical = new URL(`http://[${address.split("%", 1)[0]}]`).hostname.slice(1, -1);
  // An IPv4 address in disguise has nobody beside it, and is the same as without.
  const [, ...mapped] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical) ?? [];
  if (mapped.length > 0)
    return mapped.flatMap((hex) => [Number.parseInt(hex, 16) >> 8, Number.parseInt(hex, 16) & 255]).join(".");
  const [head = "", tail] = canonical.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => "0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
