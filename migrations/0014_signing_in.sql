-- What a login needs in place of what 0004 made ready, to which nothing was ever written.
-- `at` and its like are the clocks of the processes that answer logins; `login.clock` shows when one was set back.

drop table login.attempts;
drop table login.verifiers;

-- What a password is checked against while the customer's system is out of reach: one a person, made by its last yes or brought
-- by a mapping, and gone in the transaction that disables, removes or renews.
create table login.verifiers (
  source text not null,
  key text not null,
  -- Self-describing, made with a pepper that is not in this database.
  hash text not null,
  -- The last live yes; null when there was none.
  vouched_at timestamptz,
  -- A keyed digest of what the mapping brought: while a complete read brings the same, the customer's system vouches for it.
  imported bytea,
  -- Whether `hash` is still what the mapping brought, in a form of the customer's.
  is_foreign boolean not null default false,
  -- A keyed digest of the login that was typed at the last yes: some sign in by what is not their user name here.
  login bytea,
  primary key (source, key),
  foreign key (source, key) references mirror.users on update cascade on delete cascade
);

create index verifiers_login on login.verifiers (source, login);

-- Failures in a row by login, and failures within a window by address and by source. `subject` is a keyed digest: what strangers
-- type, a password in the wrong field for one, is kept nowhere.
create table login.failures (
  source text not null,
  kind text not null check (kind in ('login', 'address', 'source')),
  subject bytea not null,
  failures integer not null,
  -- When the last one was, or the first of the window.
  at timestamptz not null,
  primary key (source, kind, subject)
);

create index failures_at on login.failures (at);

-- When each person was let in last.
create table login.last_logins (
  source text not null,
  key text not null,
  live_at timestamptz,
  mirror_at timestamptz,
  primary key (source, key),
  foreign key (source, key) references mirror.users on update cascade on delete cascade
);

-- Everybody let in by the mirror, to be looked at again when the customer's system is back.
create table login.admissions (
  id bigint generated always as identity primary key,
  source text not null,
  key text not null,
  at timestamptz not null,
  as_of timestamptz not null
);

create index admissions_source on login.admissions (source, at);
create index admissions_person on login.admissions (source, key);

-- Whether a customer's system is asked at logins: open by probes alone, or by a drill.
create table login.upstreams (
  source text primary key,
  open_since timestamptz,
  -- Whoever probes says so before; a breaker that nobody probes is not believed.
  probed_at timestamptz,
  -- Since when it can be asked again; null while it is open.
  closed_at timestamptz,
  drill_until timestamptz
);

-- The latest time seen by anybody who answers logins.
create table login.clock (
  only_one boolean primary key default true check (only_one),
  seen_at timestamptz not null
);

-- Roles given here; no synchronization reads or writes them, but who is gone loses their effect and gets it back with the person.
create table mirror.local_grants (
  id bigint generated always as identity primary key,
  source text not null,
  user_key text not null,
  role_key text not null,
  -- Empty when held everywhere.
  org_key text not null default '',
  granted_at timestamptz not null,
  granted_by text not null,
  reason text not null,
  expires_at timestamptz,
  -- False while the person or the role is gone.
  effective boolean not null default true,
  ended_at timestamptz,
  ended_by text,
  end_reason text
);

create unique index local_grants_standing on mirror.local_grants (source, user_key, role_key, org_key) where ended_at is null;
create index local_grants_role on mirror.local_grants (source, role_key) where ended_at is null;
create index local_grants_expiry on mirror.local_grants (expires_at) where ended_at is null;

-- Roles that everybody of a source holds, as its job says.
create table mirror.default_roles (
  source text not null,
  role_key text not null,
  primary key (source, role_key)
);

-- Every role a person holds, by whom it is given. `origin` names the stream that states an upstream one.
create function mirror.held_roles(of_source text, of_user text)
  returns table (role_key text, org_key text, origin text, given text, expires_at timestamptz)
  language sql stable parallel safe as $$
  select ur.role_key, ur.org_key, ur.origin, 'upstream', null::timestamptz
  from mirror.user_roles ur
  where ur.source = of_source and ur.user_key = of_user and ur.effective
  union all
  select g.role_key, g.org_key, 'local', 'local', g.expires_at
  from mirror.local_grants g
  where g.source = of_source and g.user_key = of_user and g.effective and g.ended_at is null
    and (g.expires_at is null or g.expires_at > now())
  union all
  select d.role_key, '', 'default', 'default', null
  from mirror.default_roles d
  where d.source = of_source
$$;

create or replace view mirror.identities as
select
  u.source,
  u.key,
  u.id,
  u.username,
  u.status,
  u.email,
  u.display_name,
  s.last_complete_at as as_of,
  coalesce(r.roles, '[]'::jsonb) as roles,
  coalesce(p.permissions, '[]'::jsonb) as permissions,
  coalesce(o.organizations, '[]'::jsonb) as organizations
from mirror.users u
join sync.sources s on s.source = u.source and s.first_complete_at is not null and s.retired_at is null
left join lateral (
  select jsonb_agg(
    jsonb_build_object(
      'key', held.role_key, 'name', role.name, 'org', nullif(held.org_key, ''), 'origin', held.origin, 'given', held.given,
      'expiresAt', to_char(held.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'privileged', coalesce(role.privileged, false))
    order by role.name, held.role_key, held.org_key, held.origin
  ) as roles
  from mirror.held_roles(u.source, u.key) held
  join mirror.roles role on role.source = u.source and role.key = held.role_key and role.tombstoned_at is null
) r on true
left join lateral (
  select jsonb_agg(jsonb_build_object('key', held.key, 'name', held.name, 'via', held.via) order by held.name, held.key) as permissions
  from (
    select rp.permission_key as key, permission.name, jsonb_agg(distinct role.role_key) as via
    from mirror.held_roles(u.source, u.key) role
    join mirror.role_permissions rp on rp.source = u.source and rp.role_key = role.role_key and rp.effective
    join mirror.permissions permission on permission.source = rp.source and permission.key = rp.permission_key
    group by rp.permission_key, permission.name
  ) held
) p on true
left join lateral (
  select jsonb_agg(
    jsonb_build_object('key', belongs.org_key, 'name', org.name, 'path', to_jsonb(mirror.org_path(u.source, belongs.org_key)))
    order by org.name, belongs.org_key
  ) as organizations
  from (
    select distinct uo.org_key from mirror.user_orgs uo
    where uo.source = u.source and uo.user_key = u.key and uo.effective
  ) belongs
  join mirror.orgs org on org.source = u.source and org.key = belongs.org_key
) o on true
where u.tombstoned_at is null;
