-- That a source is owed a reading is told by whom the mirror let in and by the runs since, so nothing can lose it: no run that fails, no
-- process that ends.
select set_config('understudy.source', '*', true);

alter table login.admissions add column away boolean not null default false;

comment on column login.admissions.away is
  'The customer''s system did not answer, and no drill kept anybody from asking it: to be looked at by a run as soon as it does.';

create index admissions_away on login.admissions (source, at) where away;

update login.admissions a set away = true
from login.upstreams u
where u.source = a.source and a.at >= least(u.reading_owed_since, u.open_since);

alter table login.upstreams rename column reading_owed_since to read_anew_at;

update login.upstreams set read_anew_at = null where read_anew_at is not null;

comment on column login.upstreams.read_anew_at is
  'When a process last set about having the source read anew for those whom the mirror let in; null when that was never owed.';
