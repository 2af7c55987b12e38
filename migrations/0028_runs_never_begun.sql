-- As before; but of a run that was never begun it says so.
-- Ends a run whose process died, with the report that it could not write itself; false when it turns out to live or to have
-- ended. `seen` is the state it was found in, so that of two who come at once one decides.
create or replace function sync.end_dead_run(of_run bigint, seen text) returns boolean
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
          'code', 'RUN007', 'message', case seen
            when 'queued' then 'the process that was to begin this run died before it did; nothing was written'
            else 'the process that worked this run died; what was written before is whole' end,
          'fix', 'run it again'),
        'notes', '[]'::json)
  where id = of_run and state = seen and report is null;
  return found;
end
$$;
