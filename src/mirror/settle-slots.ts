import type { ClientBase } from "pg";
import type { AwaitedSlot } from "../domain/awaited-slot";
import type { Schedule } from "../domain/job";
import type { SettleFacts, SlotDecision } from "../domain/slots";
import type { Database } from "./database";
import { aboutSource } from "./one-source";

/** Decides about every slot after `settledUntil` up to `now`. Pure: it may be asked twice. */
export type Decide = (facts: SettleFacts) => readonly SlotDecision[];

export interface Settled {
  /** By the database's clock. */
  readonly now: Date;
  /** Up to then every slot is decided; less than `now` where there is none in between. */
  readonly settledUntil: Date;
  readonly decided: readonly SlotDecision[];
  /** Up to then slots had been decided, by a clock that was set back since; null where there is none. */
  readonly setBackFrom: Date | null;
}

/** Another scheduler settled just now; writing the same again is of no use. */
const SETTLED_LATELY = 3_000;

/** Clocks are set back by a little now and then: the slots wait until it has come again. In milliseconds. */
const SET_BACK_A_LITTLE = 60_000;

/** Of `sync.schedules`: it was settled by a clock that was wrong, and would wait for a time that is far. */
export const settledByWrongClock = (now: string): string =>
  `settled_until > ${now} + interval '${SET_BACK_A_LITTLE} ms'`;

/** Decides all slots of a source since the last time, and remembers its schedule. A source met for the first time begins now. */
export const settleSlots = (database: Database, source: string, schedule: Schedule, decide: Decide): Promise<Settled> =>
  aboutSource(source, () => settle(database, source, schedule, decide));

async function settle(database: Database, source: string, schedule: Schedule, decide: Decide): Promise<Settled> {
  const asText = JSON.stringify(schedule);
  const view = await database.withClient((client) => look(client, source, asText));
  if (view !== null && isSettled(source, view, decide))
    return { now: view.now, settledUntil: view.settledUntil, decided: [], setBackFrom: null };
  return database.transaction(async (client) => {
    await client.query(
      "insert into sync.schedules (source, settled_until, schedule) values ($1, clock_timestamp(), $2) on conflict do nothing",
      [source, asText],
    );
    // The moment is taken when the row is ours, so that no two processes decide about the same interval.
    await client.query("select from sync.schedules where source = $1 for update", [source]);
    const found = await look(client, source, asText);
    if (found === null) throw new Error(`the schedule of ${source} vanished while it was settled`);
    const setBackFrom = wasSetBack(found) ? found.settledUntil : null;
    const ours = setBackFrom === null ? found : { ...found, settledUntil: await takeBack(client, source, found.now) };
    const decided = decisionsOf(source, ours, decide);
    await keepDecisions(client, source, decided);
    await client.query(
      "update sync.schedules set settled_until = greatest(settled_until, $2), schedule = $3 where source = $1",
      [source, ours.now, asText],
    );
    return { now: ours.now, settledUntil: ours.now, decided, setBackFrom };
  });
}

/**
 * The database's clock was wrong and was set back: the slots since the last one before that are to be decided anew, for by it they
 * were over before they came. Those that came before go on at once, whatever moment it had put them off to.
 *
 * @returns up to where they are decided
 */
async function takeBack(client: ClientBase, source: string, now: Date): Promise<Date> {
  const { rows } = await client.query<{ until: string }>(
    `with right_time as (
       select coalesce(max(slot), $2) as until from sync.slots where source = $1 and slot <= $2 and created_at <= $2),
     gone as (delete from sync.slots s using right_time r where s.source = $1 and s.slot > r.until),
     kept as (
       update sync.slots s set due_at = least(due_at, $2), begun_at = least(begun_at, $2) from right_time r
       where s.source = $1 and s.slot <= r.until and s.state in ('due', 'running'))
     update sync.schedules s set settled_until = r.until from right_time r where s.source = $1 returning r.until`,
    [source, now],
  );
  return new Date(rows[0]?.until ?? now);
}

/** Of an awaited source `a`: that its slots are as they were when it was settled, and none of them has come since. */
const IS_AHEAD = `s.schedule = a.schedule and s.settled_until >= a.settled_until and a.now < a.next
  and not s.${settledByWrongClock("a.now")}`;

/** Who is settled at this moment by somebody else is left to them. */
const SETTLE_AHEAD = `
  with awaited as materialized (
    select a.*, clock_timestamp() as now
    from unnest($1::text[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[]) as a (source, schedule, settled_until, next)),
  settled as (
    update sync.schedules s set settled_until = stale.now
    from (
      select s.source, a.now from sync.schedules s join awaited a on a.source = s.source
      where ${IS_AHEAD} and s.settled_until < a.now - interval '${SETTLED_LATELY} ms'
      order by s.source for update of s skip locked) as stale
    where s.source = stale.source
    returning s.source, s.settled_until)
  select s.source, coalesce(n.settled_until, s.settled_until) as until
  from sync.schedules s join awaited a on a.source = s.source left join settled n on n.source = s.source
  where ${IS_AHEAD}`;

/** What `settleSlots` comes to for sources whose next slot lies ahead, in one statement for all. */
export async function settleAhead(
  database: Database,
  awaited: readonly AwaitedSlot[],
): Promise<ReadonlyMap<string, Date>> {
  if (awaited.length === 0) return new Map();
  const { rows } = await database.withClient((client) =>
    client.query<{ source: string; until: string }>(SETTLE_AHEAD, [
      awaited.map(({ source }) => source),
      awaited.map(({ schedule }) => JSON.stringify(schedule)),
      awaited.map(({ settledUntil }) => settledUntil),
      awaited.map(({ next }) => next ?? "infinity"),
    ]),
  );
  return new Map(rows.map(({ source, until }) => [source, new Date(until)]));
}

interface ScheduleView extends Omit<SettleFacts, "source"> {
  /** Whether the schedule is the one that is known. */
  readonly same: boolean;
}

async function look(client: ClientBase, source: string, schedule: string): Promise<ScheduleView | null> {
  const { rows } = await client.query<{ until: string; now: string; running: number | null; same: boolean }>(
    // A plan, a run for one person or one for some entities does not make up for the run of a slot. Which processes are
    // alive is asked once, not for every run there was.
    `select settled_until as until, clock_timestamp() as now, schedule = $2::jsonb as same,
            (select id from sync.runs
             where id = (select sync.live_run($1)) and mode = 'sync'
               and options ->> 'user' is null and options ->> 'only' is null and options ->> 'planId' is null) as running
     from sync.schedules where source = $1`,
    [source, schedule],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return { settledUntil: new Date(row.until), now: new Date(row.now), runningRun: row.running, same: row.same };
}

/** Mostly there is nothing to decide, and another scheduler has just said that the clock goes. */
const isSettled = (source: string, view: ScheduleView, decide: Decide): boolean =>
  view.same &&
  !wasSetBack(view) &&
  view.now.getTime() - view.settledUntil.getTime() <= SETTLED_LATELY &&
  decisionsOf(source, view, decide).length === 0;

const wasSetBack = ({ settledUntil, now }: ScheduleView): boolean =>
  settledUntil.getTime() - now.getTime() > SET_BACK_A_LITTLE;

/** None when the database's clock was set back a little: what was decided stays so. */
const decisionsOf = (source: string, { settledUntil, now, runningRun }: ScheduleView, decide: Decide) =>
  settledUntil < now ? decide({ source, settledUntil, now, runningRun }) : [];

async function keepDecisions(client: ClientBase, source: string, decided: readonly SlotDecision[]): Promise<void> {
  if (decided.length === 0) return;
  await client.query(
    `insert into sync.slots (source, slot, state, due_at, covered_by, note, decided_at)
     select $1, slot, state, due_at, covered_by, note, case when state <> 'due' then clock_timestamp() end
     from unnest($2::timestamptz[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
       as decided (slot, state, due_at, covered_by, note)
     on conflict do nothing`,
    [
      source,
      decided.map(({ slot }) => slot),
      decided.map(({ state }) => state),
      decided.map(({ dueAt }) => dueAt),
      decided.map(({ coveredBy }) => coveredBy),
      decided.map(({ note }) => note),
    ],
  );
}
