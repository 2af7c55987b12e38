-- Who changed what, when and why: one row a change, in the transaction that makes it.

create schema if not exists audit;

-- For links `key` is the holder, `related` what is held and `scope` the org a role is held within.
create table audit.entries (
  id bigint generated always as identity,
  at timestamptz not null,
  run bigint not null,
  source text not null,
  entity text not null,
  key text not null,
  related text not null default '',
  scope text not null default '',
  origin text not null default '',
  kind text not null check (kind in ('create', 'update', 'restore', 'tombstone', 'grant', 'revoke')),
  -- Only the fields that changed.
  old jsonb,
  new jsonb,
  cause text not null,
  actor text not null,
  reason text,
  -- For the hash chain: a row's hash covers its salt, so that erasing both hides what the row said and the chain still verifies.
  salt bytea,
  hash bytea,
  primary key (at, id)
) partition by range (at);

create index entries_subject on audit.entries (source, key, entity, at);
create index entries_related on audit.entries (source, related, entity, at) where related <> '';
create index entries_run on audit.entries (run);

-- Makes the partition of the month that holds `moment` (UTC), if it is missing. Safe to call from several sessions.
create function audit.ensure_month(moment timestamptz) returns void
  language plpgsql as $$
declare
  month timestamp := date_trunc('month', moment at time zone 'UTC');
  partition text := 'entries_' || to_char(month, 'YYYY_MM');
begin
  if to_regclass('audit.' || partition) is null then
    perform pg_advisory_xact_lock(hashtext('audit.ensure_month'));
    execute format(
      'create table if not exists audit.%I partition of audit.entries for values from (%L) to (%L)',
      partition, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'
    );
  end if;
end
$$;

-- Heads of the sealed chain, exportable.
create table audit.seals (
  id bigint generated always as identity primary key,
  sealed_at timestamptz not null,
  first_entry bigint not null,
  last_entry bigint not null,
  head bytea not null
);
