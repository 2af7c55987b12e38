import type { PoolClient } from "pg";
import type { RetireAnswer } from "../domain/answers";
import { Failure } from "../domain/errors";
import { EVERYTHING, NOTHING_READ, type RunReport, type Trigger } from "../domain/runs";
import type { Database } from "./database";
import { endGrants } from "./end-grants";
import { endHolders, lockIdleSource } from "./idle-source";
import { dropStage } from "./stage/lasting-stage";
import { writeCommandAudit } from "./write-command-audit";

interface Retirement {
  readonly source: string;
  /** The job file that still describes the source, as people call it; null when there is none. */
  readonly file: string | null;
  /** How many live users the person saw; another number is refused. */
  readonly expect: number;
  readonly trigger: Trigger;
}

/**
 * What is kept of a source to go on with it. If it comes back it is read anew: a record known by its digest would bring no
 * password and no raw record, and an absence of long ago is no first witness.
 */
const FORGOTTEN = [
  ...["checkpoints", "watermarks", "pages", "digests", "absences", "rejects", "pins", "looked_at", "new_holders"],
  ...["told_states", "notices", "stale_records"],
];

/** Ends a source for good: nobody is answered from it any more; its records and their history are kept. */
export class RetireStore {
  constructor(private readonly database: Database) {}

  /**
   * One transaction: the source is marked, its fence is counted up so that nobody who held it can write, its sign-ins are
   * forgotten, and a run and an audit row tell who did it. A complete run with a job file takes the mark away again.
   *
   * @throws Failure USE002, USE004 when it must not be retired, RUN001 while a run works on it
   */
  async retire(retirement: Retirement): Promise<RetireAnswer> {
    const { source, file, expect, trigger } = retirement;
    if (file !== null)
      throw new Failure("USE004", `\`${source}\` still has its job file: its next run would bring it back`, {
        fix: `remove ${file} first`,
      });
    return this.database.transaction(async (client) => {
      const since = await lockIdleSource(client, source, "to retire");
      if (since !== null)
        throw new Failure("USE004", `\`${source}\` is retired already, since ${since}; nothing was done`, {
          fix: `see what is kept of it: understudy show ${source}`,
        });
      const users = await countUsers(client, source);
      if (users !== expect)
        throw new Failure("USE004", `\`${source}\` has ${users} live users, not ${expect}; nothing was done`, {
          fix: `look at them first: understudy show ${source}, then understudy source retire ${source} --expect ${users}`,
          data: { users },
        });
      const because = `the source was retired${trigger.reason === null ? "" : `: ${trigger.reason}`}`;
      await closeSlots(client, source, because);
      await endHolders(client, source);
      const retiredAt = await markRetired(client, source);
      await closeHolds(client, source, trigger.by, because);
      await forgetSignIns(client, source);
      // Like every link of the source they count for nobody any more; unlike those nobody would state them again.
      await client.query("delete from mirror.default_roles where source = $1", [source]);
      await endGrants(client, { source, user: null }, { cause: "retired", by: trigger.by, reason: because });
      await client.query("delete from sync.raw_records where source = $1", [source]);
      for (const table of FORGOTTEN) await client.query(`delete from sync.${table} where source = $1`, [source]);
      await dropStage(client, source);
      const run = await keepRun(client, { source, retiredAt, users, trigger });
      const { by: actor, reason } = trigger;
      await writeCommandAudit(client, [
        { run, source, entity: "sources", key: source, kind: "tombstone", cause: "retired", actor, reason },
      ]);
      return { source, run, retiredAt, users };
    });
  }
}

async function countUsers(client: PoolClient, source: string): Promise<number> {
  const { rows } = await client.query<{ users: number }>(
    "select count(*) as users from mirror.users where source = $1 and tombstoned_at is null",
    [source],
  );
  return rows[0]?.users ?? 0;
}

/** @returns when, as the database has it */
async function markRetired(client: PoolClient, source: string): Promise<string> {
  const { rows } = await client.query<{ retired_at: string }>(
    "update sync.sources set retired_at = now() where source = $1 returning retired_at",
    [source],
  );
  return rows[0]?.retired_at ?? "";
}

/** No slot is to be worked or caught up. In the order in which others lock these rows. */
async function closeSlots(client: PoolClient, source: string, because: string): Promise<void> {
  await client.query("delete from sync.schedules where source = $1", [source]);
  await client.query(
    `update sync.slots set state = case state when 'due' then 'missed' else 'failed' end, note = $2, decided_at = now()
     where source = $1 and state in ('due', 'running')`,
    [source, because],
  );
}

/** A hold is a question that nobody asks any more. One that was rejected would silence the same set if the source comes back. */
async function closeHolds(client: PoolClient, source: string, by: string, because: string): Promise<void> {
  await client.query(
    `update sync.holds set state = 'expired', decided_at = now(), decided_by = $2, reason = $3
     where source = $1 and state in ('open', 'released', 'rejected')`,
    [source, by, because],
  );
}

const SIGN_INS = ["verifiers", "sessions", "sign_in_codes", "last_logins", "failures", "admissions", "upstreams"];

/** What is remembered of the ways to check a login. */
const WAYS = ["sign_ins", "used_tokens", "issuers"];

async function forgetSignIns(client: PoolClient, source: string): Promise<void> {
  for (const table of [...SIGN_INS, ...WAYS])
    await client.query(`delete from login.${table} where source = $1`, [source]);
}

interface Retired {
  readonly source: string;
  readonly retiredAt: string;
  readonly users: number;
  readonly trigger: Trigger;
}

/** @returns the number of the run that says who did it, when and why */
async function keepRun(client: PoolClient, { source, retiredAt, users, trigger }: Retired): Promise<number> {
  const options = { mode: "retire", ...EVERYTHING };
  const { rows } = await client.query<{ id: number }>(
    `insert into sync.runs (source, mode, state, options, trigger, queued_at, started_at, finished_at, outcome, exit_code)
     values ($1, 'retire', 'finished', $2, $3, now(), now(), now(), 'ok', 0) returning id`,
    [source, JSON.stringify(options), JSON.stringify(trigger)],
  );
  const { id: run } = rows[0] as { id: number };
  const report: RunReport = {
    run,
    source,
    outcome: "ok",
    exitCode: 0,
    trigger,
    startedAt: retiredAt,
    finishedAt: retiredAt,
    ...NOTHING_READ,
    notes: [`\`${source}\` was retired with ${users} live users; they and their history are kept`],
  };
  await client.query("update sync.runs set report = $2 where id = $1", [run, JSON.stringify(report)]);
  return run;
}
