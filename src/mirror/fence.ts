import type { ClientBase } from "pg";
import { Failure } from "../domain/errors";

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
 * @param session the database session that the run keeps for as long as it lives
 * @throws Failure RUN001, naming the holder; RUN003 for a run that was given up, or that another process works
 */
export async function claimSource(session: ClientBase, claim: Claim, { length }: LeaseTerms): Promise<number> {
  const { run, source, holder } = claim;
  await session.query("insert into sync.sources (source) values ($1) on conflict do nothing", [source]);
  await session.query("begin");
  try {
    const { rows } = await session.query<{ fence: string | number }>(
      `with free as (
         select s.source from sync.sources s
         where s.source = $1 and not sync.is_held(s.holder_run, s.holder_pid, s.holder_session_started, s.lease_until)
         for update
       )
       update sync.sources s
       set fence = fence + 1, holder_run = $2, holder = $3, lease_until = clock_timestamp() + make_interval(secs => $4),
           holder_pid = pg_backend_pid(),
           holder_session_started = (select backend_start from pg_stat_activity where pid = pg_backend_pid())
       from free where s.source = free.source
       returning fence`,
      [source, run, holder, length],
    );
    const [won] = rows;
    if (won === undefined) throw await whyNotFree(session, claim);
    const begun = await session.query(
      "update sync.runs set state = 'running', started_at = now() where id = $1 and state = 'queued'",
      [run],
    );
    if (begun.rowCount === 0) throw givenUp(run);
    // Whoever held it before did not end its run: it was killed, or lost its database. What waits for a day waits in vain.
    await session.query(
      `select sync.end_dead_run(id, state) from sync.runs
       where source = $1 and id <> $2 and state <> 'finished'
         and (state = 'running' or (state = 'queued' and queued_at < now() - interval '1 day'))`,
      [source, run],
    );
    await session.query("commit");
    return Number(won.fence);
  } catch (error) {
    // A connection that is gone has rolled back already.
    await session.query("rollback").catch(() => undefined);
    throw isLockTimeout(error) ? await whyNotFree(session, claim) : error;
  }
}

interface Claim {
  readonly run: number;
  readonly source: string;
  readonly holder: string;
}

const givenUp = (run: number): Failure =>
  new Failure("RUN003", `run ${run} was given up before it began, because its process seemed dead; it writes nothing`, {
    fix: "nothing is lost: it is, or was, done by another run",
  });

/** The holder's last transaction was still open after the session's patience had ended. */
const isLockTimeout = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "55P03";

async function whyNotFree(session: ClientBase, { run, source }: Claim): Promise<Failure> {
  const { rows } = await session.query<{ run: string | null; holder: string; since: Date | string | null }>(
    `select s.holder_run as run, s.holder, r.started_at as since
     from sync.sources s left join sync.runs r on r.id = s.holder_run where s.source = $1`,
    [source],
  );
  const held = rows[0];
  if (held?.run == null)
    return new Failure("RUN001", `\`${source}\` was being worked on until this moment`, { fix: "run it again" });
  if (Number(held.run) === run)
    return new Failure("RUN003", `run ${run} is being worked by another process already; this one leaves it alone`, {
      fix: `see how it goes: understudy show ${run}`,
    });
  const since = held.since === null ? "" : ` since ${new Date(held.since).toISOString()}`;
  return new Failure("RUN001", `\`${source}\` is being worked on by run ${held.run} (${held.holder})${since}`, {
    fix: `wait for it: understudy show ${held.run}`,
    data: { run: Number(held.run) },
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
 * @param query runs one statement and tells how many rows it touched
 * @returns a signal that is aborted with RUN003 once another run has taken over, and how to stop
 */
export function keepLease(
  query: (sql: string, parameters: readonly unknown[]) => Promise<number>,
  source: string,
  fence: number,
  { length, renewEvery }: LeaseTerms,
): { readonly lost: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const renew = async (): Promise<void> => {
    const touched = await query(
      "update sync.sources set lease_until = now() + make_interval(secs => $3) where source = $1 and fence = $2",
      [source, fence, length],
    );
    if (touched === 0)
      controller.abort(new Failure("RUN003", `another run took over \`${source}\`; this one writes nothing more`));
  };
  // A renewal that fails is tried again at the next beat; the fence itself is checked in every write.
  const timer = setInterval(() => void renew().catch(() => undefined), renewEvery);
  timer.unref();
  return { lost: controller.signal, stop: () => clearInterval(timer) };
}
