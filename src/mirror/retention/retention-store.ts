import type { ClientBase, QueryResult } from "pg";
import { ENTITY_NAMES } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import type { KeptFor, PruneAnswer, Pruned, PruneRequest } from "../../domain/retention";
import type { Database } from "../database";
import { isLockTimeout } from "../fence";
import { TAKING_AWAY } from "../taking-away";
import { countTombstones, purgeTombstones } from "./purge-tombstones";
import { RULES } from "./rules";
import { type WatchedClock, watchClock, whyNotBelieved } from "./watch-clock";

/** Rows that one statement takes away. */
const BATCH = 10_000;
/** A day, less what a process that looks every hour may be late. Milliseconds. */
const DAILY = 82_800_000;

const BUSY = "a run works at its source; it goes the next time";
const IN_USE = "the audit is being read or written; it goes the next time";

/** Takes away what was kept long enough, and nothing younger (decision 0040). */
export class RetentionStore {
  constructor(
    private readonly database: Database,
    private readonly kept: KeptFor,
    private readonly clock: () => number = Date.now,
  ) {}

  /** @throws Failure RET001 for a clock that is not believed; RET002 while another process does the same */
  async prune({ dryRun, today, by }: PruneRequest): Promise<PruneAnswer> {
    return this.database.withClient(async (client) => {
      if (dryRun) return this.#tellDue(client, await watchClock(client, { note: false }), today);
      const answer = await alone(client, async () => {
        const clock = await watchClock(client, { note: true });
        return this.#pruneIfBelieved(client, clock, today, by);
      });
      if (answer !== null) return answer;
      throw new Failure("RET002", "another process takes away what is due, or erases somebody, at this moment", {
        fix: "try again later",
      });
    });
  }

  /**
   * For a process that stays, which may call it as often as it likes: null when it is not a day since, nothing is due, or another
   * process does it.
   *
   * @param signal ends it at once when aborted: what a statement was just doing is rolled back, or done whole if it is that quick
   * @throws Failure RET001; DB001 when it was ended
   */
  async pruneDaily(by: string, signal: AbortSignal): Promise<PruneAnswer | null> {
    return this.database.withClient(async (client) => {
      const cutOff = (): void => void client.end().catch(() => undefined);
      signal.addEventListener("abort", cutOff);
      return alone(client, async () => {
        const clock = await watchClock(client, { note: true });
        await makeNextMonth(client);
        const since = Date.parse(clock.now) - Date.parse(clock.prunedAt ?? "");
        if (since >= 0 && since < DAILY) return null;
        const answer = await this.#pruneIfBelieved(client, clock, null, by);
        return answer.pruned.length === 0 ? null : answer;
      }).finally(() => signal.removeEventListener("abort", cutOff));
    });
  }

  async #tellDue(client: ClientBase, clock: WatchedClock, today: string | null): Promise<PruneAnswer> {
    const due = await this.#prune(client, clock.now, null);
    const refused = due.pruned.length === 0 ? null : whyNotBelieved(clock, this.clock(), today);
    return { ...due, dryRun: true, refused: refused?.message ?? null };
  }

  /** A clock that is not believed is no trouble while nothing is due. */
  async #pruneIfBelieved(
    client: ClientBase,
    clock: WatchedClock,
    today: string | null,
    by: string,
  ): Promise<PruneAnswer> {
    const refused = whyNotBelieved(clock, this.clock(), today);
    if (refused === null) return this.#prune(client, clock.now, by);
    const due = await this.#prune(client, clock.now, null);
    if (due.pruned.length === 0) return due;
    throw refused;
  }

  /** By all rules, one after the other. @param by whom the audit names; null takes nothing away, and only counts */
  async #prune(client: ClientBase, at: string, by: string | null): Promise<PruneAnswer> {
    const pruned = [
      ...(await this.#auditMonths(client, at, by)),
      ...(await this.#tombstones(client, at, by)),
      ...(await this.#rows(client, at, by)),
    ].filter(({ count, what }) => count > 0 || what === "audit");
    // What waits is tried again within the hour.
    if (by !== null && pruned.length > 0 && pruned.every(({ waits }) => waits === null))
      await client.query("update sync.retention set pruned_at = sync.moment()");
    const { rows } = await client.query<{ since: string | null }>("select audit.kept_since() as since");
    return { dryRun: false, at, auditSince: rows[0]?.since ?? null, pruned, refused: null };
  }

  async #auditMonths(client: ClientBase, at: string, by: string | null): Promise<readonly Pruned[]> {
    const keptFor = `${this.kept.auditMonths} months`;
    const { rows } = await client.query<{ before: string; due: boolean }>(
      `select cut as before, exists (select from audit.parts() where ends <= cut and begins > '-infinity') as due
       from date_trunc('month', ($1::timestamptz - $2::interval) at time zone 'UTC') as month
       cross join lateral (select month at time zone 'UTC' as cut) cut`,
      [at, keptFor],
    );
    const { before = "", due = false } = rows[0] ?? {};
    if (!due) return [];
    const told = { what: "audit", source: null, entity: null, keptFor, before };
    try {
      const count = by === null ? await countOutlived(client, before) : await dropBefore(client, before, by);
      return [{ ...told, count, waits: null }];
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      return [{ ...told, count: 0, waits: IN_USE }];
    }
  }

  async #tombstones(client: ClientBase, at: string, by: string | null): Promise<readonly Pruned[]> {
    const keptFor = `${this.kept.tombstoneDays} days`;
    const before = await momentBefore(client, at, keptFor);
    const pruned: Pruned[] = [];
    for (const entity of ENTITY_NAMES)
      for (const { source, count } of await countTombstones(client, entity, before)) {
        const told = { what: "tombstones", source, entity, keptFor, before };
        const gone = by === null ? count : await purgeTombstones(client, { source, entity, before, by });
        pruned.push({ ...told, count: gone ?? count, waits: gone === null ? BUSY : null });
      }
    return pruned;
  }

  async #rows(client: ClientBase, at: string, by: string | null): Promise<readonly Pruned[]> {
    const pruned: Pruned[] = [];
    for (const { what, table, keptFor: ofKept, isOver } of RULES) {
      const keptFor = ofKept(this.kept);
      const before = await momentBefore(client, at, keptFor);
      const over = `from ${table} t where ${isOver}`;
      let count = 0;
      if (by === null)
        count =
          (await client.query<{ count: number }>(`select count(*) as count ${over}`, [before])).rows[0]?.count ?? 0;
      else
        for (let gone = BATCH; gone === BATCH; count += gone) {
          const batch = `delete from ${table} where ctid = any (array(select t.ctid ${over} limit ${BATCH}))`;
          gone = (await client.query(batch, [before])).rowCount ?? 0;
        }
      pruned.push({ what, source: null, entity: null, keptFor, before, count, waits: null });
    }
    return pruned;
  }
}

/** Whoever makes a month waits for all that read the audit, and everybody else for them: so it is there before it is needed. */
async function makeNextMonth(client: ClientBase): Promise<void> {
  try {
    await client.query("set local lock_timeout = '1s'; select audit.ensure_month(sync.moment() + interval '1 day')");
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    // Within the hour it is tried again.
  }
}

/** A month of a large mirror takes its time, in which others read and write. */
const PATIENTLY = "set local statement_timeout = '2h'";

async function countOutlived(client: ClientBase, before: string): Promise<number> {
  return inOneMessage(client, `select count(*) as count from audit.outlived(${client.escapeLiteral(before)})`);
}

async function dropBefore(client: ClientBase, before: string, by: string): Promise<number> {
  // Whoever makes a month keeps everybody from the audit until their transaction ends.
  await client.query("select audit.ensure_month(sync.moment())");
  const [cut, whom] = [before, by].map((text) => client.escapeLiteral(text));
  return inOneMessage(client, `select dropped as count from audit.drop_before(${cut}, ${whom})`);
}

/** A transaction whose end does not wait for us: at its end everybody waits for it, and this process may be stopped. */
async function inOneMessage(client: ClientBase, query: string): Promise<number> {
  const [, counted] = (await client.query(`${PATIENTLY}; ${query}`)) as unknown as QueryResult<{ count: number }>[];
  return counted?.rows[0]?.count ?? 0;
}

async function momentBefore(client: ClientBase, at: string, keptFor: string): Promise<string> {
  const { rows } = await client.query<{ before: string }>("select $1::timestamptz - $2::interval as before", [
    at,
    keptFor,
  ]);
  return rows[0]?.before ?? "";
}

/** Null when another process is at it. The lock goes with the session, if its process dies. */
async function alone<T>(client: ClientBase, work: () => Promise<T>): Promise<T | null> {
  const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${TAKING_AWAY}) as mine`);
  if (rows[0]?.mine !== true) return null;
  try {
    return await work();
  } finally {
    await client.query(`select pg_advisory_unlock(${TAKING_AWAY})`).catch(() => undefined);
  }
}
