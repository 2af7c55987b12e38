-- What a first load wrote before it was cut off is guarded by nothing, for nobody was answered from it. That ends with the first
-- complete run after it, which has told of all of it: from then on it is lost as slowly as anything else.
alter table sync.runs add column told_by bigint;

comment on column sync.runs.told_by is 'For a run that was cut off: the complete run that came after it.';

update sync.runs r
set told_by = c.run
from (
  select source, max(id) as run
  from sync.runs
  where state = 'finished' and outcome in ('ok', 'rejects', 'held') and mode = 'sync'
    and options ->> 'only' is null and options ->> 'user' is null
  group by source
) c
where c.source = r.source and r.id < c.run and r.outcome in ('interrupted', 'store', 'failed');
