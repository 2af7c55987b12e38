import type { Database } from "../database";
import { writeCommandAudit } from "../write-command-audit";
import { lookedAtSince } from "./looked-at-since";
import { ask, momentOf } from "./statement";

export interface BreakerRow {
  readonly open_since: string | null;
  readonly probed_at: string | null;
  readonly drill_until: string | null;
}

/** A breaker that nobody probed for so long is not believed any more; milliseconds. */
const BELIEVED_FOR = 60_000;

const STATE = {
  name: "login upstream",
  text: "select open_since, probed_at, drill_until from login.upstreams where source = $1",
};
const OPEN = {
  name: "open login breakers",
  text: "select source from login.upstreams where open_since is not null",
};

/** One prober at a time: the first to say that it looks. */
const CLAIM = {
  name: "claim login probe",
  text: `
    insert into login.upstreams as u (source, probed_at) values ($1, $2::timestamptz)
    on conflict (source) do update set probed_at = excluded.probed_at
    where u.probed_at is null or u.probed_at <= $3::timestamptz or u.probed_at > $2::timestamptz + interval '1 minute'
    returning source`,
};

const SET = {
  name: "set login breaker",
  text: `
    update login.upstreams u
    set open_since = case when $2 then null else coalesce(u.open_since, $3::timestamptz) end,
        closed_at = case when $2 and u.open_since is not null then $3::timestamptz when $2 then u.closed_at end
    from login.upstreams was
    where u.source = $1 and was.source = u.source
    returning was.open_since`,
};

/** A breaker takes so long to open: whoever was let in later may be the first of an outage. */
const SUSPENSE = "interval '10 seconds'";
/** After a day a session is over, and the runs of the schedule have looked. */
const OWED_FOR = "interval '1 day'";
/** An attempt that looked at nobody is followed by others, each after twice the time. */
const ATTEMPTS_EVERY = "interval '15 minutes'";

const CLAIM_READINGS = {
  name: "claim readings anew",
  text: `
    update login.upstreams u set read_anew_at = greatest($1::timestamptz, u.closed_at)
    from login.upstreams w
    cross join lateral (
      select max(a.at) as at from login.admissions a
      where a.source = w.source and a.away and a.at > $1::timestamptz - ${OWED_FOR}
        and a.at <= greatest($1::timestamptz - ${SUSPENSE}, w.closed_at)
    ) as admitted
    where u.source = w.source and u.open_since is null and admitted.at is not null
      and (u.read_anew_at is null or u.read_anew_at < u.closed_at or u.read_anew_at > $1::timestamptz + interval '1 minute'
        or u.read_anew_at + greatest(${ATTEMPTS_EVERY}, u.read_anew_at - admitted.at) <= $1::timestamptz)
      and not ${lookedAtSince("w.source", "admitted.at")}
    returning u.source`,
};
const RETURN_READING = {
  name: "return reading anew",
  text: "update login.upstreams set read_anew_at = null where source = $1",
};

/** The breaker of each source, shared by all processes: what one found out by a probe, the others need not. */
export class BreakerStore {
  constructor(private readonly database: Database) {}

  async state(source: string, now: number): Promise<"closed" | "open" | "drill"> {
    const [row] = await ask<BreakerRow>(this.database, STATE, [source]);
    return row === undefined ? "closed" : stateOf(row, now);
  }

  /** Sources whose breaker is open: somebody has to look whether they answer again. */
  async open(): Promise<readonly string[]> {
    return (await ask<{ source: string }>(this.database, OPEN, [])).map(({ source }) => source);
  }

  /** @param every milliseconds in which one look is enough @returns whether this process is to look */
  async claimProbe(source: string, now: number, every: number): Promise<boolean> {
    return (await ask(this.database, CLAIM, [source, momentOf(now), momentOf(now - every)])).length > 0;
  }

  /** What a probe found. @returns since when the breaker was open before; null if it was not */
  async set(source: string, answers: boolean, now: number): Promise<number | null> {
    const [was] = await ask<{ open_since: string | null }>(this.database, SET, [source, answers, momentOf(now)]);
    return was?.open_since == null ? null : Date.parse(was.open_since);
  }

  /**
   * Sources that answer, and whose mirror let people in while they did not, at whom no run has looked since: for the process that asks
   * first to have them read. Due as soon as a breaker closes, and where none was open or the last attempt failed after a while.
   */
  async claimReadings(now: number): Promise<readonly string[]> {
    return (await ask<{ source: string }>(this.database, CLAIM_READINGS, [momentOf(now)])).map(({ source }) => source);
  }

  /** It cannot be read yet: for whoever asks next. */
  async returnReading(source: string): Promise<void> {
    await ask(this.database, RETURN_READING, [source]);
  }

  /** Since when the source is out of reach, and until when a drill says so. */
  async told(source: string, now: number): Promise<{ outSince: string | null; drillUntil: string | null }> {
    const [row] = await ask<BreakerRow>(this.database, STATE, [source]);
    const drillUntil = row?.drill_until ?? null;
    const isDrill = drillUntil !== null && Date.parse(drillUntil) > now;
    return { outSince: row?.open_since ?? null, drillUntil: isDrill ? drillUntil : null };
  }

  /** Forces the fallback until then, null ends it; in the audit by the same transaction. */
  async drill(source: string, until: number | null, by: string, reason: string | null): Promise<void> {
    const end = until === null ? null : momentOf(until);
    await this.database.transaction(async (client) => {
      const { rows } = await client.query<{ told: object }>(
        `insert into login.upstreams (source, drill_until) values ($1, $2::timestamptz)
         on conflict (source) do update set drill_until = excluded.drill_until
         returning jsonb_build_object('drill_until', drill_until) as told`,
        [source, end],
      );
      const drill = { source, entity: "sources", key: source, cause: "drill", actor: by, reason };
      await writeCommandAudit(
        client,
        rows.map(({ told }) => ({ ...drill, kind: "update", new: told })),
      );
    });
  }
}

export function stateOf({ open_since, probed_at, drill_until }: BreakerRow, now: number): "closed" | "open" | "drill" {
  if (drill_until !== null && Date.parse(drill_until) > now) return "drill";
  const probedAt = probed_at === null ? 0 : Date.parse(probed_at);
  return open_since !== null && now - probedAt <= BELIEVED_FOR ? "open" : "closed";
}
