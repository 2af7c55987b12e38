import type { ClientBase } from "pg";
import { Failure } from "../domain/errors";

/** How long a holder may be silent before its source can be taken over, in seconds, and how often it says it lives. */
const LEASE = 60;
const RENEW_EVERY = 15_000;

/**
 * Claims a source for a run by counting its fence up. A source is free when nobody holds it, when the holder's database session
 * is gone (its process died), or when the holder was silent for longer than its lease.
 *
 * @param session the database session that the run keeps for as long as it lives
 * @throws Failure RUN001, naming the holder
 */
export async function claimSource(
  session: ClientBase,
  claim: { readonly run: number; readonly source: string; readonly holder: string },
): Promise<number> {
  const { run, source, holder } = claim;
  await session.query("insert into sync.sources (source) values ($1) on conflict do nothing", [source]);
  const { rows } = await session.query<{ fence: string | number }>(
    `update sync.sources s
     set fence = fence + 1, holder_run = $2, holder = $3, lease_until = now() + make_interval(secs => $4),
         holder_pid = pg_backend_pid(),
         holder_session_started = (select backend_start from pg_stat_activity where pid = pg_backend_pid())
     where source = $1
       and (holder_run is null
         or lease_until < now()
         or not exists (
           select from pg_stat_activity a where a.pid = s.holder_pid and a.backend_start = s.holder_session_started))
     returning fence`,
    [source, run, holder, LEASE],
  );
  const won = rows[0];
  if (won === undefined) throw await sourceIsBusy(session, source);
  // Whoever held it before did not end its run: it was killed, or lost its database.
  await session.query(
    `update sync.runs set state = 'finished', outcome = 'interrupted', exit_code = 130, finished_at = now()
     where source = $1 and id <> $2
       and (state = 'running' or (state = 'queued' and queued_at < now() - interval '10 minutes'))`,
    [source, run],
  );
  await session.query("update sync.runs set state = 'running', started_at = now() where id = $1", [run]);
  return Number(won.fence);
}

async function sourceIsBusy(session: ClientBase, source: string): Promise<Failure> {
  const { rows } = await session.query<{ run: string; holder: string; since: Date | string | null }>(
    `select s.holder_run as run, s.holder, r.started_at as since
     from sync.sources s left join sync.runs r on r.id = s.holder_run where s.source = $1`,
    [source],
  );
  const held = rows[0];
  const since = held?.since == null ? "" : ` since ${new Date(held.since).toISOString()}`;
  return new Failure("RUN001", `\`${source}\` is being worked on by run ${held?.run} (${held?.holder})${since}`, {
    fix: `wait for it: understudy show ${held?.run}`,
    data: { run: Number(held?.run) },
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
): { readonly lost: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const renew = async (): Promise<void> => {
    const touched = await query(
      "update sync.sources set lease_until = now() + make_interval(secs => $3) where source = $1 and fence = $2",
      [source, fence, LEASE],
    );
    if (touched === 0)
      controller.abort(new Failure("RUN003", `another run took over \`${source}\`; this one writes nothing more`));
  };
  // A renewal that fails is tried again at the next beat; the fence itself is checked in every write.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_EVERY);
  timer.unref();
  return { lost: controller.signal, stop: () => clearInterval(timer) };
}
