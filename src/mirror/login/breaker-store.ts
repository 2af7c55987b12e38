import type { Database } from "../database";
import { writeCommandAudit } from "../write-command-audit";
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

/** Whoever finds that it answers again leaves word in the same moment, so that nobody's end loses it. */
const SET = {
  name: "set login breaker",
  text: `
    update login.upstreams u
    set open_since = case when $2 then null else coalesce(u.open_since, $3::timestamptz) end,
        closed_at = case when $2 and u.open_since is not null then $3::timestamptz when $2 then u.closed_at end,
        reading_owed_since = case when $2 then least(u.reading_owed_since, u.open_since) else u.reading_owed_since end
    from login.upstreams was
    where u.source = $1 and was.source = u.source
    returning was.open_since`,
};

const OWE = {
  name: "owe a reading",
  text: `
    update login.upstreams set reading_owed_since = least(reading_owed_since, $2::timestamptz) where source = $1`,
};
const TAKE_OWED = {
  name: "take owed readings",
  text: `
    update login.upstreams u set reading_owed_since = null
    from (select source, reading_owed_since from login.upstreams where reading_owed_since is not null for update skip locked) as owed
    where u.source = owed.source
    returning owed.source, owed.reading_owed_since as since`,
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

  /** Leaves word again, as `set` does when the source answers again: people whom the mirror let in are to be checked. */
  async owe(source: string, since: number): Promise<void> {
    await ask(this.database, OWE, [source, momentOf(since)]);
  }

  /** The word that was left, for the first process that takes it. */
  async takeOwed(): Promise<readonly { readonly source: string; readonly since: number }[]> {
    const rows = await ask<{ source: string; since: string }>(this.database, TAKE_OWED, []);
    return rows.map(({ source, since }) => ({ source, since: Date.parse(since) }));
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
