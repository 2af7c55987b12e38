import type { ClientBase } from "pg";
import type { AwaitedSlot } from "../domain/awaited-slot";
import type { Schedule } from "../domain/job";
import { EVERYTHING, type RunOptions, type RunReport, type Trigger } from "../domain/runs";
import type { SlotRef, SlotSummary } from "../domain/slots";
import { type AfterRun, afterRun, RETRY, type RetryTerms, type SlotSoFar } from "./after-run";
import type { Database } from "./database";
import { type Decide, type Settled, settleAhead, settledByWrongClock, settleSlots } from "./settle-slots";

/** A slot whose run was made but not claimed for so long has lost its process. */
const CLAIM_TIMEOUT = "30 seconds";
/** Of one source, oldest first. One would do, for they run one after the other; but its job may be in the hands of a dead worker. */
const DUE_TOGETHER = 3;

const OPTIONS: RunOptions = { mode: "sync", ...EVERYTHING };

/** Until when an attempt of the slot `s` may begin, by the schedule `c` of its source; as `decide-slots.ts` has it. */
const LAST_MOMENT = `s.slot + make_interval(secs =>
  ((c.schedule ->> 'jitter')::float8 + greatest(60000, (c.schedule ->> 'grace')::float8)) / 1000)`;

interface BeginningSlot {
  readonly due: boolean;
  readonly late: boolean;
  readonly busy: boolean;
  /** Of the attempt before. */
  readonly run: number | null;
  readonly seen: string | null;
}

interface RunningSlot extends SlotRef, Omit<SlotSoFar, "left"> {
  readonly run: number;
  /** The run's state. */
  readonly seen: string;
  readonly report: RunReport | null;
  /** Null for a source that is no longer scheduled. */
  readonly left: number | null;
}

const RUNNING_SLOT = `
  select s.source, s.slot, s.run, s.attempts, s.crashes, r.state as seen, r.report,
         (extract(epoch from ${LAST_MOMENT} - clock_timestamp()) * 1000)::float8 as left
  from sync.slots s join sync.runs r on r.id = s.run left join sync.schedules c on c.source = s.source`;

/** The slots: decided once, begun once, booked once, by whichever process comes first. Moments are the database's. */
export class SlotStore {
  constructor(
    private readonly database: Database,
    private readonly terms: RetryTerms = RETRY,
  ) {}

  /** Decides all slots of a source since the last time. A source met for the first time begins now. */
  settle(source: string, schedule: Schedule, decide: Decide): Promise<Settled> {
    return settleSlots(this.database, source, schedule, decide);
  }

  /** Settles sources of which there is nothing to decide. @returns up to when; without those of which there may be something */
  settleAhead(awaited: readonly AwaitedSlot[]): Promise<ReadonlyMap<string, Date>> {
    return settleAhead(this.database, awaited);
  }

  /** The schedule as it was when the source was last settled. */
  async remembered(source: string): Promise<Schedule | null> {
    return (await this.schedules([source])).get(source) ?? null;
  }

  /** The same of each of these sources, by source. */
  async schedules(sources: readonly string[]): Promise<ReadonlyMap<string, Schedule>> {
    const rows: { source: string; schedule: Schedule }[] = await this.database
      .knex("sync.schedules")
      .whereIn("source", sources)
      .select("source", "schedule");
    return new Map(rows.map(({ source, schedule }) => [source, schedule]));
  }

  /** The schedule was taken away: what waits does not run, and what would have been missed from here on is not caught up. */
  forget(source: string): Promise<void> {
    return this.database.transaction(async (client) => {
      await client.query("delete from sync.schedules where source = $1", [source]);
      await client.query(
        `update sync.slots set state = 'missed', note = 'its schedule was taken away', decided_at = clock_timestamp()
         where source = $1 and state = 'due'`,
        [source],
      );
    });
  }

  /** Slots whose moment has come and whose source is free: of each source the oldest, which go first. */
  async due(): Promise<readonly (SlotRef & { readonly crashes: number })[]> {
    const { rows } = await this.database.knex.raw<{ rows: (SlotRef & { readonly crashes: number })[] }>(
      `select source, slot, crashes
       from (
         select s.source, s.slot, s.crashes, s.due_at, row_number() over (partition by s.source order by s.slot) as place
         from sync.slots s
         where s.state = 'due' and s.due_at <= clock_timestamp()
           and not exists (select from sync.slots r where r.source = s.source and r.state = 'running')
       ) as waiting
       where place <= ${DUE_TOGETHER} and sync.live_run(source) is null
       order by due_at limit 1000`,
    );
    return rows;
  }

  /** Makes the slot's run, unless the slot is decided already, its source is being worked on, or it is too late for it. */
  begin(
    ref: SlotRef,
  ): Promise<{ readonly state: "begun"; readonly run: number } | { readonly state: "wait" | "over" }> {
    const key = [ref.source, ref.slot];
    return this.database.transaction(async (client) => {
      // Two slots of one source do not begin at the same moment.
      await client.query("select from sync.schedules where source = $1 for update", [ref.source]);
      const { rows } = await client.query<BeginningSlot>(
        `select s.state = 'due' and s.due_at <= clock_timestamp() as due, s.run,
                (select r.state from sync.runs r where r.id = s.run) as seen,
                coalesce(clock_timestamp() > ${LAST_MOMENT}, false) as late,
                sync.live_run(s.source) is not null or exists (
                  select from sync.slots o join sync.runs r on r.id = o.run
                  where o.source = s.source and o.state = 'running' and r.state = 'queued'
                    and o.begun_at > clock_timestamp() - interval '${CLAIM_TIMEOUT}') as busy
         from sync.slots s left join sync.schedules c on c.source = s.source
         where s.source = $1 and s.slot = $2 for update of s`,
        key,
      );
      const [found] = rows;
      if (found === undefined || !found.due) return { state: "over" };
      if (found.late) {
        await giveUpLate(client, ref, found.run !== null);
        return { state: "over" };
      }
      // What an earlier attempt left behind is ended; if it lives after all, this one is not to begin beside it.
      const { run: left, seen } = found;
      if (found.busy || (left !== null && seen !== "finished" && !(await endDeadRun(client, left, seen ?? "queued"))))
        return { state: "wait" };
      const run = await makeRun(client, ref);
      await client.query(
        `update sync.slots set state = 'running', run = $3, attempts = attempts + 1, begun_at = clock_timestamp()
         where source = $1 and slot = $2`,
        [...key, run],
      );
      return { state: "begun", run };
    });
  }

  /**
   * Books the end of a slot's run: done, given up, or due again after a pause. What the run's row says counts more than what
   * its process thinks: the connection may have been lost with the commit. A slot that was taken back meanwhile is left alone.
   */
  end({ source, slot }: SlotRef, report: RunReport): Promise<void> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<RunningSlot>(
        // The run's row is locked by the transaction that is just committing it.
        `${RUNNING_SLOT} where s.source = $1 and s.slot = $2 and s.run = $3 and s.state = 'running' for update of s, r`,
        [source, slot, report.run],
      );
      const [found] = rows;
      if (found === undefined) return;
      // Its own report could not be stored.
      if (found.seen !== "finished") await endDeadRun(client, found.run, found.seen);
      await this.#book(client, found, found.report ?? report);
    });
  }

  /**
   * Takes back slots whose run died with its process, at once or, after too many times, for good; and books those whose run ended
   * without its process getting so far as to say so.
   */
  recover(): Promise<readonly { readonly slot: SlotRef; readonly setAside: boolean; readonly crashes: number }[]> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<RunningSlot>(
        `${RUNNING_SLOT}
         where s.state = 'running'
           and (r.state = 'finished'
             or (r.state = 'running' and sync.live_run(s.source) is distinct from r.id)
             or (r.state = 'queued' and s.begun_at < clock_timestamp() - interval '${CLAIM_TIMEOUT}'))
         order by s.source, s.slot for update of s skip locked`,
      );
      const died = [];
      for (const found of rows) {
        if (found.seen !== "finished" && !(await endDeadRun(client, found.run, found.seen))) continue;
        const { state, crashes } = await this.#book(client, found, found.report ?? DIED);
        const { source, slot } = found;
        if (crashes > found.crashes) died.push({ slot: { source, slot }, setAside: state === "failed", crashes });
      }
      return died;
    });
  }

  async #book(client: ClientBase, found: RunningSlot, report: Pick<RunReport, "error">): Promise<AfterRun> {
    const after = afterRun(report, { ...found, left: found.left ?? Number.POSITIVE_INFINITY }, this.terms);
    const { state, again, attempts, crashes, note } = after;
    await client.query(
      `update sync.slots
       set state = $3, attempts = $4, crashes = $5, note = $6,
           due_at = case when $3 = 'due' then clock_timestamp() + make_interval(secs => $7) else due_at end,
           decided_at = case when $3 = 'due' then null else clock_timestamp() end
       where source = $1 and slot = $2`,
      [found.source, found.slot, state, attempts, crashes, note, again / 1000],
    );
    return after;
  }

  /** Newest first. */
  list(source: string, limit: number): Promise<readonly SlotSummary[]> {
    return this.#newest([source], limit);
  }

  /** The newest slot of each of these sources, by source. */
  async latest(sources: readonly string[]): Promise<ReadonlyMap<string, SlotSummary>> {
    return new Map((await this.#newest(sources, 1)).map((slot) => [slot.source, slot]));
  }

  /** @param limit for each source */
  async #newest(sources: readonly string[], limit: number): Promise<readonly SlotSummary[]> {
    const { rows } = await this.database.knex.raw<{ rows: SlotSummary[] }>(
      `select newest.* from unnest(?::text[]) as asked (source) cross join lateral (
         select s.source, s.slot, s.state, s.due_at as "dueAt", coalesce(c.run, s.run) as run, s.attempts, s.crashes, s.note
         from sync.slots s left join sync.slots c on c.source = s.source and c.slot = s.covered_by
         where s.source = asked.source order by s.slot desc limit ?) as newest
       order by newest.source, newest.slot desc`,
      [[...sources], limit],
    );
    return rows;
  }

  /**
   * When a scheduler last looked at any source, null when none ever did; and what the time is now. What a clock that was set back since
   * has left counts only where there is nothing else: of a source without a job file it stays.
   */
  async clockSeenAt(): Promise<{ readonly clockSeenAt: string | null; readonly now: Date }> {
    const { rows } = await this.database.knex.raw<{ rows: { seen: string | null; now: string }[] }>(
      `select coalesce(max(settled_until) filter (where not ${settledByWrongClock("clock_timestamp()")}), max(settled_until)) as seen,
              clock_timestamp() as now
       from sync.schedules`,
    );
    const [row] = rows;
    return { clockSeenAt: row?.seen ?? null, now: new Date(row?.now ?? Number.NaN) };
  }
}

/** A run without a report: nobody was left to write one. */
const DIED: Pick<RunReport, "error"> = { error: { code: "RUN007", message: "", fix: null } };

/** A slot that could not begin within grace, or not begin again. */
async function giveUpLate(client: ClientBase, { source, slot }: SlotRef, wasTried: boolean): Promise<void> {
  await client.query(
    `update sync.slots set state = $3, note = concat_ws('; ', note, $4::text), decided_at = clock_timestamp()
     where source = $1 and slot = $2`,
    wasTried
      ? [source, slot, "failed", "too late to try again within grace"]
      : [source, slot, "missed", "it waited for longer than grace for a worker, or for its source to be free"],
  );
}

/** @param seen the state it was found in */
async function endDeadRun(client: ClientBase, run: number, seen: string): Promise<boolean> {
  const { rows } = await client.query<{ ended: boolean }>("select sync.end_dead_run($1, $2) as ended", [run, seen]);
  return rows[0]?.ended === true;
}

async function makeRun(client: ClientBase, { source, slot }: SlotRef): Promise<number> {
  const trigger: Trigger = { kind: "schedule", by: "schedule", reason: null, slot };
  const { rows } = await client.query<{ id: number }>(
    "insert into sync.runs (source, mode, options, trigger) values ($1, 'sync', $2, $3) returning id",
    [source, JSON.stringify(OPTIONS), JSON.stringify(trigger)],
  );
  return (rows[0] as { id: number }).id;
}
