-- Also a run that was incomplete tells of what an interrupted first load left: from then on it is lost as slowly as anything else.
update sync.runs r
set told_by = c.run
from (
  select source, max(id) as run
  from sync.runs
  where state = 'finished' and outcome = 'incomplete' and mode = 'sync' and options ->> 'user' is null
  group by source
) c
where c.source = r.source and r.id < c.run and r.told_by is null and r.outcome in ('interrupted', 'store', 'failed');

comment on column sync.runs.told_by is 'For a run that was cut off: the first run that was concluded after it.';
