-- A process that may only answer logins cannot queue a run: it leaves word for one that can.
alter table login.upstreams add column reading_owed_since timestamptz;

comment on column login.upstreams.reading_owed_since is
  'Since when the mirror let people in who are to be looked at by a run; null when that is done, or was never owed.';
