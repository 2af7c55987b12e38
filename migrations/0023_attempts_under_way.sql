-- Attempts that are under way are told from those that failed: a right password among many at once is asked to come again, instead
-- of being refused. And a login that succeeds changes its row in place, where it was deleted and made anew by the next: an index on
-- the time would have to follow each of them, for a tidying that may as well read everything.
alter table login.failures add column under_way integer not null default 0;
alter table login.failures add column begun_at timestamptz;

comment on column login.failures.under_way is 'Attempts that began and have not ended; those that never do are failures.';
comment on column login.failures.begun_at is 'When the last attempt began.';
comment on column login.failures.at is 'When the last failure was, or the first of the window.';

drop index login.failures_at;
alter table login.failures set (fillfactor = 70);
alter table login.last_logins set (fillfactor = 70);
