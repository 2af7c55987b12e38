import type { Knex } from "knex";
import { Failure } from "../domain/errors";
import { LOCAL_SOURCE } from "../domain/login";

/** What an answer about the past depends on. */
export interface Bounds {
  readonly now: string;
  readonly begins: string | null;
  /** From when on the audit is whole; null while no month of it was dropped. */
  readonly kept_since: string | null;
  readonly first_complete_at: string | null;
  readonly retired_at: string | null;
}

const BOUNDS = `
  select now() as now, s.first_complete_at, s.retired_at, kept.since as kept_since,
         -- Of the first run that wrote any; times find entries, and its end may be of a wrong clock. Administrators are of no run.
         case when s.first_complete_at < kept.since then kept.since when :source = '${LOCAL_SOURCE}' then s.first_complete_at else (select first.at from sync.runs r
          cross join lateral (
            select min(e.at) as at from audit.entries e
            where e.source = r.source and e.run = r.id
              and e.at between r.started_at - interval '1 day' and greatest(r.started_at, coalesce(r.finished_at, now())) + interval '1 day'
          ) first
          where r.source = :source and first.at is not null
          order by r.id limit 1) end as begins
  from (select audit.kept_since() as since) as kept
  left join sync.sources s on s.source = :source`;

export async function boundsOf(knex: Knex, source: string): Promise<Bounds> {
  const { rows } = await knex.raw<{ rows: Bounds[] }>(BOUNDS, { source });
  return rows[0] as Bounds;
}

/** Moments are shown to the millisecond and kept to the microsecond: one that was copied from an answer means all of it. */
export const afterMillisecond = (moment: string): string => new Date(Date.parse(moment) + 1).toISOString();

/** @param option that named the moment @throws Failure USE005 for one that the audit cannot speak of */
export function refuseUnknowable(
  source: string,
  moment: string,
  { now, begins, kept_since }: Bounds,
  option: "--at" | "--from" | "--to",
): void {
  if (begins === null)
    throw new Failure("USE005", `nothing was ever recorded of \`${source}\`, so nobody can say who held what`, {
      fix: `read it: understudy sync ${source}`,
    });
  if (moment > now)
    throw new Failure("USE005", `${moment} has not come yet, so nobody can say who will hold what`, {
      fix: option === "--from" ? "give a --from that is past" : `leave out ${option} to ask about now`,
    });
  if (kept_since !== null && moment < kept_since)
    throw new Failure(
      "USE005",
      `the audit goes back to ${kept_since}: what was before is not kept any more, so nobody can say who held what`,
      { fix: `ask about then or later: ${option} ${kept_since}` },
    );
  if (moment < begins)
    throw new Failure(
      "USE005",
      `what is recorded of \`${source}\` begins at ${begins}; who held what before, it cannot say`,
      {
        fix: `ask about then or later: ${option} ${begins}`,
      },
    );
}
