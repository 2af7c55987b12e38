-- Raw records as the upstream sent them, kept where the job says `keepRaw`: for mapping authors, and to tell where a value came from.

create table sync.raw_records (
  source text not null,
  stream text not null,
  -- Key of the parent's record and its stream, for child streams; else empty and null.
  parent text not null,
  parent_stream text,
  -- Of a link: its ends. Of a reject without a key: its place in the enumeration, as in `sync.rejects`.
  key text not null,
  -- Key of the user whom the record is about, so that it goes when they go.
  person text,
  -- The run that met the record as it is here, and when.
  run bigint not null,
  at timestamptz not null,
  -- The paths left out of it.
  without text[] not null,
  -- Over the record as it is kept, so that one that did not change is not written again.
  digest bytea not null,
  -- JSON, raw deflate.
  record bytea not null,
  primary key (source, stream, parent, key)
);

-- Compressed already.
alter table sync.raw_records alter column record set storage external;

create index raw_records_person on sync.raw_records (source, person) where person is not null;
