import type { KeptFor } from "../../domain/retention";
import { DAYS_LOOKED_BACK } from "../../domain/weighing";

/** Rows of one table that go when their time is over. */
interface Rule {
  readonly what: string;
  readonly table: string;
  /** As an interval of Postgres, which people can read too. */
  readonly keptFor: (kept: KeptFor) => string;
  /** Whether the time of the row `t` is over; `$1` is the moment before which it is. */
  readonly isOver: string;
}

const asLongAsTheAudit = ({ auditMonths }: KeptFor): string => `${auditMonths} months`;
/** For the safeguards look back for so long. */
const asLongAsLookedBack = (): string => `${DAYS_LOOKED_BACK} days`;

/** What still names a run that has ended long ago. */
const NAMED_RUNS = `
  select run from sync.slots where run is not null union all select run from sync.plans union all select run from sync.holds
  union all select run from sync.checkpoints union all select run from sync.watermarks union all select run from sync.looked_at
  union all select run from sync.pins union all select reverted from sync.pins union all select run from sync.mappings
  union all select last_run from sync.mappings union all select run from sync.rekeys union all select first_run from sync.absences
  union all select first_run from sync.rejects union all select last_run from sync.rejects
  union all select run from audit.entries where at < $1 + interval '1 day'`;

const IS_EVERYTHING = (run: string): string =>
  `(${run}.options ->> 'user' is null and ${run}.options ->> 'only' is null)`;

/**
 * In this order, for a run goes after what names it. What is not here has its time elsewhere: of sessions, sign-ins and their codes,
 * used tokens, failures and verifiers it is days at most, and those who answer logins see to it. Renamed keys have none: an entry that
 * outlived its month bears the key of its time, and the way from there to the record's own is whole or leads to somebody else.
 */
export const RULES: readonly Rule[] = [
  {
    what: "rejects",
    table: "sync.rejects",
    keptFor: ({ rejectDays }) => `${rejectDays} days`,
    isOver: "t.healed_at < $1",
  },
  { what: "plans", table: "sync.plans", keptFor: () => "7 days", isOver: "t.expires_at < $1" },
  { what: "removals", table: "sync.removals", keptFor: asLongAsLookedBack, isOver: "t.at < $1" },
  { what: "new-holders", table: "sync.new_holders", keptFor: asLongAsLookedBack, isOver: "t.at < $1" },
  {
    what: "notices",
    table: "sync.notices",
    keptFor: () => "30 days",
    isOver: "t.state <> 'waiting' and t.ended_at < $1",
  },
  { what: "grants", table: "mirror.local_grants", keptFor: asLongAsTheAudit, isOver: "t.ended_at < $1" },
  { what: "slots", table: "sync.slots", keptFor: asLongAsTheAudit, isOver: "t.decided_at < $1" },
  {
    what: "holds",
    table: "sync.holds",
    keptFor: asLongAsTheAudit,
    // A rejected one still silences the same set while it is its source's latest.
    isOver: `t.decided_at < $1 and (t.state in ('applied', 'replaced', 'expired') or (t.state = 'rejected' and exists (
      select from sync.holds n where n.source = t.source and n.run > t.run and n.state in ('open', 'released', 'rejected'))))`,
  },
  {
    what: "mappings",
    table: "sync.mappings",
    keptFor: asLongAsTheAudit,
    // The latest version of a stream says how it is read now, and that of an entity by which key.
    isOver: `exists (
      select from sync.mappings n where n.source = t.source and n.stream = t.stream and n.entity = t.entity
        and (n.key is null) = (t.key is null) and n.run > t.run and n.at < $1)`,
  },
  {
    what: "api-keys",
    table: "login.api_keys",
    keptFor: asLongAsTheAudit,
    isOver:
      "least(t.revoked_at, t.valid_until) < $1 and not exists (select from login.sessions s where s.api_key = t.id)",
  },
  {
    what: "runs",
    table: "sync.runs",
    keptFor: asLongAsTheAudit,
    // The latest of its kind says how its source is.
    // Not as `not in`: for each run Postgres would read all that is named, once that is more than its memory holds.
    isOver: `t.state = 'finished' and t.finished_at < $1
      and not exists (select from (${NAMED_RUNS}) as named where named.run = t.id) and exists (
      select from sync.runs n where n.source = t.source and n.id > t.id and n.mode = t.mode and n.outcome = t.outcome
        and ${IS_EVERYTHING("n")} = ${IS_EVERYTHING("t")})`,
  },
];
