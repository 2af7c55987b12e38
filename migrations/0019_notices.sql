-- Who is told that a source is no longer as it was.

-- The state of a source that was told last, or would have been, had anybody wanted to know.
create table sync.told_states (
  source text primary key,
  state text not null,
  since timestamptz not null default now()
);

-- Messages on their way: one row a message and target, delivered at least once by whichever process lives.
create table sync.notices (
  id uuid primary key,
  source text not null,
  -- Fingerprint of what the job file says of the target; where that is stands in the file alone.
  target text not null,
  message json not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given up')),
  made_at timestamptz not null default clock_timestamp(),
  -- While a process sends it, this is when another may.
  due_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  ended_at timestamptz,
  -- What kept it from its receiver the last time; of an address its origin at most, and no secret.
  problem text
);

create index notices_waiting on sync.notices (source, target, made_at) where state = 'waiting';
