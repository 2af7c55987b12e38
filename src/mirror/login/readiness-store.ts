import type { Admitted, NotReady, OfflineFacts, OfflineReport } from "../../domain/offline";
import type { Database } from "../database";
import { lookedAtSince } from "./looked-at-since";
import { momentOf } from "./statement";
import { VERIFIER } from "./verifier-store";

interface Window {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long a verifier answers; milliseconds. */
  readonly offline: number;
  /** The ids of the peppers that this installation has. */
  readonly peppers: readonly string[];
}

const ACTIVE_FOR = "interval '30 days'";
const ENDING_WITHIN = "interval '48 hours'";

/**
 * Who was let in within 30 days, with what a login would find without the customer's system. `$1` source, `$2` now, `$3` how long
 * a verifier answers, `$4` known peppers.
 */
const PEOPLE = `
  people as materialized (
    select l.key, v.vouched_at + make_interval(secs => $3::float8 / 1000) as ends_at,
           case when v.key is null and l.live_at is null then 'never-let-in'
                when v.key is null then 'dropped'
                when split_part(v.hash, '$', 1) <> all ($4::text[]) then 'other-pepper'
                when u.password_changed_at > v.vouched_at then 'password-changed'
                when v.vouched_at + make_interval(secs => $3::float8 / 1000) < $2::timestamptz then 'too-long-ago'
           end as because
    from login.last_logins l
    join mirror.users u on u.source = l.source and u.key = l.key and u.tombstoned_at is null and u.status = 'active'
    left join lateral (${VERIFIER} and v.source = l.source and v.key = l.key) v on true
    where l.source = $1 and greatest(l.live_at, l.mirror_at) > $2::timestamptz - ${ACTIVE_FOR}
  )`;

const COUNTS = `
  with ${PEOPLE}
  select count(*)::int as active, count(*) filter (where because is null)::int as ready,
         count(*) filter (where because is null and ends_at < $2::timestamptz + ${ENDING_WITHIN})::int as ending
  from people`;

/** People who were never let in here, and those of them who have a password of a mapping. */
const OTHERS = `
  select s.last_complete_at as "asOf", count(u.key)::int as "neverLetIn",
         count(*) filter (where split_part(v.hash, '$', 1) = any ($4::text[])
           and v.vouched_at >= coalesce(u.password_changed_at, v.vouched_at)
           and v.vouched_at + make_interval(secs => $3::float8 / 1000) >= $2::timestamptz)::int as "neverLetInReady"
  from sync.sources s
  left join mirror.users u on u.source = s.source and u.tombstoned_at is null and u.status = 'active'
    and not exists (select from login.last_logins l where l.source = u.source and l.key = u.key)
  left join lateral (${VERIFIER} and v.source = u.source and v.key = u.key) v on true
  where s.source = $1
  group by s.last_complete_at`;

const LISTED = 100;

type Ready = Omit<OfflineFacts, "upstream">;

/** How ready a source is for an outage, and what became of people whom the mirror let in. */
export class ReadinessStore {
  constructor(private readonly database: Database) {}

  /** Numbers alone, for monitoring. */
  async facts(source: string, window: Window): Promise<Ready> {
    return this.database.withClient(async (client) => {
      const { rows } = await client.query<Ready>(COUNTS, parametersOf(source, window));
      return rows[0] ?? { active: 0, ready: 0, ending: 0 };
    });
  }

  async report(
    source: string,
    window: Window,
  ): Promise<Omit<OfflineReport, "source" | "mode" | "offline" | "drillUntil" | "outSince">> {
    const values = parametersOf(source, window);
    return this.database.withClient(async (client) => {
      const all = async <R extends object>(text: string) => (await client.query<R>(text, values)).rows;
      const [counts] = await all<Ready>(COUNTS);
      const ending = await all<OfflineReport["ending"][number]>(
        `with ${PEOPLE} select key, ends_at as "endsAt" from people
         where because is null and ends_at < $2::timestamptz + ${ENDING_WITHIN} order by ends_at, key limit ${LISTED}`,
      );
      const notReady = await all<OfflineReport["notReady"][number]>(
        `with ${PEOPLE} select key, because from people where because is not null order by because, key limit ${LISTED}`,
      );
      const reasons = await all<{ because: NotReady; count: number }>(
        `with ${PEOPLE} select because, count(*)::int as count from people where because is not null group by 1 order by 1`,
      );
      const [others] = await all<{ neverLetIn: number; neverLetInReady: number; asOf: string }>(OTHERS);
      return {
        active: counts?.active ?? 0,
        ready: counts?.ready ?? 0,
        ending,
        endingTotal: counts?.ending ?? 0,
        notReady,
        notReadyTotal: Object.fromEntries(reasons.map(({ because, count }) => [because, count])),
        neverLetIn: others?.neverLetIn ?? 0,
        neverLetInReady: others?.neverLetInReady ?? 0,
        asOf: others?.asOf ?? "",
      };
    });
  }

  /** Everybody let in by the mirror since then, the latest first, with what a complete read since has found. */
  async admitted(source: string, since: number): Promise<{ people: readonly Admitted[]; total: number }> {
    return this.database.withClient(async (client) => {
      const { rows } = await client.query<Admitted & { total: number }>(
        `with let_in as (
           select key, min(at) as first_at, max(at) as last_at, count(*)::int as times
           from login.admissions where source = $1 and at >= $2::timestamptz group by key
         )
         select a.key, a.first_at as "firstAt", a.last_at as "lastAt", a.times,
                case when u.key is null or u.tombstoned_at is not null then 'gone'
                     when u.status <> 'active' then u.status
                     when u.password_changed_at > a.first_at then 'password-changed'
                     when not ${lookedAtSince("$1", "a.last_at")} then 'unchecked'
                     else 'active' end as found,
                (count(*) over ())::int as total
         from let_in a left join mirror.users u on u.source = $1 and u.key = a.key
         order by (u.key is null or u.tombstoned_at is not null or u.status <> 'active') desc, a.last_at desc, a.key
         limit 1000`,
        [source, momentOf(since)],
      );
      return { people: rows.map(({ total: _, ...person }) => person), total: rows[0]?.total ?? 0 };
    });
  }
}

const parametersOf = (source: string, { now, offline, peppers }: Window): unknown[] => [
  source,
  momentOf(now),
  offline,
  peppers,
];
