import type { ClientBase } from "pg";
import { Failure } from "../../domain/errors";

/** The longest pause between two looks: after a longer one nobody knows how the clock went in between. */
const WATCHED = "3 days";
/** How long a clock must have gone without a jump before what cannot be brought back is left to it. */
const STEADY = "1 day";
/** Milliseconds that the clocks of database and process may be apart. */
const APART = 3_600_000;
const DAY = 86_400_000;

export interface WatchedClock {
  /** By the database's clock. */
  readonly now: string;
  readonly steadySince: string;
  readonly prunedAt: string | null;
  readonly steady: boolean;
}

const SEEN = `
  seen as (
    select sync.moment() as now, pruned_at, case
      when sync.moment() between seen_at - interval '1 minute' and seen_at + interval '${WATCHED}' then steady_since
      else sync.moment() end as steady_since
    from sync.retention
  )`;
const COLUMNS = `now, steady_since as "steadySince", pruned_at as "prunedAt", now >= steady_since + interval '${STEADY}' as steady`;

const LOOK = `with ${SEEN} select ${COLUMNS} from seen`;
const WATCH = `
  with ${SEEN}, noted as (update sync.retention r set seen_at = seen.now, steady_since = seen.steady_since from seen)
  select ${COLUMNS} from seen`;

/** Looks at the database's clock, and, unless it is only looked at, notes that it was seen and whether it has jumped. */
export async function watchClock(client: ClientBase, { note }: { readonly note: boolean }): Promise<WatchedClock> {
  const { rows } = await client.query<WatchedClock>(note ? WATCH : LOOK);
  const [clock] = rows;
  if (clock === undefined) throw new Error("the table sync.retention has lost its row");
  return clock;
}

/**
 * Why nothing may go by this clock: what goes when its time is over cannot be brought back, so a clock that is wrong must not be the
 * only witness.
 *
 * @param processNow the clock of this process
 * @param today what day it is, said by a person
 */
export function whyNotBelieved(clock: WatchedClock, processNow: number, today: string | null): Failure | null {
  const apart = Math.abs(processNow - Date.parse(clock.now));
  if (apart > APART)
    return refusal(
      `the database's clock says ${clock.now}, this machine's ${new Date(processNow).toISOString()}`,
      "set both clocks, then run it again",
    );
  if (today !== null && Math.abs(Date.parse(clock.now) - Date.parse(today) - DAY / 2) > DAY)
    return refusal(
      `the database's clock says ${clock.now}, and \`--today\` says ${today}`,
      "set the clock of the database",
    );
  if (today === null && !clock.steady)
    return refusal(
      `the database's clock says ${clock.now}, and was watched without a jump only since ${clock.steadySince}, not yet for a day`,
      `wait, while \`understudy up\` watches it; or say yourself what day it is: understudy prune --today ${clock.now.slice(0, 10)}`,
    );
  return null;
}

const refusal = (why: string, fix: string): Failure =>
  new Failure("RET001", `${why}; what goes by a wrong clock cannot be brought back, so nothing went`, { fix });
