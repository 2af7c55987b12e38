-- The schedule: which slots there were, what became of each, and up to where all were decided.

-- One row a scheduled source. `settled_until` moves every few seconds while a scheduler runs, and so tells that one does.
create table sync.schedules (
  source text primary key,
  settled_until timestamptz not null,
  -- As the job file said it last, durations in milliseconds: a file that breaks does not stop the clock.
  schedule jsonb not null
);

alter table sync.slots
  -- The slot with its source's jitter; later while it waits for another attempt.
  add column due_at timestamptz not null default now(),
  add column attempts integer not null default 0,
  -- Processes that died of it.
  add column crashes integer not null default 0,
  add column begun_at timestamptz,
  -- When its end was decided; null while it is open.
  add column decided_at timestamptz,
  -- The later slot that caught this one up.
  add column covered_by timestamptz,
  -- Why it is as it is, for people: codes and their titles, no personal data.
  add column note text,
  add column created_at timestamptz not null default now(),
  add constraint slots_state check (state in ('due', 'running', 'done', 'failed', 'skipped', 'missed', 'covered'));

create index slots_open on sync.slots (due_at) where state in ('due', 'running');

alter table sync.runs
  drop constraint runs_mode_check,
  add constraint runs_mode_check check (mode in ('sync', 'plan', 'retire')),
  -- The person who asked for it has asked for its end; whoever works it looks here.
  add column stop_requested_at timestamptz;

create index runs_open on sync.runs (source) where state <> 'finished';

-- Whether somebody works at a source: not when the process died, nor when it was silent for longer than its lease. The columns are
-- arguments, so that a statement that had to wait for the row looks at what it says then.
create function sync.is_held(holder_run bigint, holder_pid integer, session_started timestamptz, lease_until timestamptz)
  returns boolean
  language sql volatile
  return holder_run is not null and lease_until >= clock_timestamp()
    and exists (select from pg_stat_activity a where a.pid = holder_pid and a.backend_start = session_started);

-- The run that holds a source at this moment, or null.
create function sync.live_run(of_source text) returns bigint
  language sql volatile
  return (
    select s.holder_run from sync.sources s
    where s.source = of_source and sync.is_held(s.holder_run, s.holder_pid, s.holder_session_started, s.lease_until)
  );

create function sync.rfc3339(moment timestamptz) returns text
  language sql stable parallel safe
  return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Ends a run whose process died, with the report that it could not write itself; false when it turns out to live or to have
-- ended. `seen` is the state it was found in, so that of two who come at once one decides.
create function sync.end_dead_run(of_run bigint, seen text) returns boolean
  language plpgsql as $$
declare
  found_source text;
begin
  -- A transaction sees the sessions as they were when it first asked; who came since then lives too.
  perform pg_stat_clear_snapshot();
  if seen = 'running' and exists (select from sync.sources s where s.holder_run = of_run) then
    -- Who is just committing holds the row, and is not dead.
    select s.source into found_source from sync.sources s where s.holder_run = of_run for update skip locked;
    if not found then return false; end if;
    -- A process that was only paused must not write any more, so its fence is taken away.
    update sync.sources s
    set fence = fence + 1, holder_run = null, holder = null, holder_pid = null, holder_session_started = null, lease_until = null
    where s.source = found_source and s.holder_run = of_run
      and not sync.is_held(s.holder_run, s.holder_pid, s.holder_session_started, s.lease_until);
    if not found then return false; end if;
  end if;
  update sync.runs
  set state = 'finished', outcome = 'interrupted', exit_code = 130, finished_at = coalesce(finished_at, now()),
      report = json_build_object(
        'run', id, 'source', source, 'outcome', 'interrupted', 'exitCode', 130, 'plan', null, 'trigger', trigger,
        'startedAt', sync.rfc3339(coalesce(started_at, queued_at)), 'finishedAt', sync.rfc3339(coalesce(finished_at, now())),
        'requests', 0, 'bytes', 0, 'entities', '{}'::json, 'rejects', '[]'::json, 'rejectsOmitted', 0, 'hold', null,
        'error', json_build_object(
          'code', 'RUN007', 'message', 'the process that worked this run died; what was written before is whole',
          'fix', 'run it again'),
        'notes', '[]'::json)
  where id = of_run and state = seen and report is null;
  return found;
end
$$;
