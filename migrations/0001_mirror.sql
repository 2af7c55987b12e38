-- The mirror: what the customers' systems said last, keyed by (source, key).
-- `id` is the stable local id for other systems' foreign keys; a record that returns keeps it.

create schema if not exists mirror;

-- How names are compared: NFC, lower case by Unicode's rules whatever the database's locale.
create function mirror.canonical(name text) returns text
  language sql immutable strict parallel safe
  return normalize(lower(normalize(name, NFC) collate "und-x-icu"), NFC);

create table mirror.users (
  id bigint generated always as identity unique,
  source text not null,
  key text not null,
  username text not null,
  status text not null check (status in ('active', 'locked', 'disabled')),
  email text,
  display_name text,
  given_name text,
  family_name text,
  phone text,
  title text,
  locale text,
  timezone text,
  valid_from timestamptz,
  valid_until timestamptz,
  password_changed_at timestamptz,
  changed_at timestamptz,
  attributes jsonb not null default '{}',
  -- Names are unique within a realm: the source, unless a mapping says otherwise.
  realm text not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_run bigint not null,
  tombstoned_at timestamptz,
  -- Null for tombstones, so that the constraint leaves them out: a deferrable constraint cannot be partial.
  unique_name text generated always as (case when tombstoned_at is null then mirror.canonical(username) end) stored,
  primary key (source, key),
  -- Checked at commit: two people may swap their names.
  constraint users_name_unique unique (realm, unique_name) deferrable initially deferred
);

create table mirror.roles (
  id bigint generated always as identity unique,
  source text not null,
  key text not null,
  name text not null,
  description text,
  kind text,
  privileged boolean,
  attributes jsonb not null default '{}',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_run bigint not null,
  tombstoned_at timestamptz,
  primary key (source, key)
);

create table mirror.permissions (
  id bigint generated always as identity unique,
  source text not null,
  key text not null,
  name text not null,
  description text,
  resource text,
  action text,
  attributes jsonb not null default '{}',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_run bigint not null,
  tombstoned_at timestamptz,
  primary key (source, key)
);

create table mirror.orgs (
  id bigint generated always as identity unique,
  source text not null,
  key text not null,
  name text not null,
  -- The key of the org above; null at a root. It may point to an org that is not here.
  parent text,
  kind text,
  status text,
  attributes jsonb not null default '{}',
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_run bigint not null,
  tombstoned_at timestamptz,
  primary key (source, key)
);

create index orgs_parent on mirror.orgs (source, parent);

-- Links are kept by key, as the upstream states them. `origin` says who states it (a list field as `stream.field`, a child
-- stream by its name, later also a default or a local grant), `owner_key` the record that states it, so that no origin
-- sweeps another's. `effective` is true while both ends live; a link that is not is dangling and heals by itself.
create table mirror.user_roles (
  source text not null,
  user_key text not null,
  role_key text not null,
  -- The org within which the role is held; empty when held everywhere.
  org_key text not null default '',
  origin text not null,
  owner_key text not null,
  effective boolean not null,
  since timestamptz not null,
  last_run bigint not null,
  primary key (source, user_key, role_key, org_key, origin, owner_key)
);

create index user_roles_role on mirror.user_roles (source, role_key);

create table mirror.user_orgs (
  source text not null,
  user_key text not null,
  org_key text not null,
  origin text not null,
  owner_key text not null,
  effective boolean not null,
  since timestamptz not null,
  last_run bigint not null,
  primary key (source, user_key, org_key, origin, owner_key)
);

create index user_orgs_org on mirror.user_orgs (source, org_key);

create table mirror.role_permissions (
  source text not null,
  role_key text not null,
  permission_key text not null,
  origin text not null,
  owner_key text not null,
  effective boolean not null,
  since timestamptz not null,
  last_run bigint not null,
  primary key (source, role_key, permission_key, origin, owner_key)
);

create index role_permissions_permission on mirror.role_permissions (source, permission_key);

-- Names from the root down to the org itself; ends where a parent is missing, tombstoned or met again.
create function mirror.org_path(of_source text, of_key text) returns text[]
  language sql stable parallel safe
  return (
    with recursive up as (
      select o.key, o.parent, o.name, 1 as depth
      from mirror.orgs o
      where o.source = of_source and o.key = of_key and o.tombstoned_at is null
      union all
      select o.key, o.parent, o.name, up.depth + 1
      from up
      join mirror.orgs o on o.source = of_source and o.key = up.parent and o.tombstoned_at is null
    ) cycle key set met_again using way
    select array_agg(name order by depth desc) from up where not met_again
  );
