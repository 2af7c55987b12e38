import type { ClientBase } from "pg";
import { Failure } from "../domain/errors";
import type { SessionName } from "./session-name";
import { inTransaction } from "./transaction";

/** How a holder says that it lives. */
export interface LeaseTerms {
  /** How long a holder may be silent before its source can be taken over, in seconds. */
  readonly length: number;
  /** How often it says that it lives, in milliseconds. */
  readonly renewEvery: number;
}

export const LEASE: LeaseTerms = { length: 60, renewEvery: 15_000 };

/**
 * Claims a source for a run by counting its fence up. A source is free when nobody holds it, when the holder's database session
 * is gone (its process died), or when the holder was silent for longer than its lease; not while it commits what it wrote. The
 * run must still be queued: one that was given up meanwhile, because its process seemed dead, is somebody else's by now.
 *
 * @param session the database session that the run works on
 * @param lost the session on which this very claim was tried before, if nobody knows what became of it
 * @throws Failure RUN001, naming the holder; RUN003 for a run that was given up, or that another process works
 */
export async function claimSource(
  session: ClientBase,
  claim: Claim,
  { length }: LeaseTerms,
  lost: SessionName | null = null,
): Promise<number> {
  const { run, source, holder } = claim;
  await session.query("insert into sync.sources (source) values ($1) on conflict do nothing", [source]);
  try {
    return await inTransaction(session, async () => {
      const { rows } = await session.query<{ fence: number; again: boolean | null }>(
        `with free as (
           select s.source, s.holder_run = $2 and s.holder_pid = $5 and s.holder_session_started = $6 as again
           from sync.sources s
           where s.source = $1 and not sync.is_held(s.holder_run, s.holder_pid, s.holder_session_started, s.lease_until)
           for update
         )
         update sync.sources s
         set fence = fence + 1, holder_run = $2, holder = $3, ${HELD_BY_THIS_SESSION("$4")}
         from free where s.source = free.source
         returning fence, free.again`,
        [source, run, holder, length, lost?.pid ?? null, lost?.began ?? null],
      );
      const [won] = rows;
      if (won === undefined) throw await whyNotFree(session, claim);
      const begun = await session.query(
        "update sync.runs set state = 'running', started_at = now() where id = $1 and (state = 'queued' or (state = 'running' and $2))",
        [run, won.again === true],
      );
      if (begun.rowCount === 0) throw givenUp(run);
      // Whoever held it before did not end its run: it was killed, or lost its database. What waits for a day waits in vain.
      await session.query(
        `select sync.end_dead_run(id, state) from sync.runs
         where source = $1 and id <> $2 and state <> 'finished'
           and (state = 'running' or (state = 'queued' and queued_at < now() - interval '1 day'))`,
        [source, run],
      );
      return won.fence;
    });
  } catch (error) {
    throw isLockTimeout(error) ? await whyNotFree(session, claim) : error;
  }
}

/** @param length the parameter that says how long the lease is, in seconds */
const HELD_BY_THIS_SESSION = (length: string): string => `
  lease_until = clock_timestamp() + make_interval(secs => ${length}), holder_pid = pg_backend_pid(),
  holder_session_started = (select backend_start from pg_stat_get_activity(pg_backend_pid()))`;

/**
 * Goes on holding a source by another session, after the one that held it was lost. Nobody else can have taken it over since.
 *
 * @throws Failure RUN003 when another run has
 */
export async function transferLease(
  session: ClientBase,
  { run, source }: Pick<Claim, "run" | "source">,
  fence: number,
  { length }: LeaseTerms,
): Promise<void> {
  const held = await session.query(
    `update sync.sources set ${HELD_BY_THIS_SESSION("$4")} where source = $1 and holder_run = $2 and fence = $3`,
    [source, run, fence, length],
  );
  if (held.rowCount === 0) throw overtaken(source);
}

/**
 * Part of every write transaction: only the newest holder of a source may write. From here on others wait for this session's
 * locks, so it may not be idle for long; and what is written is told as of this moment.
 */
export async function checkFence({
  client,
  source,
  fence,
}: {
  readonly client: ClientBase;
  readonly source: string;
  readonly fence: number;
}): Promise<void> {
  const { rows } = await client.query<{ fence: number }>(
    // Of all writers of the row only `claimSource` must wait: the holder goes on saying that it lives.
    `select fence, set_config('idle_in_transaction_session_timeout', '1min', true),
            set_config('understudy.moment', clock_timestamp()::text, true)
     from sync.sources where source = $1 for key share`,
    [source],
  );
  if (rows[0]?.fence !== fence) throw overtaken(source);
}

/**
 * Sees that a session that is of no use any more does nothing more either: what was sent on it may still be on its way, or be
 * committing. Afterwards that is done, or will never be.
 *
 * @throws Failure DB001 when it does not end
 */
export async function endSession(session: ClientBase, { pid, began }: SessionName): Promise<void> {
  const { rows } = await session.query<{ ended: boolean }>(
    `select pg_terminate_backend(pid, 20000) as ended from pg_stat_activity
     where pid = $1 and backend_start = $2 and pid <> pg_backend_pid() and usename = current_user`,
    [pid, began],
  );
  if (rows.some(({ ended }) => !ended))
    throw new Failure(
      "DB001",
      "a session that the run worked on before does not end, so nobody knows what it still writes",
      {
        fix: `see what it does (pg_stat_activity, pid ${pid}), then run it again`,
      },
    );
}

export interface Claim {
  readonly run: number;
  readonly source: string;
  readonly holder: string;
}

const givenUp = (run: number): Failure =>
  new Failure("RUN003", `run ${run} was given up before it began, because its process seemed dead; it writes nothing`, {
    fix: "nothing is lost: it is, or was, done by another run",
  });

export const overtaken = (source: string): Failure =>
  new Failure("RUN003", `another run took over \`${source}\`; this one writes nothing more`, {
    fix: "nothing is lost: the other run does the same work",
  });

/** The holder's last transaction was still open when the session's lock timeout had passed. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "55P03";

async function whyNotFree(session: ClientBase, { run, source }: Claim): Promise<Failure> {
  const { rows } = await session.query<{ run: number | null; holder: string; since: string | null }>(
    `select s.holder_run as run, s.holder, r.started_at as since
     from sync.sources s left join sync.runs r on r.id = s.holder_run where s.source = $1`,
    [source],
  );
  const held = rows[0];
  if (held?.run == null)
    return new Failure("RUN001", `\`${source}\` was being worked on until this moment`, { fix: "run it again" });
  if (held.run === run)
    return new Failure("RUN003", `run ${run} is being worked by another process already; this one leaves it alone`, {
      fix: `see how it goes: understudy show ${run}`,
    });
  const since = held.since === null ? "" : ` since ${held.since}`;
  return new Failure("RUN001", `\`${source}\` is being worked on by run ${held.run} (${held.holder})${since}`, {
    fix: `see how it goes: understudy show ${held.run}; or sync when it is done: understudy sync ${source} --wait`,
    data: { run: held.run },
  });
}

export async function releaseSource(session: ClientBase, source: string, fence: number): Promise<void> {
  await session.query(
    `update sync.sources set holder_run = null, holder = null, holder_pid = null, lease_until = null
     where source = $1 and fence = $2`,
    [source, fence],
  );
}

/**
 * Says every few seconds that the holder lives, on another session than the run's, which may be busy.
 *
 * @param query runs one statement and tells how many rows it touched; rejects when that takes too long
 * @param silent called when that could not be said for as long as the lease is: an answer that the run waits for may never come
 * @returns a signal that is aborted with RUN003 once another run has taken over, and how to stop
 */
export function keepLease(
  query: (sql: string, parameters: readonly unknown[]) => Promise<number>,
  { source, fence, silent }: { readonly source: string; readonly fence: number; readonly silent: () => void },
  { length, renewEvery }: LeaseTerms,
): { readonly lost: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let heardAt = performance.now();
  let isAnswered = true;
  const renew = async (): Promise<void> => {
    isAnswered = false;
    const touched = await query(
      "update sync.sources set lease_until = now() + make_interval(secs => $3) where source = $1 and fence = $2",
      [source, fence, length],
    );
    isAnswered = true;
    heardAt = performance.now();
    if (touched === 0) controller.abort(overtaken(source));
  };
  const timer = setInterval(() => {
    // Of a process that was paused nobody knows yet whether it is answered.
    if (!isAnswered && performance.now() - heardAt > length * 1000) silent();
    // A renewal that fails is tried again at the next beat; the fence itself is checked in every write.
    void renew().catch(() => undefined);
  }, renewEvery);
  timer.unref();
  return { lost: controller.signal, stop: () => clearInterval(timer) };
}
