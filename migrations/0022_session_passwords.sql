-- A session is of the password that opened it: once another one is recorded, it is held no more, whatever a run that was recording it
-- at that moment could see of it.
alter table login.sessions add column password_changed_at timestamptz;

comment on column login.sessions.password_changed_at is 'When the password was changed last, as the mirror had it at the login.';

update login.sessions l
set password_changed_at = u.password_changed_at
from mirror.users u
where u.source = l.source and u.key = l.key;
