-- From where on changes are to be asked for, written with the run that read everything before it.

create table sync.watermarks (
  source text not null,
  stream text not null,
  -- Of all that decides what was read and what became of it; the watermark holds under it alone.
  fingerprint text not null,
  -- A moment, or a delta link, which is as good as a credential.
  value text not null,
  run bigint not null references sync.runs,
  -- When the last complete full pass began.
  full_at timestamptz not null,
  primary key (source, stream)
);
