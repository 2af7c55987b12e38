-- What the pipeline must remember between runs. `sync` itself is made by the migrator, whose ledger lives there too.

create schema if not exists sync;

-- Names this mirror, so that several may share one Redis.
create table sync.mirror (id uuid primary key);
insert into sync.mirror values (gen_random_uuid());

-- One row a source. `fence` only ever grows; a write transaction that finds another number than its own must not write.
create table sync.sources (
  source text primary key,
  fence bigint not null default 0,
  holder_run bigint,
  holder text,
  -- The database session of the holder, so that a holder that died is known at once and not after its lease.
  holder_pid integer,
  holder_session_started timestamptz,
  lease_until timestamptz,
  -- The source answers questions from here on.
  first_complete_at timestamptz,
  last_complete_at timestamptz,
  retired_at timestamptz
);

create table sync.runs (
  id bigint generated always as identity primary key,
  source text not null,
  mode text not null check (mode in ('sync', 'plan')),
  state text not null default 'queued' check (state in ('queued', 'running', 'finished')),
  options jsonb not null,
  trigger jsonb not null,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  outcome text,
  exit_code integer,
  -- Not jsonb: it keeps the order of the entities.
  report json
);

create index runs_source on sync.runs (source, id desc);

-- Scheduled moments; the unique pair makes a slot run once whoever ticks.
create table sync.slots (
  source text not null,
  slot timestamptz not null,
  state text not null default 'due',
  run bigint references sync.runs,
  primary key (source, slot)
);

-- Where an interrupted enumeration may go on.
create table sync.checkpoints (
  run bigint not null references sync.runs on delete cascade,
  stream text not null,
  position jsonb not null,
  at timestamptz not null,
  primary key (run, stream)
);

-- Digests of raw records whose mapping the mirror equals, valid under a fingerprint.
create table sync.digests (
  source text not null,
  stream text not null,
  key text not null,
  digest bytea not null,
  fingerprint bytea not null,
  primary key (source, stream, key)
);

-- First witness: absent from a complete enumeration. The second removes the record, a return deletes the row.
create table sync.absences (
  source text not null,
  entity text not null,
  key text not null,
  first_run bigint not null,
  first_at timestamptz not null,
  primary key (source, entity, key)
);

-- Records that could not be mapped or validated, until they heal. `record` is the key, or the place in the enumeration.
create table sync.rejects (
  source text not null,
  stream text not null,
  record text not null,
  entity text not null,
  key text,
  field text,
  code text not null,
  reason text not null,
  first_run bigint not null,
  first_at timestamptz not null,
  last_run bigint not null,
  last_at timestamptz not null,
  primary key (source, stream, record)
);

-- Removals done without a person having looked, for the limit over seven days.
create table sync.removals (
  source text not null,
  entity text not null,
  run bigint not null,
  at timestamptz not null,
  count bigint not null,
  primary key (source, entity, run)
);

create table sync.plans (
  source text not null,
  id text not null,
  hash text not null,
  run bigint not null references sync.runs,
  report json not null,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (source, id)
);

create table sync.plan_changes (
  source text not null,
  plan text not null,
  entity text not null,
  key text not null,
  related text not null,
  scope text not null,
  origin text not null,
  owner text not null,
  kind text not null,
  cause text not null,
  effective boolean not null,
  held boolean not null,
  -- Of the row when the plan was made; the plan no longer matches when it has moved.
  version bigint,
  old jsonb,
  new jsonb,
  foreign key (source, plan) references sync.plans on delete cascade
);

create index plan_changes_plan on sync.plan_changes (source, plan);

-- Changes over a limit, waiting for a person. A release is bound to the hash of the held set.
create table sync.holds (
  run bigint primary key references sync.runs,
  source text not null,
  hash text not null,
  count bigint not null,
  state text not null check (state in ('open', 'released', 'applied', 'rejected', 'replaced', 'expired')),
  evidence jsonb not null,
  held_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  reason text,
  expires_at timestamptz
);

create index holds_source on sync.holds (source, run desc);

create table sync.held_changes (
  run bigint not null references sync.holds on delete cascade,
  entity text not null,
  key text not null,
  related text not null,
  scope text not null,
  kind text not null,
  old jsonb,
  new jsonb,
  cause text not null
);

create index held_changes_run on sync.held_changes (run);

-- Where two versions of a JSON object differ: the values of `b` under every name whose value is not the same; null where gone.
create function sync.difference(a jsonb, b jsonb) returns jsonb
  language sql immutable parallel safe
  return (
    select coalesce(jsonb_object_agg(name, coalesce(b -> name, 'null'::jsonb)), '{}'::jsonb)
    from (select jsonb_object_keys(a) union select jsonb_object_keys(b)) as names (name)
    where a -> name is distinct from b -> name
  );

-- `{name: value}`, or nothing when there is nothing inside.
create function sync.nested(name text, value jsonb) returns jsonb
  language sql immutable parallel safe
  return case when value = '{}'::jsonb then '{}'::jsonb else jsonb_build_object(name, value) end;

-- What `sync.difference` says, applied: the names of `patch` laid over `base`, those with null taken away.
create function sync.patched(base jsonb, patch jsonb) returns jsonb
  language sql immutable parallel safe
  return (base || patch) - array(select name from jsonb_each(patch) as each_of (name, value) where value = 'null'::jsonb);
