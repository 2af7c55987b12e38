-- Runs that are undone, what stays undone, and records that could not be mapped.

alter table sync.runs
  drop constraint runs_mode_check,
  add constraint runs_mode_check check (mode in ('sync', 'plan', 'retire', 'replay', 'rekey', 'revert'));

-- Who states a link of a child stream: the key of its parent. Of a list it is the record whose list it is, which is one of the
-- link's ends, so there it is left out.
alter table audit.entries add column owner text;

-- What was undone stays undone: the same change found again is held until a person lets it through, or the upstream says
-- something else.
create table sync.pins (
  id bigint generated always as identity primary key,
  source text not null,
  entity text not null,
  -- Of a link `key` is its left end and `related` its right one.
  key text not null,
  related text not null default '',
  scope text not null default '',
  origin text not null default '',
  owner text not null default '',
  -- The change that is held; `restore` stands for a `create` too.
  kind text not null check (kind in ('restore', 'tombstone', 'update', 'grant', 'revoke')),
  -- Of an update: the field, `attributes.x` of an attribute, and the value that is not taken over; JSON's null for none.
  field text not null default '',
  value jsonb,
  -- The run whose change it was, and the one that undid it.
  reverted bigint not null,
  run bigint not null,
  at timestamptz not null
);

create index pins_subject on sync.pins (source, entity, key);

-- A reject is kept until its record maps again, and for 28 days after that.
alter table sync.rejects
  -- The record as it came, with personal data masked; null where it was not at hand.
  add column payload bytea,
  -- In how many runs it was rejected, one after the other.
  add column runs integer not null default 1,
  -- Since when it is rejected no more, by which run, and why: it maps again, is left out by the mapping, or is gone upstream.
  add column healed_at timestamptz,
  add column healed_run bigint,
  add column healed_as text check (healed_as in ('mapped', 'skipped', 'gone'));

alter table sync.rejects alter column payload set storage external;
