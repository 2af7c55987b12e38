-- Which mapping each stream was mapped by, so that an edit of a mapping is told from a change upstream.

-- One row a version, by the run that first applied it; the latest is the one the mirror is kept by.
create table sync.mappings (
  source text not null,
  stream text not null,
  entity text not null,
  run bigint not null,
  at timestamptz not null,
  actor text not null,
  -- Over all that decides what a record becomes, its key apart.
  fingerprint text not null,
  -- Null for links, which have no key. `key` can be evaluated again: the expression as written, and the `let` it uses.
  key_fingerprint text,
  key jsonb,
  -- The latest run that used it.
  last_run bigint not null,
  primary key (source, stream, run)
);

create index mappings_entity on sync.mappings (source, entity, run desc);

-- Records that the latest version has not reached: not read since, rejected, or held. Of a child stream's links, their parents.
create table sync.stale_records (
  source text not null,
  stream text not null,
  key text not null,
  primary key (source, stream, key)
);

-- What a stored plan says of mappings once it is applied.
create table sync.plan_mappings (
  source text not null,
  plan text not null,
  stream text not null,
  entity text not null,
  fingerprint text not null,
  key_fingerprint text,
  key jsonb,
  foreign key (source, plan) references sync.plans on delete cascade
);

create index plan_mappings_plan on sync.plan_mappings (source, plan);

create table sync.plan_stale_records (
  source text not null,
  plan text not null,
  stream text not null,
  key text not null,
  foreign key (source, plan) references sync.plans on delete cascade
);

create index plan_stale_records_plan on sync.plan_stale_records (source, plan);

-- Records whose key a person had renamed. The audit keeps the key that was right at its time; these rows lead from one to the other.
create table sync.rekeys (
  source text not null,
  entity text not null,
  at timestamptz not null,
  old_key text not null,
  new_key text not null,
  run bigint not null,
  primary key (source, entity, new_key, at),
  unique (source, entity, old_key, at)
);

-- Since when a key means who it means before a moment: a rekey gave it, or took it from somebody else.
create function sync.key_taken_at(of_source text, of_entity text, of_key text, before timestamptz) returns timestamptz
  language sql stable parallel safe
  return (
    select coalesce(max(at), '-infinity') from (
      select max(at) as at from sync.rekeys where source = of_source and entity = of_entity and new_key = of_key and at < before
      union all
      select max(at) from sync.rekeys where source = of_source and entity = of_entity and old_key = of_key and at < before
    ) taken
  );

-- The key a record has now and those it had before, each with the time in which it was this record's.
create function sync.keys_of(of_source text, of_entity text, of_key text)
  returns table (key text, since timestamptz, until timestamptz)
  language sql stable parallel safe as $$
    with recursive back as (
      select of_key as key, sync.key_taken_at(of_source, of_entity, of_key, 'infinity') as since, timestamptz 'infinity' as until
      union all
      select r.old_key, sync.key_taken_at(of_source, of_entity, r.old_key, r.at), r.at
      from back b
      join sync.rekeys r on r.source = of_source and r.entity = of_entity and r.new_key = b.key and r.at = b.since
    )
    select key, since, until from back
  $$;

-- The key that whoever had `of_key` at a moment has now.
create function sync.current_key(of_source text, of_entity text, of_key text, moment timestamptz) returns text
  language sql stable parallel safe as $$
    with recursive ahead as (
      select of_key as key, moment as at
      union all
      select r.new_key, r.at
      from ahead a
      cross join lateral (
        select e.new_key, e.at from sync.rekeys e
        where e.source = of_source and e.entity = of_entity and e.old_key = a.key and e.at > a.at
        order by e.at limit 1
      ) r
    )
    select key from ahead order by at desc limit 1
  $$;

alter table sync.runs
  drop constraint runs_mode_check,
  add constraint runs_mode_check check (mode in ('sync', 'plan', 'retire', 'replay', 'rekey'));

-- A rekey renames whom they belong to.
alter table login.verifiers
  drop constraint verifiers_source_key_fkey,
  add constraint verifiers_user foreign key (source, key) references mirror.users on update cascade on delete cascade;
alter table login.sessions
  drop constraint sessions_source_key_fkey,
  add constraint sessions_user foreign key (source, key) references mirror.users on update cascade on delete cascade;
