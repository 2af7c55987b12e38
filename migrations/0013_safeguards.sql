-- What a person must know of held changes to decide, and what the safeguards must remember between runs.

-- A link without effect gives nobody anything and takes nothing away.
alter table sync.held_changes add column effective boolean not null default true;

-- What a plan lets through because a person released it.
alter table sync.plan_changes add column released boolean not null default false;

-- One row a source: the job and mappings, as a fingerprint, whose effect a person has looked at, or that were shown to remove
-- nobody. Runs that nobody watches remove nothing by other files.
create table sync.looked_at (
  source text primary key,
  files text not null,
  run bigint not null,
  at timestamptz not null,
  actor text not null
);

-- Who came to hold a role without a person having looked, for the limit over seven days.
create table sync.new_holders (
  source text not null,
  role text not null,
  run bigint not null,
  at timestamptz not null,
  count bigint not null,
  primary key (source, role, run)
);
