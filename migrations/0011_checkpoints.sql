-- Where a run that was interrupted can be gone on from: its stage outlives it, and this says what of it counts.

drop table sync.checkpoints;

-- One row a source, written in the transaction of the rows staged until then. Gone when the run is applied or stored as a plan.
create table sync.checkpoints (
  source text primary key,
  run bigint not null references sync.runs on delete cascade,
  -- Of all that decides what is read and staged: only a run of the same making goes on.
  making text not null,
  at timestamptz not null,
  -- What that run asked of its upstream, and what those had asked from which it goes on.
  requests bigint not null,
  bytes bigint not null,
  earlier_requests bigint not null default 0,
  earlier_bytes bigint not null default 0,
  -- Rows of the stage are numbered; those from here on were staged later and do not count.
  ord bigint not null,
  -- Rows that count, and records met. Unlogged tables are empty after a crash of the server.
  rows bigint not null,
  -- By name: where each stream goes on, and what was counted. Not jsonb: a position may hold any text.
  streams json not null,
  -- The run that has written to the mirror since.
  written_by bigint
);

-- The moment at which a run writes. Its transaction may have begun long before, and nothing is to be told as of a time at which
-- others have looked already.
create function sync.moment() returns timestamptz
  language sql stable
  return coalesce(nullif(current_setting('understudy.moment', true), '')::timestamptz, now());

-- Empties the tables of the schema that comes first on the search path. What is small is deleted, for truncating makes new files.
create function sync.empty_stage() returns void
  language plpgsql as $$
declare
  staged record;
begin
  for staged in
    select c.oid::regclass as name, pg_relation_size(c.oid) as size
    from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
  loop
    if staged.size > 1048576 then execute format('truncate %s', staged.name);
    elsif staged.size > 0 then execute format('delete from %s', staged.name);
    end if;
  end loop;
end
$$;
