-- What is asked of a source's runs at every look and at the end of every run is found among years of them: its latest run over
-- everything, and the runs that were cut off and that no concluded one has told of yet.

create index runs_whole on sync.runs (source, id desc)
  where mode = 'sync' and options ->> 'user' is null and options ->> 'only' is null;

create index runs_cut_off on sync.runs (source)
  where told_by is null and outcome in ('interrupted', 'store', 'failed');
